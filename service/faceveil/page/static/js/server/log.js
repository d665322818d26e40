// The access log: its newest entries, and whether it is as it was written.

import { Refusal, get } from "../api.js";
import { el, field, fill, table } from "../dom.js";
import { notice } from "../notices.js";
import { count, moment, t, whole, word } from "../texts.js";

const PAGE = 50;

/** A card with the newest entries; older ones come when they are asked for. */
export function entries() {
  const list = el("div", { className: "stack" });
  let shown = [];

  async function load(cursor) {
    const asked = cursor === null ? "" : `&cursor=${cursor}`;
    if (!shown.length) fill(list, el("p", { className: "quiet", role: "status", textContent: t("loading") }));
    try {
      const page = await get(`v1/log?limit=${PAGE}${asked}`);
      shown = [...shown, ...page.entries];
      fill(list, shown.length ? drawn() : el("p", { className: "quiet", textContent: t("log.none") }),
        page.next === null ? null : el("div", {}, el("button", { type: "button", className: "small", textContent: t("log.older"), onclick: () => load(page.next) })));
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      fill(list, shown.length ? drawn() : null, notice(refusal, () => load(cursor)));
    }
  }

  const drawn = () => table(t("log.title"), [t("log.number"), t("log.at"), t("log.action"), t("log.actor"), t("log.detail")],
    shown.map((one) => [whole(one.number), moment(one.at), word("action", one.action), el("code", { textContent: one.actor }), detail(one.detail)]), "log");
  load(null);
  return el("section", { className: "card" }, el("h2", { textContent: t("log.title") }), el("p", { textContent: t("log.what") }), list);
}

const detail = (members) => el("code", { className: "detail", textContent: Object.entries(members)
  .map(([name, value]) => `${name}: ${typeof value === "object" ? JSON.stringify(value) : value}`).join(", ") });

/** A card that has the log checked. */
export function checking() {
  const told = el("div", { ariaLive: "polite" });
  const noted = el("input", { type: "text", autocomplete: "off", spellcheck: false, maxLength: 64, pattern: "[0-9a-f]{64}", className: "code" });
  const go = el("button", { type: "submit", textContent: t("check.do") });

  async function check(event) {
    event?.preventDefault();
    go.disabled = true;
    fill(told, el("p", { className: "quiet", textContent: t("check.running") }));
    try {
      const head = noted.value.trim();
      fill(told, result(await get(`v1/log/check${head && `?head=${head}`}`)));
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      fill(told, notice(refusal, check));
    } finally {
      go.disabled = false;
    }
  }
  return el("section", { className: "card", ariaLabel: t("check.title") },
    el("h2", { textContent: t("check.title") }), el("p", { textContent: t("check.what") }),
    el("form", { className: "stack", onsubmit: check }, field(t("check.head"), noted, t("check.head.what")), el("div", {}, go)), told);
}

function result({ holds, entries: number, head, noted }) {
  const fine = holds && noted !== false;
  return el("div", { className: `notice ${fine ? "good" : "bad"}`, role: "alert" },
    el("b", { textContent: t(!holds ? "check.broken" : noted === false ? "check.rewritten" : "check.holds") }),
    fine ? null : el("p", { textContent: t("check.then") }),
    el("p", { textContent: count("check.own", number) + (noted ? ` ${t("check.noted")}` : "") }),
    head ? el("dl", {}, el("dt", { textContent: t("check.newest") }), el("dd", {}, el("code", { textContent: head }))) : null);
}
