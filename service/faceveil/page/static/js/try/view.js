// The first tab: a picture goes in; the mood, and what is kept of the person, come out.

import { Refusal, get, post } from "../api.js";
import { distance } from "../cards.js";
import { el, fill } from "../dom.js";
import { notice } from "../notices.js";
import { count, decimal, t } from "../texts.js";
import { attacker, refused, spoken, withheld } from "./attacker.js";
import { comparison } from "./compare.js";
import { compareHere, forgetDevice, isComparable, offered, readHere, where } from "./device.js";
import { levels } from "./levels.js";
import { following } from "./live.js";
import { chooser, pictureOf } from "./picture.js";
import { reading, said } from "./reading.js";
import { snippets } from "./snippets.js";
import { hearPastes, source } from "./source.js";

const empty = () => ({ picture: null, bitmap: null, answer: null, chosen: 0, refusal: null, busy: false });

// Outlives the view, so that another tab or language loses nothing.
// `offer`: what the server says of its model, {megabytes} (null: it keeps it) or {refusal}; null until it has.
const fresh = () => ({ slots: [empty(), empty()], comparing: false, concluded: null, level: null, floor: null, card: null, offer: null });
const state = fresh();

// Of the view that is shown: what begins in one tab or language may end in another.
let redraw = () => {};
let say = () => {};

/** Forgets all pictures and answers, and where they were read. */
export function forget() {
  Object.assign(state, fresh());
  forgetDevice();
}

/** Shows the tab; returns what ends it. */
export function mount(root, { installed }) {
  const places = [el("div", { className: "stack" }), el("div", { className: "stack" })];
  const readings = el("div", { className: "stack tall" });
  const halves = el("div", { className: "try" });
  const below = el("div", { className: "stack" });
  const live = el("p", { className: "hidden-text", role: "status" });
  const choice = el("div", { className: "row", hidden: true });
  let ends = [];
  let stream = null; // the camera, while it is followed
  fill(root, live,
    el("div", { className: "lead" }, el("h1", { textContent: t("try.title") }), el("p", { textContent: t("try.what") })),
    choice, halves, below);

  const draw = () => {
    const before = root.contains(document.activeElement) ? document.activeElement.dataset.key ?? "" : null;
    drawAll();
    if (before === null || root.contains(document.activeElement)) return;
    // Whoever uses the keyboard goes on where they were, or at the picture that came in its place.
    const keys = before ? [before, before.split(".")[0], "another 0", "try.choose 0"] : [];
    keys.map((key) => root.querySelector(`[data-key="${key}"]`)).find(Boolean)?.focus({ preventScroll: true });
  };

  const drawAll = () => {
    ends.forEach((end) => end());
    ends = [];
    if (stream) {
      if (!halves.contains(stream.box)) fill(halves, stream.box, stream.readings);
      fill(below, state.card ? levels(state.card, state.level ?? state.floor ?? state.card.default_level, state.floor, chooseLevel) : null);
      return;
    }
    state.slots.forEach((slot, index) => drawSlot(slot, index));
    const [first, second] = state.slots;
    const both = state.comparing;
    const face = first.answer?.faces[first.chosen], other = second.answer?.faces[second.chosen];
    if (face && state.card && !both) fill(readings, reading(face, state.card));
    const level = first.answer?.model.level ?? state.level ?? state.card?.default_level;
    const code = state.card ? snippets(level) : null;
    const change = face ? el("div", {}, el("button", {
      type: "button", "data-key": "compare", textContent: t(both ? "compare.end" : "compare.begin"),
      onclick: () => { state.comparing = !both; state.slots[1] = empty(); draw(); },
    })) : null;
    if (both) fill(halves, places[0], places[1]);
    else if (face) fill(halves, places[0], readings, el("div", { className: "stack" }, change, code));
    else fill(halves, places[0], first.picture ? code : how());
    fill(below,
      both && face && other && state.card ? [attacking(level, distance(face.embedding, other.embedding) === 0), comparison(face, other, state.card, level)] : null,
      both && state.card ? el("div", { className: "try" }, [face, other].map((one) => (one ? reading(one, state.card) : el("div")))) : null,
      both ? change : null,
      state.card ? levels(state.card, level, state.floor, chooseLevel) : null,
      both || !(face || first.picture) ? code : null);
  };

  function drawSlot(slot, index) {
    const choose = (chosen) => { slot.chosen = chosen; draw(); };
    if (!slot.picture) {
      const { box, close } = source((picture) => read(index, picture), index, follow);
      ends.push(close);
      fill(places[index], box);
      return;
    }
    const shown = pictureOf(slot, choose);
    shown.classList.toggle("busy", slot.busy);
    const found = slot.answer ? Math.max(slot.answer.found ?? 0, slot.answer.faces.length) : 0;
    fill(places[index],
      el("section", { className: "card", ariaLabel: t("try.picture") },
        shown,
        el("div", { className: "row spread" },
          el("p", { className: "quiet", textContent: slot.busy ? t("try.reading") : slot.answer ? count("try.found", found) : "" }),
          el("button", { type: "button", className: "small", "data-key": `another ${index}`, textContent: t("try.another"), onclick: () => { state.slots[index] = empty(); draw(); } })),
        slot.answer ? chooser(slot, choose) : null,
        slot.refusal ? notice(slot.refusal, () => read(index, slot.picture)) : null));
  }

  // What an attacker concludes of the two; it takes a moment, and is asked once.
  function attacking(level, isOne) {
    if (!state.offer) return withheld("same.busy");
    if (state.offer.refusal) return refused(notice(state.offer.refusal, askWhere));
    if (state.offer.megabytes === null) return withheld("same.kept");
    if (!isComparable()) return withheld("same.unknown", null, { model: state.card.name });
    if (!where.isHere) return withheld("same.here.only", el("div", {}, el("button", { type: "button", "data-key": "same.begin", textContent: t("same.begin"), onclick: () => setHere(true) })));
    if (state.slots.some((slot) => slot.busy)) return withheld("same.busy");
    const pictures = state.slots.map((slot) => slot.picture), faces = state.slots.map((slot) => slot.chosen);
    const asked = [...pictures, ...faces, level];
    if (asked.some((one, index) => one !== state.concluded?.asked[index])) {
      const mine = (state.concluded = { asked, found: null, refusal: null });
      compareHere(pictures, faces, level)
        .then((found) => { mine.found = found; mine.refusal = found ? null : new Refusal({ type: "urn:faceveil:problem:no-face", status: 422 }); })
        .catch((refusal) => { mine.refusal = refusal instanceof Refusal ? refusal : new Refusal({ type: "here", detail: refusal.message }); })
        .then(() => {
          if (mine !== state.concluded) return;
          redraw();
          if (mine.found) say(spoken(mine.found));
        });
    }
    const { found, refusal } = state.concluded;
    return refusal ? refused(notice(refusal)) : found ? attacker(found, isOne) : withheld("same.busy");
  }

  function follow() {
    stream = following(state.level, {
      onOpened: async (model) => {
        if (!state.level) state.floor ??= model.level;
        await learn(model);
        if (stream) draw();
      },
      onLeave: () => { stream = null; draw(); root.querySelector('[data-key="live.begin 0"]')?.focus(); },
    });
    draw();
    stream.box.querySelector("button")?.focus();
  }

  const how = () => el("section", { className: "card" },
    el("h2", { textContent: t("how.title") }),
    el("ol", { className: "uses" }, ["how.1", "how.2", "how.3"].map((name) => el("li", { textContent: t(name) }))),
    el("p", { className: "quiet", textContent: t("how.model", { model: installed.default }) }));

  async function read(index, picture) {
    const mine = state.slots, slot = mine[index];
    const isGone = () => mine !== state.slots || slot !== mine[index];
    Object.assign(slot, { picture, refusal: null, busy: true, chosen: 0 });
    slot.bitmap = await createImageBitmap(picture).catch(() => null);
    if (isGone()) return; // whoever comes next shall not send it
    redraw();
    const form = new FormData();
    form.append("image", picture, "picture"); // the file's own name may say who is in it
    const query = new URLSearchParams({ faces: "all", ...(state.level ? { level: state.level } : {}) });
    try {
      const answer = where.isHere ? await readHere(picture, slot.bitmap, state.level) : await post(`v1/anonymize?${query}`, { body: form });
      if (isGone()) return;
      if (!answer.faces.length) throw new Refusal({ type: "urn:faceveil:problem:no-face", status: 422 });
      slot.answer = answer;
      if (!state.level) state.floor ??= answer.model.level; // unasked, the loosest that is answered here
      await learn(answer.model);
    } catch (refusal) {
      if (!where.isHere && !(refusal instanceof Refusal)) throw refusal;
      slot.answer = null;
      slot.refusal = refusal instanceof Refusal ? refusal : new Refusal({ type: "here", detail: refusal.message });
    }
    slot.busy = false;
    if (isGone()) return;
    say(slot.answer ? `${count("try.found", slot.answer.faces.length)} ${said(slot.answer.faces[0])}` : "");
    redraw();
  }

  async function readAgain() {
    const mine = state.slots;
    for (const index of mine.keys()) if (mine === state.slots && mine[index].picture) await read(index, mine[index].picture);
  }

  async function setHere(isHere) {
    where.isHere = isHere;
    choice.querySelector("input").checked = isHere;
    if (isHere) { stream?.close(); stream = null; } // which the server reads
    for (const slot of state.slots) slot.busy = Boolean(slot.picture);
    draw();
    await readAgain();
  }

  async function askWhere() {
    const mine = state.slots, before = state.offer?.megabytes;
    try {
      const megabytes = await offered();
      if (mine === state.slots) state.offer = { megabytes };
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      if (mine === state.slots) state.offer = { refusal };
    }
    if (state.offer?.megabytes !== before) chooseWhere(); // else who is on the switch would lose it
    if (state.comparing) redraw();
  }

  // Where pictures are read, once the server says that it hands out its model.
  function chooseWhere() {
    const megabytes = state.offer?.megabytes ?? null;
    choice.hidden = megabytes === null;
    if (choice.hidden) return;
    const box = el("input", { type: "checkbox", role: "switch", checked: where.isHere, ariaDescribedby: "here", onchange: () => setHere(box.checked) });
    fill(choice, el("label", { className: "row" }, box, el("b", { textContent: t("here.title") })),
      el("span", { id: "here", className: "quiet", textContent: t("here.what", { megabytes: decimal(megabytes, 1) }) }));
  }

  async function learn({ name, version }) {
    if (state.card?.name === name && state.card.version === version) return;
    const mine = state.slots;
    const card = await get(`v1/models/${encodeURIComponent(name)}/${encodeURIComponent(version)}`);
    if (mine === state.slots) state.card = card;
  }

  async function chooseLevel(level) {
    state.level = level;
    draw();
    root.querySelector(".segments input:checked")?.focus();
    if (stream) { stream.setLevel(level); return; }
    await readAgain();
    root.querySelector(".segments input:checked")?.focus();
  }

  redraw = draw;
  say = (words) => { live.textContent = words; };
  draw();
  chooseWhere();
  askWhere();
  if (!state.card) {
    const mine = state.slots;
    get(`v1/models/${encodeURIComponent(installed.default)}`).then((card) => {
      if (mine !== state.slots) return;
      state.card ??= card;
      redraw();
    }, (refusal) => { if (!(refusal instanceof Refusal)) throw refusal; fill(below, notice(refusal)); });
  }
  const deaf = hearPastes((picture) => stream || read(state.comparing && state.slots[0].picture ? 1 : 0, picture));
  return () => {
    deaf(); stream?.close(); ends.forEach((end) => end());
    redraw = say = () => {};
  };
}
