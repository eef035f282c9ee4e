/* Loads the vendored htmx when the one from the CDN did not come. */
(() => {
  if (window.htmx) return;
  const script = document.createElement("script");
  script.src = document.currentScript.dataset.vendored;
  document.head.append(script);
})();
