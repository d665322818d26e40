/**
 * The noise that is added to embeddings: secret, and the same for the same crop, so that asking again
 * averages nothing; `faceveil/model/noise.py` says why, and why the levels' noises are nested.
 *
 * The key is this browser's own. Who receives embeddings never has it, nor does the page's script:
 * Web Crypto holds it and lets it sign only.
 */

import { levelOf } from "./card.js";

/** @typedef {import("./card.js").Card} Card */
/** @typedef {import("./vision/image.js").Grey} Grey */

const ENCODER = new TextEncoder();

/** The noise of one model's embeddings, at each of its levels. */
export class ModelNoise {
  /**
   * @param {CryptoKey} key for HMAC-SHA-256
   * @param {Card} card
   */
  constructor(key, card) {
    this.key = key;
    this.card = card;
  }

  /**
   * The noise of a crop, standard normal. Times sigma it is a sum of independent parts, one a level
   * up to this one; a part has the variance that its level adds to the next looser one.
   *
   * @param {Grey} crop
   * @param {string} level
   * @returns {Promise<Float32Array>} as long as an embedding
   */
  async draw(crop, level) {
    const { dimension, levels } = this.card;
    const sigma = levels[levelOf(this.card, level)].sigma;
    const digest = await digestOf(crop);
    const total = new Float32Array(dimension);
    let before = 0;
    for (const [name, own] of ascending(levels)) {
      if (own <= before || own > sigma) continue;
      const part = await this.#part(digest, name);
      const share = Math.sqrt(own ** 2 - before ** 2) / sigma;
      for (let i = 0; i < dimension; i++) total[i] += share * part[i];
      before = own;
    }
    return total;
  }

  /**
   * Normal values of a keyed hash, stretched by AES-256 in counter mode: each of two uniform ones of
   * 53 bits, in double precision, so that the tails reach 8.6 standard deviations.
   *
   * Box, Muller, "A note on the generation of random normal deviates", Ann. Math. Stat. 29 (1958).
   *
   * @param {Uint8Array} digest of the crop
   * @param {string} level
   */
  async #part(digest, level) {
    const { name, version, dimension, guarantee, noise_of } = this.card;
    const own = guarantee ? null : noise_of;
    const context = ENCODER.encode(`${own ?? `${name}/${version}`}/${level}\0\0`);
    const message = new Uint8Array([...context, ...digest]);
    const seed = await crypto.subtle.sign("HMAC", this.key, message);
    const cipher = await crypto.subtle.importKey("raw", seed, "AES-CTR", false, ["encrypt"]);
    const counter = { name: "AES-CTR", counter: new Uint8Array(16), length: 64 };
    const stream = await crypto.subtle.encrypt(counter, cipher, new Uint8Array(16 * dimension));
    return normal(new DataView(stream), dimension);
  }
}

/**
 * @param {DataView} bits 16 bytes a value
 * @param {number} count
 */
function normal(bits, count) {
  const uniform = (/** @type {number} */ at) => {
    const low = bits.getUint32(8 * at, true);
    const high = bits.getUint32(8 * at + 4, true);
    return (high * 2 ** 21 + (low >>> 11) + 0.5) / 2 ** 53;
  };
  return Float64Array.from({ length: count }, (_, i) => {
    return Math.sqrt(-2 * Math.log(uniform(i))) * Math.cos(2 * Math.PI * uniform(count + i));
  });
}

/** @param {Card["levels"]} levels */
function ascending(levels) {
  /** @type {[string, number][]} */
  const sigmas = Object.entries(levels).map(([name, { sigma }]) => [name, sigma]);
  return sigmas.sort(([one, a], [other, b]) => a - b || (one < other ? -1 : 1));
}

/**
 * What a crop is known by: SHA-256 of its size and its grey levels.
 *
 * @param {Grey} crop
 * @returns {Promise<Uint8Array>}
 */
export async function digestOf({ width, height, data }) {
  const size = ENCODER.encode(`(${height}, ${width})|`);
  const all = new Uint8Array(size.length + data.length);
  all.set(size);
  all.set(data, size.length);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", all));
}
