/* Keeps what is typed into a form, or a part of one, until it is saved (data-draft: what it edits,
   data-version: the version that the page shows, data-step: the step whose reset forgets it). After a reload
   or Back it stands in the form again; what was typed over another version, or in another tab, is offered.
   Needs no htmx; without storage it does nothing. What saves itself says so with the event "draft". */
(() => {
  const KEEP = "slo-lab draft ";
  const forms = new WeakSet();
  const own = storage("sessionStorage"); // of this tab
  const last = storage("localStorage"); // of whichever tab typed last
  const begun = JSON.parse(document.body.dataset.begun || "{}"); // how often each was begun anew
  const begunOf = (form) => (begun.lab ?? 0) + (begun[form.dataset.step] ?? 0);
  const fields = (form) => [...(form.elements ?? form.querySelectorAll("textarea"))].filter((one) => one.name && one.name !== "seen" && !/^(hidden|submit|button|file)$/.test(one.type));
  const isChoice = (field) => /^(radio|checkbox)$/.test(field.type);
  const keyOf = (form) => KEEP + form.dataset.draft;

  function storage(name) {
    try {
      return window[name];
    } catch {
      return null;
    }
  }

  function typedIn(form) {
    const typed = {};
    for (const field of fields(form)) if (!isChoice(field) || field.checked) typed[field.name] = field.value;
    return typed;
  }

  function read(place, form) {
    try {
      const kept = JSON.parse(place.getItem(keyOf(form)));
      return typeof kept?.typed === "object" ? kept : null;
    } catch {
      return null;
    }
  }

  function write(form, sent = false) {
    const text = JSON.stringify({ version: form.dataset.version, begun: begunOf(form), typed: typedIn(form), sent });
    for (const place of [own, last]) {
      try {
        place.setItem(keyOf(form), text);
      } catch { /* no room, or no storage: the form itself still has it */ }
    }
  }

  function drop(form) {
    for (const place of [own, last]) place?.removeItem(keyOf(form));
  }

  const plain = (text) => String(text).replaceAll("\r\n", "\n").trim();
  function isShown(form, { typed }) {
    const shown = typedIn(form);
    return Object.keys(typed).every((name) => !(name in shown) || plain(typed[name]) === plain(shown[name]));
  }

  function fill(form, { typed }) {
    for (const field of fields(form)) {
      if (!(field.name in typed)) continue;
      if (isChoice(field)) field.checked = field.value === typed[field.name];
      else if (field.value !== typed[field.name]) {
        field.value = typed[field.name];
        open(field);
      }
      field.dispatchEvent(new Event("input", { bubbles: true })); // the preview follows, and the draft
    }
  }

  function open(element) {
    for (let fold = element.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  }

  function begin(form) {
    if (forms.has(form)) return;
    forms.add(form);
    if ("typed" in form.dataset) {
      write(form);
      return;
    }
    const mine = read(own, form);
    const kept = mine ?? read(last, form);
    if (!kept) return;
    const same = kept.version === form.dataset.version;
    if (isShown(form, kept) || (kept.sent && !same) || (kept.begun ?? 0) !== begunOf(form)) drop(form);
    else if (mine && (same || "creates" in form.dataset) && !isChosen(form)) restore(form, kept);
    else offer(form, kept, mine);
  }

  // Whether a link has just filled the form: what it asks for is not overwritten.
  const isChosen = (form) => "given" in form.dataset && performance.getEntriesByType("navigation")[0]?.type === "navigate";

  function restore(form, kept) {
    const saved = { typed: typedIn(form) };
    fill(form, kept);
    const next = form.matches("form") ? "it is not saved yet" : "it is being saved";
    note(form, `What you had typed here is back; ${next}.`, [["Throw it away", () => { fill(form, saved); drop(form); }]]);
  }

  function offer(form, kept, mine) {
    const another = kept.version !== form.dataset.version && !("creates" in form.dataset);
    const words = another
      ? "Something else was saved since you typed here. The form shows what is saved; what you had typed is kept."
      : `You typed something else here ${mine ? "before" : "in another tab"}, and did not save it.`;
    open(form);
    note(form, words, [["Put it into the form", () => fill(form, kept)], ["Throw it away", () => drop(form)]], kept);
  }

  function note(form, words, choices, kept) {
    const place = document.createElement("div");
    place.className = "notice";
    place.setAttribute("role", "status");
    place.append(Object.assign(document.createElement("p"), { textContent: words }));
    if (kept) place.append(Object.assign(document.createElement("pre"), { textContent: Object.values(kept.typed).join("\n"), tabIndex: 0 }));
    for (const [label, act] of choices) {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "link", textContent: label });
      button.addEventListener("click", () => { act(); place.remove(); });
      place.append(button, " ");
    }
    form.before(place);
    form.addEventListener("submit", () => place.remove());
  }

  const kept = (target) => target instanceof Element && target.closest("[data-draft]");
  const within = (form) => ("draft" in form.dataset ? [form] : form.querySelectorAll("[data-draft]"));
  const look = () => document.querySelectorAll("[data-draft]").forEach(begin);
  for (const name of ["input", "change"]) {
    document.addEventListener(name, ({ target }) => kept(target) && write(kept(target)));
  }
  document.addEventListener("submit", ({ target }) => within(target).forEach((form) => write(form, true)), true);
  document.addEventListener("draft", ({ target, detail }) => (detail.isSaved ? drop : write)(kept(target)));
  function notSent({ detail: { ctx } }) {
    const form = kept(ctx?.sourceElement);
    if (form && ctx.request.method.toUpperCase() !== "GET") write(form);
  }
  document.addEventListener("htmx:error", notSent);
  document.addEventListener("htmx:response:error", notSent);
  document.addEventListener("htmx:after:swap", look);
  look();
})();
