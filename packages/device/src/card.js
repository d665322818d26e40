/** A model's card: what of it the device needs. */

import { LoadError, UnknownChoice } from "./errors.js";

/**
 * @typedef {object} Bounds What is proved at one level, of faces with the same standard expression.
 * @property {number} mu of Gaussian differential privacy; the smaller, the stronger
 * @property {number} true_positives telling two faces apart: most true positives at 1 % false ones
 * @property {number} equal_error verification: the lowest equal error rate
 * @property {Record<string, number>} named N equally likely people: most often the right one is named
 */

/**
 * @typedef {object} Guarantee
 * @property {number[][]} codewords the standard expressions
 * @property {number} radius what is left beyond a codeword is never longer
 * @property {Record<string, Bounds>} levels
 */

/**
 * @typedef {object} Check A crop and what the model answers for it without noise.
 * @property {string} crop grey levels in base64
 * @property {number[]} embedding
 * @property {number[]} emotion
 * @property {number[] | null} [expression] where the model tells it
 */

/**
 * @typedef {object} Card
 * @property {string} name
 * @property {string} version
 * @property {string} terms what the model may be used for
 * @property {string[]} labels of the emotions
 * @property {number} dimension values of an embedding
 * @property {import("./vision/align.js").CropGeometry} crop
 * @property {{file: string, sha256: string}} graph
 * @property {Record<string, {sigma: number, summary: string}>} levels
 * @property {string} default_level
 * @property {string | null} [noise_of]
 * @property {Guarantee | null} [guarantee]
 * @property {Record<string, number> | null} [prior]
 * @property {{action_units: number[]} | null} [expression] what it tells beyond the emotion
 * @property {{tolerance: number, answers: Check[]} | null} [checks]
 */

/**
 * @param {Card} card
 * @param {string} [level] without one, the card's own
 * @returns {string}
 * @throws {UnknownChoice} if the card has no such level
 */
export function levelOf(card, level = card.default_level) {
  if (!Object.hasOwn(card.levels, level))
    throw new UnknownChoice(
      `${card.name} ${card.version} has no level ${JSON.stringify(level)}. ` +
        `Choose one of: ${Object.keys(card.levels).join(", ")}.`,
    );
  return level;
}

/**
 * Takes bytes for what they are said to be.
 *
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {string} sha256 in hexadecimal
 * @param {string} name of the file, for people
 * @returns {Promise<Uint8Array<ArrayBuffer>>} the same
 * @throws {LoadError} if they are others
 */
export async function verified(bytes, sha256, name) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (found !== sha256)
    throw new LoadError(
      `${name} is not the expected file: its SHA-256 is ${found}, not ${sha256}. ` +
        "Take it from the release that its card belongs to.",
    );
  return bytes;
}
