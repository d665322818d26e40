// Asks for an audit: of drawn people, of a file, or of what is stored.

import { Refusal, post } from "../api.js";
import { el, field, fill } from "../dom.js";
import { notice } from "../notices.js";
import { t } from "../texts.js";
import { filtered, shown } from "./people.js";

/** A card that starts an audit; `onStarted` is given it. */
export function starting(installed, onStarted) {
  let what = "drawn";
  const part = el("div", { className: "stack" });
  const told = el("div", { ariaLive: "polite" });
  const file = el("input", { type: "file", accept: ".npz,.csv,.parquet" });
  const model = el("select", {}, installed.models.map((one) => el("option", { value: one.name, textContent: one.name, selected: one.name === installed.default })));
  const quick = el("input", { type: "checkbox", checked: true });
  const limit = el("input", { type: "text", placeholder: "rank1<=2x", maxLength: 64, spellcheck: false });
  const seed = el("input", { type: "number", value: 0, min: 0, max: 2 ** 31 - 1 });
  const folds = el("input", { type: "number", value: 10, min: 2, max: 50 });
  const go = el("button", { type: "submit", className: "main", textContent: t("audit.start") });

  const parts = {
    drawn: () => [el("div", { className: "faces-row", ariaHidden: "true" }, shown()), el("p", { className: "quiet", textContent: t("audit.drawn.more") })],
    file: () => [field(t("audit.file"), file, t("audit.file.what"))],
    store: () => [field(t("audit.model"), model, t("audit.store.more"))],
  };
  const choice = (value) => el("label", {},
    el("input", { type: "radio", name: "audited", value, checked: value === what, onchange: () => { what = value; fill(part, parts[what]()); fill(told); } }),
    el("b", { textContent: t(`audit.of.${value}`) }), el("span", { textContent: t(`audit.of.${value}.what`) }));
  fill(part, parts[what]());

  const options = () => ({ quick: quick.checked, seed: Number(seed.value), folds: Number(folds.value), ...(limit.value.trim() ? { limit: limit.value.trim() } : {}) });

  function upload(blob, name) {
    const form = new FormData();
    form.append("file", blob, name);
    for (const [key, value] of Object.entries(options())) form.append(key, String(value));
    return post("v1/audits", { body: form });
  }

  async function ask() {
    if (what === "store") return post("v1/audits", { json: { model: model.value, ...options() } });
    if (what === "file") {
      // The ending tells the server what it is; the rest of the name is the visitor's own.
      return upload(file.files[0], `features.${file.files[0].name.split(".").pop().toLowerCase()}`);
    }
    const bar = el("i", { style: { "inline-size": "0%" } });
    const said = el("p", { className: "quiet", role: "status" });
    fill(told, el("div", { className: "stack" }, el("div", { className: "meter", ariaHidden: "true" }, bar), said));
    const csv = await filtered((done, all) => {
      bar.style.setProperty("inline-size", `${Math.max(2, (100 * done) / all)}%`);
      said.textContent = t("audit.filtering", { done, all });
    });
    return upload(csv, "features.csv");
  }

  async function submit(event) {
    event?.preventDefault();
    if (what === "file" && !file.files[0]) { file.focus(); fill(told, el("p", { role: "alert", textContent: t("audit.file.none") })); return; }
    go.disabled = true;
    fill(told);
    try {
      onStarted(await ask());
      fill(told);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      fill(told, notice(refusal, submit));
    } finally {
      go.disabled = false;
    }
  }

  return el("section", { className: "card no-print", ariaLabel: t("audit.new") },
    el("h2", { textContent: t("audit.new") }),
    el("form", { className: "stack", onsubmit: submit },
      el("fieldset", {}, el("legend", { className: "hidden-text", textContent: t("audit.of") }), el("div", { className: "choices" }, ["drawn", "file", "store"].map(choice))),
      part,
      el("label", { className: "check" }, quick, el("span", { textContent: t("audit.quick") })),
      el("details", {}, el("summary", { textContent: t("audit.options") }),
        el("div", { className: "two" }, field(t("audit.limit"), limit, t("audit.limit.what")), el("div", { className: "two" }, field(t("audit.seed"), seed), field(t("audit.folds"), folds)))),
      el("div", { className: "row" }, go),
      told));
}
