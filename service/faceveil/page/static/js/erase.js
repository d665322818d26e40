// Erases a person, after a look at what there is, and shows the receipt.

import { Refusal, post } from "./api.js";
import { el, field, fill, save } from "./dom.js";
import { notice } from "./notices.js";
import { count, day, moment, t, whole } from "./texts.js";

/** A card that erases; `ask` fills in whom, `onErased` hears of it. */
export function erasing(onErased) {
  const input = el("input", { type: "text", autocomplete: "off", spellcheck: false, required: true, maxLength: 256 });
  const told = el("div", { className: "stack", ariaLive: "polite" });
  const form = el("form", { className: "stack", onsubmit: (event) => { event.preventDefault(); lookUp(); } },
    field(t("erase.name"), input, t("erase.name.what")),
    el("div", {}, el("button", { type: "submit", textContent: t("erase.look") })));
  const box = el("section", { className: "card", ariaLabel: t("erase.title") },
    el("h2", { textContent: t("erase.title") }), el("p", { textContent: t("erase.what") }), form, told);

  async function tried(work, again) {
    try {
      await work();
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      fill(told, notice(refusal, again));
    }
  }

  const lookUp = () => tried(async () => {
    const subject = input.value.trim();
    if (!subject) return;
    const kept = await post("v1/subjects/lookup", { json: { subject } });
    if (!kept.features) {
      fill(told, el("div", { className: "notice", textContent: t("erase.nothing") }));
      return;
    }
    const sure = el("button", { type: "button", className: "danger", textContent: count("erase.do", kept.features), onclick: () => erase(subject) });
    fill(told, el("div", { className: "notice unsure" },
      el("b", { textContent: count("erase.found", kept.features) }),
      el("p", { textContent: t("erase.span", { first: day(kept.first_captured_at), last: day(kept.last_captured_at) }) }),
      el("div", { className: "row" }, sure, el("button", { type: "button", textContent: t("cancel"), onclick: () => { fill(told); input.focus(); } }))));
    sure.focus();
  }, lookUp);

  const erase = (subject) => tried(async () => {
    // The same for each try, so that one that was cut off is not done twice.
    const receipt = await post("v1/subjects/erase", { json: { subject } });
    input.value = "";
    fill(told, receiptOf(receipt));
    onErased();
  }, () => erase(subject));

  return { box, ask: (subject) => { input.value = subject; box.scrollIntoView({ block: "center" }); lookUp(); } };
}

function receiptOf(receipt) {
  const file = new Blob([JSON.stringify(receipt, null, 2)], { type: "application/json" });
  return el("div", { className: "notice" },
    el("b", { textContent: t("receipt.title") }),
    el("p", { textContent: t("receipt.what") }),
    el("dl", {}, [
      ["receipt.id", receipt.id], ["receipt.at", moment(receipt.erased_at)], ["receipt.features", whole(receipt.features)],
      ["receipt.audits", whole(receipt.audits)], ["receipt.digest", receipt.digest],
    ].flatMap(([name, value]) => [el("dt", { textContent: t(name) }), el("dd", {}, el("span", { textContent: value }))])),
    el("button", { type: "button", className: "small", textContent: t("receipt.save"), onclick: () => save(file, `receipt-${receipt.id}.json`) }));
}
