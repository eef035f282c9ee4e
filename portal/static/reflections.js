// The reflections page works without this. With it, the page never says "saved" of a text that
// isn't: it counts while you type, tries again when the portal does not answer, and asks before
// you leave with something unsaved.
(() => {
  const RETRY_MS = 4000;
  const MOST_SENT = 200_000;
  const encoder = new TextEncoder();
  const sent = new WeakMap();
  const kept = new WeakMap();
  const isAnswer = (element) => element instanceof HTMLTextAreaElement && element.name.startsWith("text-");
  const boxes = () => [...document.querySelectorAll("#reflection textarea")];
  const part = (box, name) => document.getElementById(box.name.replace("text", name));
  const boxOf = (element) => {
    const question = element?.closest?.(".question");
    return question?.querySelector("textarea");
  };
  const isUnsaved = (box) => kept.get(box) !== box.value;

  function remember(box) {
    if (!kept.has(box)) kept.set(box, "unsaved" in box.dataset ? null : box.value);
  }

  function say(box, words, failed = false) {
    const line = part(box, "saved");
    if (!line || line.textContent === words) return;
    line.textContent = words;
    line.classList.toggle("error", failed);
  }

  function count(box) {
    const size = part(box, "size");
    if (!size) return;
    const bytes = encoder.encode(box.value).length;
    const limit = Number(size.dataset.limit);
    size.textContent = `${bytes.toLocaleString("en")} of ${limit.toLocaleString("en")} bytes`;
    size.classList.toggle("error", bytes > limit);
    const short = part(box, "short");
    const minimum = Number(short.dataset.minimum);
    const missing = minimum - [...box.value.trim()].length;
    short.textContent = missing > 0 ? `at least ${minimum} characters, ${missing} to go` : "";
  }

  function retry(box) {
    say(box, "Not saved: the portal does not answer. Your text is still here; trying again.", true);
    setTimeout(() => box.isConnected && box.dispatchEvent(new Event("save-again")), RETRY_MS);
  }

  document.addEventListener("focusin", (event) => isAnswer(event.target) && remember(event.target));
  document.addEventListener("input", ({ target }) => {
    if (!isAnswer(target)) return;
    count(target);
    say(target, "not saved yet…");
  });
  document.addEventListener("htmx:before:request", (event) => {
    const { ctx } = event.detail;
    const box = boxOf(ctx?.sourceElement);
    const body = ctx?.request?.body;
    if (!box || !body) return;
    if (box.value.length > MOST_SENT) {
      event.preventDefault();
      say(box, "Not saved: far too long. Until it is shorter it is only in this page.", true);
      return;
    }
    sent.set(box, new URLSearchParams(body).get(box.name));
  });
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    const source = ctx?.sourceElement;
    const box = source && boxOf(source.isConnected ? source : ctx.target);
    if (!box) return;
    if (ctx.response?.status === 200 && sent.has(box)) kept.set(box, sent.get(box)?.replaceAll("\r\n", "\n"));
    else remember(box);
    if (box.value !== (sent.get(box) ?? box.value).replaceAll("\r\n", "\n")) {
      count(box);
      say(box, "not saved yet…");
    }
  });
  document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
    const box = boxOf(ctx?.sourceElement);
    if (box) retry(box);
  });
  document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
    const box = boxOf(ctx?.sourceElement);
    if (box && ctx.response.status >= 500) retry(box);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "hidden") return;
    boxes().filter((box) => kept.has(box) && isUnsaved(box)).forEach((box) => box.dispatchEvent(new Event("save-again")));
  });
  let leaving = false;
  document.addEventListener("submit", (event) => { if (event.target.id === "reflection") leaving = true; });
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && boxes().some((box) => kept.has(box) && isUnsaved(box))) event.preventDefault();
  });
  boxes().forEach(remember);
})();
