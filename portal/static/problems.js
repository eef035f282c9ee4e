/* Says why an action did not work. Without it an answer of 5xx, or none at all, would leave no trace.
   Polls (GET) are left alone; without htmx a form leads to a page that says it. */
(() => {
  const place = () => document.getElementById("problem");
  const acts = (ctx) => (ctx?.request?.method ?? "GET").toUpperCase() !== "GET";
  document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
    if (acts(ctx)) place().textContent = "";
  });
  document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
    if (!acts(ctx) || ctx.response.status < 500) return;
    const sentence = ctx.response.headers.get("X-Problem");
    place().textContent = sentence ? decodeURIComponent(sentence) : "That did not work. What you typed is still here.";
  });
  document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
    if (acts(ctx)) place().textContent = "The portal does not answer, so nothing was changed. Is the lab running?";
  });
})();
