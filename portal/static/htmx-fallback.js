/* Brings the vendored htmx when the CDN's has failed, or has not come within a second. Stands before
   the CDN's script and runs at once, so that it sees that one fail and waits for nothing. */
(() => {
  const PATIENCE_MS = 1000;
  const { vendored } = document.currentScript.dataset;
  const cdn = () => document.querySelector("script[data-cdn]");

  function takeVendored() {
    if (window.htmx || !cdn()) return;
    // Two htmx would send everything twice. A script that is moved to another document before
    // it runs never runs (HTML, "execute the script element"), however late its file arrives.
    document.implementation.createHTMLDocument().adoptNode(cdn());
    const script = document.createElement("script");
    script.src = vendored;
    script.addEventListener("error", doWithout);
    document.head.append(script);
  }

  // No htmx at all: plain forms, with the buttons that stand there for a browser without scripts.
  function doWithout() {
    for (const part of document.querySelectorAll("noscript")) part.outerHTML = part.textContent;
  }

  // Errors of a script don't bubble, but they can be captured.
  document.addEventListener("error", ({ target }) => target === cdn() && takeVendored(), true);
  setTimeout(takeVendored, PATIENCE_MS);
})();
