/* Says of a page that renews itself since when its values stand still: when two polls of a part of it
   have failed, or one is not answered for so long. It goes by itself, with the next answer. */
(() => {
  const LOOK_MS = 500;
  const LEAST_MS = 5000; // so long may the portal wait for a system that is slow
  const UNITS = { ms: 1, s: 1000, m: 60_000 };
  const opened = performance.now();
  // For each part that polls: when it was heard of last, the polls that failed since, and whether one waits.
  const parts = new Map();
  const polling = () => document.querySelectorAll('[hx-get][hx-trigger*="every "]');

  function period(part) {
    const [, number, unit] = part.getAttribute("hx-trigger").match(/every (\d+)(ms|s|m)/);
    return Number(number) * UNITS[unit];
  }

  const heardNow = () => ({ heard: performance.now(), at: new Date(), failed: 0, waits: false, status: 0 });
  const silence = (state) => performance.now() - state.heard;
  const isLate = (part, state) => state.waits && silence(state) > Math.max(2 * period(part), LEAST_MS);
  const standsStill = (part, state) => state.failed > 1 || isLate(part, state) || nobodyPolls();
  // The CDN's htmx and our own may both have failed to come.
  const nobodyPolls = () => !window.htmx && performance.now() - opened > LEAST_MS;

  function look() {
    const found = new Set(polling());
    for (const part of parts.keys()) if (!found.has(part)) parts.delete(part);
    for (const part of found) if (!parts.has(part)) parts.set(part, heardNow());
    tell([...parts].find((one) => standsStill(...one))?.[1]);
  }

  let told = null; // the moment that is told: it doesn't change while the page stands still
  function tell(state) {
    document.documentElement.classList.toggle("stands-still", Boolean(state));
    told = state ? told ?? state.at : null;
    say(state ? sentence(state) : "");
  }

  function say(words) {
    const place = document.getElementById("standstill");
    if (place && place.textContent !== words) place.textContent = words;
  }

  function sentence(state) {
    const since = told.toLocaleTimeString("en-GB", { timeZoneName: "short" });
    if (nobodyPolls()) return `This page could not load what renews it: its values are those of ${since}. Reload it for newer ones.`;
    const why = state.status ? `the portal can’t say them now (status ${state.status})` : "the portal does not answer. Is the lab running?";
    return `Values on this page stand still since ${since}: ${why}${state.status ? "." : ""} They go on by themselves.`;
  }

  function note(event, change) {
    const state = parts.get(event.detail.ctx?.sourceElement);
    if (state) change(state, event.detail.ctx);
  }

  const asked = (state) => { state.waits = true; };
  const answered = (state, { response }) => {
    if (response.status < 400) Object.assign(state, heardNow());
    else Object.assign(state, { failed: state.failed + 1, waits: false, status: response.status });
  };
  const failed = (state) => Object.assign(state, { failed: state.failed + 1, waits: false, status: 0 });
  document.addEventListener("htmx:before:request", (event) => note(event, asked));
  document.addEventListener("htmx:after:request", (event) => note(event, answered));
  document.addEventListener("htmx:error", (event) => note(event, failed));
  setInterval(look, LOOK_MS);
  look();
})();
