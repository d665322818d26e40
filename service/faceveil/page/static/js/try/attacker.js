// What an attacker sees in two faces: in what is released of them, and in vectors that are undefended.

import { densities } from "../chart.js";
import { el, tile } from "../dom.js";
import { between, percent, t, whole } from "../texts.js";

const SURE = 0.75; // chance from which it says that they are one person; 1 less it, two

const card = (...children) => el("section", { className: "card", ariaLabel: t("attacker.title"), ariaLive: "polite", tabIndex: -1, "data-key": "attacker" },
  el("h2", { textContent: t("attacker.title") }), children);

/** Why nothing is shown, and perhaps a button for what would help. */
export const withheld = (name, button) => card(el("p", { textContent: t(name) }), button);

/** The attacker's chances, beside those that other pairs were given. */
export function attacker({ released, undefended, verifier }) {
  const { data, people, pairs } = verifier;
  return card(
    el("p", { textContent: t("attacker.what") }),
    el("div", { className: "pair" }, verdict("attacker.released", released, "measured"), verdict("attacker.undefended", undefended, "worst")),
    el("ul", { className: "legend" }, el("li", { textContent: t("report.scores.two") }), el("li", { className: "worst", textContent: t("report.scores.one") }), el("li", { className: "here", textContent: t("attacker.here") })),
    el("p", { className: "quiet", textContent: t("attacker.source", { data, learned: whole(people.learned), tested: whole(people.tested), pairs: whole(pairs) }) }));
}

function verdict(name, { chance, eer, same, different }, kind) {
  const edges = Array.from({ length: same.length + 1 }, (_, index) => index / same.length);
  const says = chance >= SURE ? "one" : chance <= 1 - SURE ? "two" : "unsure";
  return el("div", { className: "stack" },
    tile(t(name), percent(chance), t("attacker.chance"), kind),
    densities({ edges, mated: same, non_mated: different }, t("attacker.chart", { chance: percent(chance) }), chance),
    el("div", { className: "row spread quiet", ariaHidden: "true" }, el("span", { textContent: t("attacker.two") }), el("span", { textContent: t("attacker.one") })),
    el("p", { textContent: t(`attacker.says.${says}`) }),
    el("p", { className: "quiet", textContent: t("attacker.errs", { rate: percent(eer.value), between: between(eer) }) }));
}
