// Attackers' names, as the report that the server writes has them.

import { decimal, has, t } from "../texts.js";

const BASES = new Set(["prior", "hybrid2face", "logistic", "lda", "nearest", "boosting", "wide_mlp", "codeword"]);
const CONDITIONS = new Set(["emotion", "clean", "codeword"]);

/** A step of an audit in words: an attacker, perhaps `on 4 embeddings`, or one of the others. */
export function stepTitle(step) {
  if (has(`step.${step}`)) return t(`step.${step}`);
  const [, attacker, length] = /^(.*) on (\d+) embeddings$/.exec(step) ?? [];
  return attacker ? title(`${attacker} x${length}`) : title(step);
}

/** An attacker's name in words: `beyond the codeword, lda+emotion x4`. */
export function title(name) {
  const parts = name.split(", ");
  const last = parts.pop();
  const [attacker, ...conditions] = last.split("+");
  const [base, length] = attacker.split(" x");
  return [
    BASES.has(base) ? t(`attacker.${base}`) : base,
    length ? t("attacker.mean", { n: decimal(Number(length), 0) }) : null,
    parts.length ? t("attacker.beyond") : null,
    ...conditions.map((one) => (CONDITIONS.has(one) ? t(`attacker.knows.${one}`) : one)),
  ].filter(Boolean).join(", ");
}
