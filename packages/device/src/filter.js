/** The privacy filter: a face crop goes in, a released embedding and its emotion come out. */

import { ComputesOtherwise } from "./errors.js";

/** @typedef {import("./card.js").Card} Card */
/** @typedef {import("./vision/image.js").Grey} Grey */

/**
 * @typedef {object} Reading
 * @property {Float32Array} embedding noise included
 * @property {Float32Array} emotion probabilities in the card's order of labels
 * @property {Float32Array} [expression] valence, arousal and the card's action units, where the
 *     model tells them
 */

/** Largest difference in what every graph computes in float32: the noise that is added. */
const ROUNDING = 1e-3;

/** One model. */
export class PrivacyFilter {
  /**
   * @param {import("./runtime.js").Ort} ort
   * @param {import("./runtime.js").Graph} graph
   * @param {Card} card
   */
  constructor(ort, graph, card) {
    this.ort = ort;
    this.graph = graph;
    this.card = card;
  }

  /**
   * Reads an aligned crop.
   *
   * @param {Grey} crop of the card's geometry
   * @param {Float32Array} noise standard normal
   * @param {number} sigma its standard deviation in what is released
   * @returns {Promise<Reading>}
   */
  async read(crop, noise, sigma) {
    const { embedding, emotion, expression } = await this.#run(crop, noise, sigma);
    return { embedding, emotion, expression };
  }

  /**
   * What the graph computes on its way, where it is one that answers that: undefended.
   *
   * @param {Grey} crop of the card's geometry
   * @param {string} tensor its name, as `withOutput` took it
   * @returns {Promise<Float32Array>}
   */
  async inner(crop, tensor) {
    return (await this.#run(crop, new Float32Array(this.card.dimension), 0))[tensor];
  }

  /**
   * @param {Grey} crop
   * @param {Float32Array} noise
   * @param {number} sigma
   */
  #run(crop, noise, sigma) {
    const { Tensor } = this.ort;
    return this.graph.run({
      face: new Tensor("uint8", crop.data, [1, crop.height, crop.width]),
      noise: new Tensor("float32", noise, [1, noise.length]),
      sigma: new Tensor("float32", new Float32Array([sigma]), [1]),
    });
  }

  /**
   * Has the graph prove here what its card says of it, as the service does at each start
   * (`faceveil/model/examination.py`): its answers, the noise that it adds, and that nothing without
   * noise lies further from a codeword than the guarantee stands on.
   *
   * @throws {ComputesOtherwise} if it does not
   */
  async examine() {
    const { checks, dimension, crop, guarantee, levels } = this.card;
    const silence = new Float32Array(dimension);
    const crops = (checks?.answers ?? []).map(({ crop: data }) => grey(crop, bytesOf(data)));
    const hostile = [
      grey(crop, () => 0),
      grey(crop, () => 255),
      grey(crop, (at) => 255 * ((at + Math.floor(at / crop.width)) % 2)),
    ];
    const clean = [];
    for (const each of [...crops, ...hostile]) clean.push(await this.read(each, silence, 0));

    for (const [at, stated] of (checks?.answers ?? []).entries()) {
      const off = Math.max(
        apart(clean[at].embedding, stated.embedding),
        apart(clean[at].emotion, stated.emotion),
        apart(clean[at].expression ?? [], stated.expression ?? []),
      );
      if (!(off <= (checks?.tolerance ?? 0)))
        throw this.#otherwise(`a value of a test face is ${off.toPrecision(2)} off`);
    }
    for (const { embedding } of guarantee ? clean : []) {
      const rest = beyond(embedding, guarantee?.codewords ?? []);
      if (!(rest <= (guarantee?.radius ?? 0) * (1 + ROUNDING)))
        throw this.#otherwise(`it releases what lies ${rest.toPrecision(4)} beyond a codeword`);
    }
    const noise = silence.map((_, at) => (2 * at) / Math.max(dimension - 1, 1) - 1);
    const first = [...crops, ...hostile][0];
    for (const { sigma } of Object.values(levels)) {
      const { embedding } = await this.read(first, noise, sigma);
      const expected = clean[0].embedding.map((value, at) => value + sigma * noise[at]);
      if (!(apart(embedding, expected) <= ROUNDING * (1 + sigma)))
        throw this.#otherwise("it does not release the noise that it is given");
    }
  }

  /** @param {string} what */
  #otherwise(what) {
    const { name, version } = this.card;
    return new ComputesOtherwise(
      `${name} ${version} computes otherwise here than where it was judged: ${what}. Load the model ` +
        "in float32, or run it by the provider 'wasm'.",
    );
  }
}

/**
 * How far a value lies beyond its nearest standard expression.
 *
 * @param {ArrayLike<number>} embedding
 * @param {number[][]} codewords
 * @returns {number}
 */
export function beyond(embedding, codewords) {
  const lengths = codewords.map((word) =>
    Math.hypot(...word.map((value, at) => embedding[at] - value)),
  );
  return Math.min(...lengths);
}

/**
 * @param {{width: number, height: number}} size
 * @param {Uint8Array | ((at: number) => number)} levels
 * @returns {Grey}
 */
function grey({ width, height }, levels) {
  const data =
    levels instanceof Uint8Array
      ? levels
      : Uint8Array.from({ length: width * height }, (_, at) => levels(at));
  return { width, height, data };
}

/** @param {string} text base64 */
function bytesOf(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/**
 * @param {ArrayLike<number>} one
 * @param {ArrayLike<number>} other
 * @returns {number} NaN where one is, or they differ in length
 */
function apart(one, other) {
  if (one.length !== other.length) return NaN;
  return Math.max(0, ...Array.from(one, (value, at) => Math.abs(value - other[at])));
}
