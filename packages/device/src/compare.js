/** Two faces side by side: what somebody concludes from what is released, and from what is not. */

import { levelOf } from "./card.js";
import { PrivacyFilter } from "./filter.js";
import { withOutput } from "./undefended.js";
import { belonging, verdict } from "./verifier.js";

/** @typedef {import("./verifier.js").Verdict} Verdict */
/** @typedef {import("./verifier.js").Verifier} Verifier */
/** @typedef {import("./vision/image.js").Grey} Grey */

/**
 * @typedef {object} Comparison What somebody concludes who holds two vectors, each of a face.
 * @property {Verdict} released of the vectors that are released at the level
 * @property {Verdict} undefended of what the model's network computes before its bottleneck
 * @property {string} level
 * @property {Verifier} verifier who concludes: on whom it was learned and tested
 */

/** Compares by one model. The undefended vectors are made for one comparison, and forgotten. */
export class Comparer {
  /**
   * @param {PrivacyFilter} filter
   * @param {import("./noise.js").ModelNoise} noise
   * @param {PrivacyFilter} undefended the same, which also answers the verifier's tensor
   * @param {Verifier} verifier
   */
  constructor(filter, noise, undefended, verifier) {
    this.filter = filter;
    this.noise = noise;
    this.undefended = undefended;
    this.verifier = verifier;
  }

  /**
   * @param {PrivacyFilter} filter
   * @param {import("./noise.js").ModelNoise} noise
   * @param {Verifier} verifier
   * @param {Uint8Array} graph the filter's
   * @param {(graph: Uint8Array) => Promise<import("./runtime.js").Graph>} open
   * @throws {import("./errors.js").LoadError} if the verifier is another model's
   */
  static async opened(filter, noise, verifier, graph, open) {
    const { tensor } = belonging(verifier, filter.card);
    const undefended = new PrivacyFilter(filter.ort, await open(withOutput(graph, tensor)), filter.card);
    return new Comparer(filter, noise, undefended, verifier);
  }

  /** Gives back the memory of what answers undefended vectors. */
  async release() {
    await this.undefended.graph.release();
  }

  /**
   * @param {[Grey, Grey]} crops
   * @param {string} [asked] level of noise; without one, the card's
   * @returns {Promise<Comparison>}
   * @throws {import("./errors.js").UnknownChoice}
   */
  async compare(crops, asked) {
    const { card } = this.filter;
    const level = levelOf(card, asked);
    const released = [];
    const undefended = [];
    for (const crop of crops) {
      const noise = await this.noise.draw(crop, level);
      released.push((await this.filter.read(crop, noise, card.levels[level].sigma)).embedding);
      undefended.push(await this.undefended.inner(crop, this.verifier.tensor));
    }
    return {
      released: verdict(this.verifier.released[level], released[0], released[1]),
      undefended: verdict(this.verifier.undefended, undefended[0], undefended[1]),
      level,
      verifier: this.verifier,
    };
  }
}
