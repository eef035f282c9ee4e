// The reflections page works without this. With it an answer is saved a second after typing stops.
// It needs no htmx: that may come late or never. The page never says "saved" of a text that isn't,
// tries again when the portal does not answer, and asks before you leave with something unsaved.
(() => {
  const PAUSE_MS = 1000;
  const RETRY_MS = 4000;
  const TELL_MS = 5000;
  const GIVE_UP_MS = 60_000;
  const MOST_SENT = 200_000;
  const MOST_KEPT_ALIVE = 60_000; // a request that outlives its page may have 64 kB
  const AWAY = "Not saved: the portal does not answer. Your text is still here; trying again.";
  const OWN_ATTRIBUTES = ["open", "style", "readonly"]; // what the reader or this script has set
  const form = document.getElementById("reflection");
  const encoder = new TextEncoder();
  let leaving = false;
  let renewal = Promise.resolve();
  // For each box: the text that is known to be saved, whether it was changed since it was last sent,
  // and the request that is under way; one request at a time, so that none overtakes another.
  const answers = new WeakMap();
  const isBox = (element) => element instanceof HTMLTextAreaElement && answers.has(element);
  const boxes = () => [...form.querySelectorAll(".question textarea")];
  const part = (box, name) => document.getElementById(box.name.replace("text", name));
  const isUnsaved = (box) => answers.get(box).kept !== box.value;
  const keptIn = (box) => ("unsaved" in box.dataset ? null : box.defaultValue);

  function say(box, words, failed = false) {
    const line = part(box, "saved");
    if (line.textContent !== words) line.textContent = words;
    line.classList.toggle("error", failed);
  }

  function count(box) {
    const size = part(box, "size");
    const bytes = encoder.encode(box.value).length;
    const limit = Number(size.dataset.limit);
    size.textContent = `${bytes.toLocaleString("en")} of ${limit.toLocaleString("en")} bytes`;
    size.classList.toggle("error", bytes > limit);
    const short = part(box, "short");
    const minimum = Number(short.dataset.minimum);
    const missing = minimum - [...box.value.trim()].length;
    short.textContent = missing > 0 ? `at least ${minimum} characters, ${missing} to go` : "";
  }

  function changed(box) {
    leaving = false;
    answers.get(box).due = true;
    count(box);
    say(box, "not saved yet…");
    saveIn(box, PAUSE_MS);
  }

  function saveIn(box, milliseconds) {
    const answer = answers.get(box);
    clearTimeout(answer.timer);
    answer.timer = setTimeout(save, milliseconds, box);
  }

  function save(box) {
    const answer = answers.get(box);
    clearTimeout(answer.timer);
    if (answer.waits || !answer.due) return;
    answer.waits = true;
    answer.turn = answer.turn.then(() => {
      answer.waits = false;
      return send(box, "save");
    });
  }

  // A button beside an answer. Meanwhile nothing can be typed that its outcome would replace.
  function choose(box, action) {
    const answer = answers.get(box);
    clearTimeout(answer.timer);
    box.readOnly = true;
    answer.turn = answer.turn.then(() => send(box, action)).then(() => {
      box.readOnly = false;
      box.focus();
    });
  }

  async function send(box, action) {
    const text = box.value;
    if (text.length > MOST_SENT) {
      say(box, "Not saved: far too long. Until it is shorter it is only in this page.", true);
      return;
    }
    const slow = setTimeout(say, TELL_MS, box, AWAY, true);
    try {
      const reply = await post(box, action);
      const fresh = parsed(await reply.text());
      if (!fresh.getElementById(part(box, "state").id)) throw new Refused(reply.headers.get("X-Problem"));
      if (action === "save") showState(box, text, fresh, reply.ok);
      else showQuestion(box, fresh);
      renewal = renewal.then(renewSubmit).catch(() => {});
    } catch (error) {
      say(box, error instanceof Refused ? error.message : AWAY, true);
      answers.get(box).due = true;
      saveIn(box, RETRY_MS);
    } finally {
      clearTimeout(slow);
    }
  }

  class Refused extends Error {
    constructor(problem) {
      const why = problem ? `Not saved. ${decodeURIComponent(problem)}` : "Not saved: the portal could not do it.";
      super(`${why} Your text is still here; trying again.`);
    }
  }

  function post(box, action) {
    const body = new URLSearchParams({ action, tab: form.elements.tab.value });
    for (const name of ["text", "version", "seen"]) {
      const field = form.elements[box.name.replace("text", name)];
      if (field) body.set(field.name, field.value);
    }
    const keepalive = document.visibilityState === "hidden" && body.toString().length < MOST_KEPT_ALIVE;
    const signal = AbortSignal.timeout(GIVE_UP_MS);
    return fetch(box.dataset.save, { method: "POST", body, keepalive, signal, headers: { "HX-Request": "true" } });
  }

  const parsed = (html) => new DOMParser().parseFromString(html, "text/html");

  function showState(box, text, fresh, isKept) {
    const answer = answers.get(box);
    const state = part(box, "state");
    morph(state, fresh.getElementById(state.id));
    if (isKept) answer.kept = text;
    answer.due = box.value !== text;
    box.closest(".question").dataset.version = form.elements[box.name.replace("text", "version")].value;
    tellDraft(box, !answer.due && (isKept || part(box, "conflict") !== null)); // a conflict sets it aside
    if (!answer.due) return;
    count(box);
    say(box, "not saved yet…");
  }

  // drafts.js keeps what is typed until this says that the portal has it.
  function tellDraft(box, isSaved) {
    box.dispatchEvent(new CustomEvent("draft", { bubbles: true, detail: { isSaved } }));
  }

  function showQuestion(box, fresh) {
    const question = box.closest(".question");
    morph(question, fresh.getElementById(question.id));
    box.value = box.defaultValue;
    Object.assign(answers.get(box), { kept: keptIn(box), due: false });
    tellDraft(box, keptIn(box) !== null);
  }

  async function renewSubmit() {
    const submit = document.getElementById("submit");
    const reply = await fetch(submit.dataset.renew);
    const fresh = parsed(await reply.text()).getElementById("submit");
    if (reply.ok && fresh) morph(submit, fresh);
  }

  // Changes only what differs, so that a button that is being pressed stays the same button.
  function morph(old, fresh) {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeName !== fresh.nodeName || old.id !== fresh.id) {
      old.replaceWith(fresh);
      return;
    }
    if (old.nodeType !== Node.ELEMENT_NODE) {
      old.data = fresh.data;
      return;
    }
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name) && !OWN_ATTRIBUTES.includes(name)) old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) old.setAttribute(name, value);
    const nodes = [...old.childNodes];
    const wanted = [...fresh.childNodes];
    nodes.slice(wanted.length).forEach((node) => node.remove());
    wanted.forEach((node, i) => (i < nodes.length ? morph(nodes[i], node) : old.append(node)));
  }

  function begin(box) {
    answers.set(box, { kept: keptIn(box), due: false, waits: false, turn: Promise.resolve() });
    if (box.value !== box.defaultValue) changed(box); // typed before this script came
  }

  document.addEventListener("input", ({ target }) => isBox(target) && changed(target));
  document.addEventListener("focusout", ({ target }) => isBox(target) && save(target));
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && boxes().forEach(save));
  form.addEventListener("click", (event) => {
    const button = event.target.closest(".question button[name=action]");
    if (!button) return;
    event.preventDefault();
    choose(button.closest(".question").querySelector("textarea"), button.value);
  });
  form.addEventListener("submit", () => { leaving = true; });
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && boxes().some(isUnsaved)) event.preventDefault();
  });
  boxes().forEach(begin);
  form.classList.add("saves-itself");
})();
