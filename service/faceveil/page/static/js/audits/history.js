// Past audits: a row each, and how their figures went over time.

import { lines } from "../chart.js";
import { el } from "../dom.js";
import { count, day, moment, percent, t } from "../texts.js";
import { title } from "./attackers.js";

export const TONES = { "above its bound": "bad", "re-identifiable": "bad", "not distinguished from chance": "good", inconclusive: "unsure" };

/**
 * One audit of the list; `whole` is it with its result, where that is known; `picked` are those that
 * are to be compared, and `onPick` hears when they change.
 */
export function row(audit, whole, open, picked, onPick) {
  const result = whole?.result;
  const state = result
    ? el("span", { className: `tag ${TONES[result.verdict]}`, textContent: t(`verdict.${result.verdict}`) })
    : el("span", { className: `tag ${audit.state === "failed" ? "bad" : ""}`, textContent: t(`state.${audit.state}`) });
  return el("div", { className: "audit-row" },
    el("div", { className: "row" },
      result ? el("input", {
        type: "checkbox", "data-key": `pick ${audit.id}`, checked: picked.has(audit.id), ariaLabel: t("versus.pick.of", { when: moment(audit.created_at) }),
        onchange: (event) => { if (event.target.checked) picked.add(audit.id); else picked.delete(audit.id); onPick(); },
      }) : null,
      el("b", { textContent: moment(audit.created_at) }), state),
    el("button", { type: "button", className: "small", textContent: t("audit.open"), ariaLabel: t("audit.open.of", { when: moment(audit.created_at) }), onclick: () => open(audit.id) }),
    el("span", { className: "quiet", textContent: [
      audit.model ?? t("audit.model.none"), t(`audit.source.${audit.source}`), audit.options.quick ? t("audit.quick.short") : null,
      result ? t("audit.row", { worst: percent(result.worst.rate), hybrid: percent(result.hybrid2face.rate), bound: result.bound ? percent(result.bound.named) : "–", chance: percent(result.chance) }) : null,
      audit.erased_subjects ? count("audit.erased", audit.erased_subjects) : null,
    ].filter(Boolean).join(" · ") }));
}

/** Hybrid2Face, the worst attacker, the bound and chance along finished audits, oldest first. */
export function overTime(finished) {
  const done = finished.filter((audit) => audit.result);
  if (done.length < 2) return null;
  const points = (rate) => done.map((audit, x) => ({ x, ...rate(audit.result) })).filter((one) => one.rate != null);
  const series = [
    { name: t("history.worst"), kind: "worst", color: "var(--worst)", points: points(({ worst }) => ({ rate: worst.rate, low: worst.low, high: worst.high })) },
    { name: t("history.hybrid"), kind: "", color: "var(--measured)", points: points(({ hybrid2face }) => ({ rate: hybrid2face.rate })) },
    { name: t("history.bound"), kind: "proved", color: "var(--proved)", points: points(({ bound }) => ({ rate: bound?.named })) },
    { name: t("history.chance"), kind: "chance", color: "var(--edge)", points: points(({ chance }) => ({ rate: chance })) },
  ];
  const latest = done.at(-1).result;
  const label = t("history.label", { n: done.length, worst: percent(latest.worst.rate), attacker: title(latest.worst.attacker), chance: percent(latest.chance) });
  return [lines(series, done.length, label, done.map((audit) => day(audit.created_at))), el("ul", { className: "legend" }, series.map((one) => el("li", { className: one.kind, textContent: one.name })))];
}
