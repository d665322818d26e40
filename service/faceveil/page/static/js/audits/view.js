// The fourth tab: audits: to start one, to watch it, to read its report, to see how figures went.

import { Refusal, get, remove } from "../api.js";
import { el, fill } from "../dom.js";
import { notice } from "../notices.js";
import { t } from "../texts.js";
import { comparison, picking } from "./compare.js";
import { overTime, row } from "./history.js";
import { report } from "./report.js";
import { starting } from "./start.js";
import { follow } from "./watch.js";

const LISTED = 20;
const wholes = new Map(); // finished audits, by id

/** Forgets what was read. */
export const forget = () => wholes.clear();

/** Shows the tab, or the audit whose id is `rest`, or two that are named there; returns what ends it. */
export function mount(root, { installed, rest, go }) {
  const ids = (rest ?? "").split(",");
  if (ids.length === 2) return two(root, ids, go);
  return rest ? one(root, rest, go) : all(root, installed, go);
}

function all(root, installed, go) {
  let ended = false;
  const trend = el("div", { className: "stack" });
  const list = el("div", {});
  const picked = new Set();
  const { box: picks, draw: count } = picking(picked, (ids) => go(`audits/${ids.join(",")}`));
  fill(root,
    el("div", { className: "lead" }, el("h1", { textContent: t("audits.title") }), el("p", { textContent: t("audits.what") })),
    starting(installed, (audit) => { if (!ended) go(`audits/${audit.id}`); }),
    trend,
    el("section", { className: "card", ariaLabel: t("audits.past") }, el("h2", { textContent: t("audits.past") }), list));

  async function load() {
    fill(list, el("p", { className: "quiet", role: "status", textContent: t("loading") }));
    try {
      const { audits } = await get(`v1/audits?limit=${LISTED}`);
      const draw = () => {
        if (ended) return;
        const focused = list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
        const comparable = audits.filter(({ id }) => wholes.has(id)).length > 1;
        fill(list, comparable ? picks : null, audits.length ? audits.map((audit) => row(audit, wholes.get(audit.id), (id) => go(`audits/${id}`), picked, count)) : el("p", { className: "quiet", textContent: t("audits.none") }));
        if (focused) list.querySelector(`[data-key="${focused}"]`)?.focus();
        const figures = overTime(audits.map(({ id }) => wholes.get(id)).filter(Boolean).reverse());
        fill(trend, figures ? el("section", { className: "card" }, el("h2", { textContent: t("audits.trend") }), figures) : null);
      };
      draw();
      for (const { id, state, erased_subjects: erased } of audits) {
        if (ended) return;
        if (state !== "done" || wholes.get(id)?.erased_subjects === erased) continue;
        wholes.set(id, await get(`v1/audits/${id}`));
        draw();
      }
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      if (!ended) fill(list, notice(refusal, load));
    }
  }
  load();
  return () => { ended = true; };
}

const back = (go) => el("div", { className: "row spread no-print" },
  el("button", { type: "button", className: "plain", textContent: `← ${t("audits.back")}`, onclick: () => go("audits") }));

function two(root, ids, go) {
  let ended = false;
  const body = el("div", { className: "stack" });
  fill(root, back(go), body);

  async function load() {
    fill(body, el("p", { className: "quiet", role: "status", textContent: t("loading") }));
    try {
      const audits = await Promise.all(ids.map(async (id) => wholes.get(id) ?? get(`v1/audits/${encodeURIComponent(id)}`)));
      const done = audits.every((audit) => audit.result);
      if (!ended) fill(body, done ? comparison(audits) : el("div", { className: "notice unsure", role: "alert", textContent: t("versus.unfinished") }));
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      if (!ended) fill(body, notice(refusal, load));
    }
  }
  load();
  return () => { ended = true; };
}

function one(root, id, go) {
  const body = el("div", { className: "stack" });
  const told = el("div", { ariaLive: "polite" });
  fill(root, back(go), body, told);

  const taken = async () => {
    try {
      await remove(`v1/audits/${id}`);
      wholes.delete(id);
      go("audits");
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      fill(told, notice(refusal, taken));
    }
  };
  const removing = () => el("div", { className: "no-print" }, el("button", { type: "button", className: "small danger", textContent: t("audit.remove"), onclick: taken }));
  return follow(body, id, (audit) => {
    if (audit.result) {
      wholes.set(id, audit);
      fill(body, report(audit), removing());
    } else {
      fill(body, el("section", { className: "card" },
        el("h1", { textContent: t(`state.${audit.state}`) }),
        audit.failure ? el("p", { textContent: audit.failure, lang: "en" }) : null, removing()));
    }
  });
}
