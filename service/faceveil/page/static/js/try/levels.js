// The level of noise, and what the model's card says of each.

import { boundsOf, figuresOf, levelsOf, setsOf } from "../cards.js";
import { el, field, fill, segments, tile } from "../dom.js";
import { between, percent, t, word } from "../texts.js";

/** A card with the choice of a level; `floor` is the loosest that the server answers here. */
export function levels(card, chosen, floor, onChoose) {
  const sets = setsOf(card);
  let data = sets.includes("LFW") ? sets[0] : sets.at(0);
  const sigma = (level) => card.levels[level].sigma;
  const figures = el("div", { className: "stack", ariaLive: "polite" });
  const draw = () => fill(figures, figuresAt(card, data, chosen));
  const select = el("select", { onchange: () => { data = select.value; draw(); } },
    sets.map((one) => el("option", { value: one, textContent: one, selected: one === data })));
  draw();
  return el("section", { className: "card" },
    el("h2", { textContent: t("level.title") }),
    el("p", { textContent: t("level.what") }),
    segments(t("level.title"), levelsOf(card).map((level) => ({
      value: level, label: word("level", level), disabled: floor !== null && sigma(level) < sigma(floor),
    })), chosen, onChoose, { shown: false }),
    floor !== null && levelsOf(card).some((level) => sigma(level) < sigma(floor)) ? el("p", { className: "quiet", textContent: t("level.floor", { level: word("level", floor) }) }) : null,
    figures,
    sets.length > 1 ? field(t("level.set"), select) : null,
    el("p", { className: "quiet", textContent: t("level.source", { model: `${card.name} ${card.version}` }) }));
}

/** Emotion kept, risk measured and bound proved, on one set at one level. */
export function figuresAt(card, data, level) {
  const { emotion, worst, attacks } = figuresOf(card, data, level);
  const bounds = boundsOf(card, level);
  return el("div", { className: "tiles" },
    emotion ? tile(t("figure.emotion"), percent(emotion.rate), between(emotion)) : null,
    worst ? tile(t("figure.worst"), percent(worst.rate.rate), t("figure.worst.of", { n: attacks, between: between(worst.rate), chance: percent(worst.chance) }), "measured") : null,
    worst?.bound != null
      ? tile(t("figure.proved"), percent(worst.bound), t("figure.proved.here"), "proved")
      : tile(t("figure.proved"), "–", t("figure.proved.not")),
    bounds ? tile(t("figure.crowd"), percent(bounds.named["1000"]), t("figure.crowd.of", { chance: percent(0.001) }), "proved") : null);
}
