/** Answers for an app that meets emotions in other shares than the model learned from. */

import { UnknownChoice } from "./errors.js";

/** @typedef {"wild" | "even"} Prior the shares that the model learned from, or equal ones */

/**
 * Probabilities by another prior, by Bayes' rule: `faceveil/prior.py`.
 *
 * @param {ArrayLike<number>} probabilities as the model gives them
 * @param {import("./card.js").Card} card
 * @param {Prior} prior
 * @returns {number[]} in the order of the card's labels; they sum to 1
 * @throws {UnknownChoice} if it is no prior, or the card does not say what there is to correct
 */
export function withPrior(probabilities, card, prior) {
  const given = Array.from(probabilities);
  if (prior === "wild") return given;
  if (prior !== "even") throw new UnknownChoice("The prior is 'wild' or 'even'.");
  const learned = card.prior;
  if (!learned)
    throw new UnknownChoice(
      `The card of ${card.name} ${card.version} does not say which shares of emotions its answers ` +
        "expect, so they cannot be corrected. Ask with prior: 'wild'.",
    );
  const odds = given.map((each, i) => each / learned[card.labels[i]]);
  const sum = odds.reduce((total, each) => total + each, 0);
  return odds.map((each) => each / sum);
}
