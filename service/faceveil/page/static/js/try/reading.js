// What came back of one face: its moods, the released vector, and what is kept of the person.

import { expressionOf } from "../cards.js";
import { el } from "../dom.js";
import { decimal, percent, t, word } from "../texts.js";
import { keptFace } from "./kept.js";

const TURNED = 10; // degrees, from which it is said

/** The moods as bars, the likeliest first. */
export function moods(face) {
  const shares = Object.entries(face.emotion.probabilities).sort(([, one], [, other]) => other - one);
  return el("ul", { className: "bars" }, shares.map(([label, share]) =>
    el("li", { className: label === face.emotion.label ? "top" : "" },
      el("span", { textContent: word("mood", label) }),
      el("span", { className: "bar", ariaHidden: "true" }, el("i", { style: { "inline-size": `${share * 100}%` } })),
      el("span", { className: "number", textContent: percent(share) }))));
}

/** The released vector, a cell a value. */
export function strip(embedding) {
  const most = Math.max(...embedding.map(Math.abs), 1);
  return el("ul", { className: embedding.length > 10 ? "strip long" : "strip", ariaLabel: t("try.vector") }, embedding.map((value) =>
    el("li", { textContent: decimal(value, Math.abs(value) < 9.95 ? 1 : 0), style: { "--tone": value < 0 ? "var(--low)" : "var(--accent)", "--much": `${8 + (Math.abs(value) / most) * 87}%` } })));
}

/** The mood of a face, in words. */
export const said = ({ emotion: { label, probabilities } }) => t("try.reads", { mood: word("mood", label), share: percent(probabilities[label]) });

/** Valence and arousal, where the model tells them. */
const beyond = ({ valence, arousal }) => t("try.beyond", { valence: decimal(valence, 2), arousal: decimal(arousal, 2) });

/** All about one face. */
export function reading(face, card) {
  const expression = expressionOf(card, face.embedding);
  const mood = word("mood", face.emotion.label);
  const kept = expression === null
    ? t("kept.measured")
    : t("kept.expression", { n: expression + 1, all: card.guarantee.codewords.length });
  const doubts = face.quality?.doubts ?? [];
  const turned = Math.round(Math.abs(face.roll ?? 0));
  return el("div", { className: "stack" },
    el("section", { className: "card", ariaLabel: t("try.moods") },
      el("h2", { textContent: said(face) }),
      moods(face),
      face.expression ? el("p", { className: "quiet", textContent: beyond(face.expression) }) : null,
      turned >= TURNED ? el("p", { className: "quiet", textContent: t("try.turned", { degrees: turned }) }) : null,
      doubts.length ? el("p", { className: "quiet", textContent: t("try.doubts", { doubts: doubts.map((one) => word("doubt", one)).join(", ") }) }) : null),
    el("section", { className: "card", ariaLabel: t("kept.title") },
      el("div", { className: "kept" },
        keptFace(face.emotion.probabilities, t("kept.label", { mood })),
        el("div", { className: "stack" },
          el("h2", { textContent: t("kept.title") }),
          el("p", { className: "quiet", textContent: kept }))),
      el("h3", { textContent: t("try.vector") }),
      strip(face.embedding),
      el("p", { className: "quiet", textContent: t("try.vector.what", { n: face.embedding.length }) })));
}
