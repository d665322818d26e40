// What an attacker sees in two faces: in what is released of them, and in vectors that are undefended.

import { densities } from "../chart.js";
import { el, tile } from "../dom.js";
import { between, percent, t, whole } from "../texts.js";

const SURE = 0.75; // chance from which it says that they are one person; 1 less it, two

const card = (...children) => el("section", { className: "card", ariaLabel: t("same.title"), tabIndex: -1, "data-key": "same" },
  el("h2", { textContent: t("same.title") }), children);

/** Why nothing is shown, and perhaps a button for what would help. */
export const withheld = (name, more, names) => card(el("p", { textContent: t(name, names) }), more);

/** Why nothing is shown: the notice of a refusal. */
export const refused = (shown) => card(shown);

/** The attacker's chances, beside those that other pairs were given; `isOne`: of one picture, twice. */
export function attacker({ released, undefended, verifier }, isOne) {
  const { data, people, pairs } = verifier;
  return card(
    el("p", { textContent: t("same.what") }),
    isOne ? el("p", { textContent: t("same.picture") }) : null,
    el("div", { className: "pair" }, verdict("same.released", released, "measured"), verdict("same.undefended", undefended, "worst")),
    el("ul", { className: "legend" }, el("li", { textContent: t("report.scores.two") }), el("li", { className: "worst", textContent: t("report.scores.one") }), el("li", { className: "here", textContent: t("same.here") })),
    el("p", { className: "quiet", textContent: t("same.source", { data, learned: whole(people.learned), tested: whole(people.tested), pairs: whole(pairs) }) }));
}

/** The same in a sentence or two, for who hears the page. */
export const spoken = ({ released, undefended }) => [["same.released", released], ["same.undefended", undefended]]
  .map(([name, { chance }]) => t("same.spoken", { name: t(name), chance: percent(chance), what: t("same.chance"), says: says(chance) })).join(" ");

const says = (chance) => t(`same.says.${chance >= SURE ? "one" : chance <= 1 - SURE ? "two" : "unsure"}`);

function verdict(name, { chance, eer, same, different }, kind) {
  const edges = Array.from({ length: same.length + 1 }, (_, index) => index / same.length);
  return el("div", { className: "stack" },
    tile(t(name), percent(chance), t("same.chance"), kind),
    densities({ edges, mated: same, non_mated: different }, t("same.chart", { chance: percent(chance) }), chance),
    el("div", { className: "row spread quiet", ariaHidden: "true" }, el("span", { textContent: t("same.two") }), el("span", { textContent: t("same.one") })),
    el("p", { textContent: says(chance) }),
    el("p", { className: "quiet", textContent: t("same.errs", { rate: percent(eer.value), between: between(eer) }) }));
}
