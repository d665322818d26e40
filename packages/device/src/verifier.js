/**
 * Who holds two vectors, and says how likely they are of one person: what `faceveil verifier`
 * learned on many people, and how often it errs on others (`training/lab/verifier.py`).
 */

import { LoadError } from "./errors.js";

/** @typedef {import("./card.js").Card} Card */

/** @typedef {{value: number, low: number, high: number}} Estimate with its 95 % interval */

/**
 * @typedef {object} Learned What one kind of vector teaches; arrays are float32 in base64.
 * @property {number} [sigma] of the noise in it, where it is released
 * @property {string} mean
 * @property {string} projection row by row, a row for each number
 * @property {string} cross
 * @property {string} square
 * @property {number[]} scores rising: the knots between which a score's chance is interpolated, and
 *     beyond which nothing more is concluded
 * @property {number[]} chances at the knots, never falling
 * @property {Estimate} eer equal error rate on people it did not learn from; guessing: 0.5
 * @property {Estimate} auc how often a pair of one person scores higher than one of two
 * @property {number[]} same shares of the pairs of one person, by the chance given, from 0 to 1
 * @property {number[]} different the same of pairs of two
 */

/**
 * @typedef {object} Verifier
 * @property {number} format
 * @property {string} graph_sha256 of the graph that it belongs to
 * @property {string} tensor of that graph, which holds the undefended vector
 * @property {string} data set of people on which it was learned and tested
 * @property {{learned: number, tested: number}} people
 * @property {number} pairs that were tested, half of them of one person
 * @property {Learned} undefended
 * @property {Record<string, Learned>} released by level
 */

/**
 * @typedef {object} Verdict
 * @property {number} chance that the two are one person, 0 to 1, where half of all pairs are
 * @property {Estimate} eer how often such verdicts err; guessing errs in 0.5
 * @property {Estimate} auc
 * @property {number[]} same what pairs of one person were given, as shares by chance, from 0 to 1
 * @property {number[]} different the same of pairs of two
 */

const FORMAT = 2;

/**
 * @param {Verifier} verifier
 * @param {Card} card
 * @returns {Verifier} the same
 * @throws {LoadError} if it is another model's, or learned from other levels of noise
 */
export function belonging(verifier, card) {
  const levels = Object.entries(card.levels);
  const same = levels.every(([name, { sigma }]) => verifier?.released?.[name]?.sigma === sigma);
  if (verifier?.format !== FORMAT || verifier.graph_sha256 !== card.graph.sha256 || !same)
    throw new LoadError(
      `This verifier is not of ${card.name} ${card.version}. ` +
        `Make it anew: faceveil verifier ${card.name}.`,
    );
  return verifier;
}

/**
 * @param {Learned} learned
 * @param {ArrayLike<number>} one
 * @param {ArrayLike<number>} other
 * @returns {Verdict}
 */
export function verdict(learned, one, other) {
  const { eer, auc, same, different } = learned;
  const [cross, square] = [floats(learned.cross), floats(learned.square)];
  const [x, y] = [projected(learned, one), projected(learned, other)];
  let score = 0;
  for (let at = 0; at < cross.length; at++)
    score += cross[at] * x[at] * y[at] - square[at] * (x[at] ** 2 + y[at] ** 2);
  return { chance: interpolated(score, learned.scores, learned.chances), eer, auc, same, different };
}

/**
 * @param {number} value
 * @param {number[]} from rising
 * @param {number[]} to at each of these
 */
function interpolated(value, from, to) {
  const next = from.findIndex((one) => one > value);
  if (next === 0) return to[0];
  if (next < 0) return to[to.length - 1];
  const part = (value - from[next - 1]) / (from[next] - from[next - 1]);
  return to[next - 1] + part * (to[next] - to[next - 1]);
}

/**
 * @param {Learned} learned
 * @param {ArrayLike<number>} vector
 */
function projected(learned, vector) {
  const [mean, projection] = [floats(learned.mean), floats(learned.projection)];
  const found = new Float64Array(projection.length / mean.length);
  for (let row = 0; row < mean.length; row++)
    for (let at = 0; at < found.length; at++)
      found[at] += (vector[row] - mean[row]) * projection[row * found.length + at];
  return found;
}

/**
 * @param {string} text in base64, little-endian
 * @returns {Float32Array}
 */
function floats(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}
