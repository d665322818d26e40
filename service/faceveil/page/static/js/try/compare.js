// Two released vectors side by side, and what anybody at all can conclude from them.

import { boundsOf, distance, expressionOf, figuresOf, setsOf } from "../cards.js";
import { el, tile } from "../dom.js";
import { between, decimal, percent, t } from "../texts.js";

/** What two faces' vectors tell of whether they are one person. */
export function comparison(one, other, card, level) {
  const apart = distance(one.embedding, other.embedding);
  const [first, second] = [expressionOf(card, one.embedding), expressionOf(card, other.embedding)];
  const bounds = boundsOf(card, level);
  const said = [];
  if (apart === 0) said.push(t("compare.same.picture"));
  else if (bounds && first === second) {
    said.push(t("compare.same", { n: first + 1 }), proved(bounds));
  } else if (bounds) {
    said.push(t("compare.different", { n: first + 1, m: second + 1 }), t("compare.beyond"), proved(bounds), measuredCodeword(card, level));
  } else said.push(t("compare.unproved"), measured(card, level));
  return el("section", { className: "card" },
    el("h2", { textContent: t("compare.title") }),
    el("div", { className: "tiles" },
      tile(t("compare.distance"), decimal(apart), t("compare.distance.what")),
      first === null ? null : tile(t("compare.expressions"), first === second ? t("compare.expressions.same") : t("compare.expressions.two"), `${first + 1} · ${second + 1}`),
      bounds ? tile(t("compare.found"), percent(bounds.true_positives), t("compare.found.what"), "proved") : null,
      bounds ? tile(t("compare.errs"), percent(bounds.equal_error), t("compare.errs.what"), "proved") : null),
    said.filter(Boolean).map((text) => el("p", { textContent: text })));
}

const proved = (bounds) => t("compare.proved", { found: percent(bounds.true_positives), errs: percent(bounds.equal_error) });

function measuredCodeword(card, level) {
  const [data] = setsOf(card);
  const { codeword } = figuresOf(card, data, level);
  return codeword && t("compare.codeword", { data, rate: percent(codeword.rate.rate), between: between(codeword.rate), chance: percent(codeword.chance) });
}

function measured(card, level) {
  const [data] = setsOf(card);
  const { worst } = data ? figuresOf(card, data, level) : {};
  return worst && t("compare.measured", { data, rate: percent(worst.rate.rate), between: between(worst.rate), chance: percent(worst.chance) });
}
