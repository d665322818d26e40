// Two audits side by side; where their intervals do not meet, the difference is marked.

import { el, fill, table } from "../dom.js";
import { between, moment, percent, t, whole } from "../texts.js";
import { title } from "./attackers.js";
import { TONES } from "./history.js";

const rated = (rate) => rate && el("span", { className: "rated" }, percent(rate.rate), el("small", { textContent: between(rate) }));

/** What is said of two rates, the second against the first; `good` is the direction that is. */
function change(one, other, good = "lower") {
  if (!one || !other) return t("versus.missing");
  const way = other.high < one.low ? "lower" : other.low > one.high ? "higher" : null;
  if (way === null) return el("span", { className: "quiet", textContent: t("versus.within") });
  return el("span", { className: `tag ${way === good ? "good" : "bad"}`, textContent: t(`versus.${way}`) });
}

const verdictOf = ({ verdict }) => el("span", { className: `tag ${TONES[verdict]}`, textContent: t(`verdict.${verdict}`) });
const named = (rate) => rate && el("span", {}, rated(rate), el("small", { className: "quiet", textContent: title(rate.attacker) }));

/** What makes two audits hard to compare, in words. */
const unlike = (one, other) => [
  one.data.model !== other.data.model && "model", one.data.subjects !== other.data.subjects && "people", one.data.samples !== other.data.samples && "samples",
  one.provenance.quick !== other.provenance.quick && "quick", one.provenance.folds !== other.provenance.folds && "folds",
].filter(Boolean);

/** The comparison of two finished audits, the older one first. */
export function comparison(audits) {
  const [one, other] = [...audits].sort((a, b) => (a.created_at < b.created_at ? -1 : 1));
  const [left, right] = [one.result, other.result];
  const both = (name, of, differs = null) => [el("b", { textContent: t(name) }), of(left, one), of(right, other), differs];
  const differing = (name, of) => both(name, of, of(left, one) === of(right, other) ? t("versus.same") : el("span", { className: "tag unsure", textContent: t("versus.differs") }));
  const heads = [t("versus.what"), `1 · ${moment(one.created_at)}`, `2 · ${moment(other.created_at)}`, t("versus.second")];
  const apart = unlike(left, right);
  return el("article", { className: "stack", ariaLabel: t("versus.title") },
    el("div", { className: "lead" }, el("h1", { textContent: t("versus.title") }), el("p", { textContent: t("versus.how") })),
    apart.length ? el("div", { className: "notice unsure" }, el("b", { textContent: t("versus.unlike") }), el("p", { textContent: apart.map((name) => t(`versus.unlike.${name}`)).join(", ") })) : null,
    part("versus.audited", heads, [
      differing("audit.model", ({ data }) => data.model ?? t("audit.model.none")),
      differing("versus.source", (_, audit) => t(`audit.source.${audit.source}`)),
      differing("report.samples", ({ data }) => whole(data.samples)),
      differing("versus.people", ({ data }) => whole(data.subjects)),
      differing("report.protocol", ({ provenance }) => t(provenance.quick ? "versus.quick" : "versus.whole", { folds: provenance.folds, seed: provenance.seed })),
      differing("report.digest", ({ data }) => `…${data.digest.slice(-12)}`),
    ]),
    part("versus.found", heads, [
      both("versus.verdict", verdictOf, left.verdict === right.verdict ? t("versus.same") : el("span", { className: "tag unsure", textContent: t("versus.differs") })),
      both("report.worst", ({ worst }) => named(worst), change(left.worst, right.worst)),
      differing("figure.proved", ({ bound }) => percent(bound?.named)),
      differing("figure.chance", ({ chance }) => percent(chance)),
      both("figure.emotion", ({ utility }) => rated(utility), left.utility && right.utility ? change(left.utility, right.utility, "higher") : null),
      both("report.eer", ({ open_set: open }) => open && rated({ rate: open.eer, low: open.eer_low, high: open.eer_high }),
        left.open_set && right.open_set ? change(...[left, right].map(({ open_set: open }) => ({ low: open.eer_low, high: open.eer_high })), "higher") : null),
    ]),
    part("report.attackers", heads, attackers(left, right)));
}

function attackers(left, right) {
  const of = (result) => new Map(result.attackers.map((one) => [one.attacker, one]));
  const [first, second] = [of(left), of(right)];
  const rate = (name) => Math.max(first.get(name)?.rate ?? 0, second.get(name)?.rate ?? 0);
  const names = [...new Set([...first.keys(), ...second.keys()])].sort((one, other) => rate(other) - rate(one));
  return names.map((name) => [title(name), rated(first.get(name)), rated(second.get(name)), change(first.get(name), second.get(name))]);
}

const part = (name, heads, rows) => el("section", { className: "card" }, el("h2", { textContent: t(name) }), table(t(name), heads, rows, "versus"));

/** A bar that says how many were picked to be compared, and compares two. */
export function picking(picked, compare) {
  const said = el("p", { className: "quiet", role: "status" });
  const go = el("button", { type: "button", textContent: t("versus.do"), onclick: () => compare([...picked]) });
  const draw = () => { said.textContent = t(picked.size === 2 ? "versus.ready" : "versus.pick", { n: picked.size }); go.disabled = picked.size !== 2; };
  draw();
  return { box: fill(el("div", { className: "row spread" }), said, go), draw };
}
