/** A model, its detector and a key: reads pictures, and lets out what may be released. */

import { levelOf, verified } from "./card.js";
import { Comparer } from "./compare.js";
import { LoadError } from "./errors.js";
import { PrivacyFilter } from "./filter.js";
import { keptKey, newKey } from "./keys.js";
import { ModelNoise } from "./noise.js";
import { pixelsOf } from "./pixels.js";
import { withPrior } from "./prior.js";
import { blazeface, openGraph, yunet } from "./runtime.js";
import { findCrops } from "./vision/crops.js";
import { rollOf } from "./vision/face.js";

/** @typedef {import("./card.js").Bounds} Bounds */
/** @typedef {import("./card.js").Card} Card */
/** @typedef {import("./compare.js").Comparison} Comparison */
/** @typedef {import("./prior.js").Prior} Prior */
/** @typedef {import("./pixels.js").PictureSource | import("./vision/grey.js").Pixels} Picture */
/** @typedef {import("./verifier.js").Verifier} Verifier */
/** @typedef {import("./vision/image.js").Grey} Grey */
/** @typedef {import("./vision/image.js").Point} Point */

/** Of the files that the service runs too. */
export const DETECTOR_SHA256 = {
  "blazeface-short": "7cd1209e5d3d8744f92f22c160047709a917a8e426c7a10c4889fc18e0eab100",
  yunet: "4f1be28149d6d2a74554c94a8e5c10eed4590e24ae8e952df890b0ed3ec6730b",
};

/** @typedef {{x: number, y: number}} Place in pixels of the picture */

/**
 * @typedef {object} Expression What a face shows by convention, not what somebody feels.
 * @property {number} valence from -1, unpleasant, to 1, pleasant
 * @property {number} arousal from -1, calm, to 1, excited
 * @property {Record<string, number>} action_units strengths, 0 to 1, by number
 */

/**
 * @typedef {object} ReadFace What is released of a face, as the service answers it.
 * @property {{x: number, y: number, width: number, height: number}} box
 * @property {number} score the detector's, 0 to 1
 * @property {number} roll degrees, clockwise, by which the face was turned; it is read upright
 * @property {Record<"left_eye" | "right_eye" | "nose" | "left_mouth" | "right_mouth", Place | null>} points
 *     left as on the face turned upright; keep them here, for they tell the shape of the face
 * @property {{label: string, probabilities: Record<string, number>}} emotion
 * @property {Expression | null} expression what the model reads beyond a word; null where it does not
 * @property {number[]} embedding noise included
 * @property {{name: string, version: string, level: string, prior: Prior}} model that read it
 * @property {Bounds | null} guarantee what is proved of the embedding; null for models without
 */

/**
 * @typedef {object} LoadOptions
 * @property {string | URL | {card: Card, graph: Uint8Array<ArrayBuffer>, verifier?: Verifier}} model
 *     address of a bundle's folder, which holds card.json and model.onnx, and verifier.json where
 *     pictures are compared; or its content
 * @property {string | URL | {near: Uint8Array<ArrayBuffer>, far: Uint8Array<ArrayBuffer>}} detector
 *     address of the folder that holds blazeface-short and yunet; or their graphs
 * @property {"kept" | "session" | CryptoKey} [key] of the noise: this browser's own, which it keeps;
 *     one that ends with the page; or the app's, for HMAC-SHA-256
 * @property {import("./runtime.js").Ort} [ort] ONNX Runtime; without it, `onnxruntime-web/wasm`
 * @property {string[]} [providers] of ONNX Runtime; without them, `["wasm"]`
 * @property {typeof globalThis.fetch} [fetch] for the files, for instance with a key
 */

/**
 * Loads the filter, once its files are the ones of the card, and compute here what the card says.
 *
 * @param {LoadOptions} options
 * @returns {Promise<Veil>}
 * @throws {import("./errors.js").DeviceError} a `LoadError`, `ComputesOtherwise` or `KeyNotKept`
 */
export async function load(options) {
  const { key = "kept", providers = ["wasm"], fetch = globalThis.fetch } = options;
  const [ort, { card, graph }, { near, far }] = await Promise.all([
    options.ort ?? import("onnxruntime-web/wasm"),
    bundle(options.model, fetch),
    detector(options.detector, fetch),
  ]);
  // The networks are too small to gain by threads, and only isolated pages have them.
  ort.env.wasm.numThreads = 1;
  const opened = [];
  for (const bytes of [graph, near, far]) opened.push(await openGraph(ort, bytes, providers));
  const filter = new PrivacyFilter(ort, opened[0], card);
  await filter.examine();
  const secret = key === "kept" ? await keptKey() : key === "session" ? await newKey() : key;
  const networks = { near: blazeface(ort, opened[1]), far: yunet(ort, opened[2]) };
  const noise = new ModelNoise(secret, card);
  const open = (/** @type {Uint8Array} */ bytes) => openGraph(ort, bytes, providers);
  const comparer = async () => {
    // Fetched again, for which browsers have a cache: nothing is kept for who compares nothing.
    const verifier = await verifierOf(options.model, fetch);
    return Comparer.opened(filter, noise, verifier, (await bundle(options.model, fetch)).graph, open);
  };
  return new Veil(filter, networks, noise, comparer);
}

/** Reads pictures. */
export class Veil {
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();
  #filter;
  #networks;
  #noise;
  #openComparer;

  /**
   * @param {PrivacyFilter} filter
   * @param {import("./vision/detect.js").Networks} networks
   * @param {ModelNoise} noise
   * @param {() => Promise<Comparer>} openComparer for each time that pictures are compared
   */
  constructor(filter, networks, noise, openComparer) {
    this.#filter = filter;
    this.#networks = networks;
    this.#noise = noise;
    this.#openComparer = openComparer;
  }

  /** The model's. */
  get card() {
    return this.#filter.card;
  }

  /**
   * Reads the faces of a picture. One picture after the other: calls that overlap wait.
   *
   * @param {Picture} picture
   * @param {object} [options]
   * @param {string} [options.level] of noise; without one, the card's
   * @param {Prior} [options.prior] "wild" if none is said
   * @param {"largest" | "all"} [options.faces] "largest" if none is said
   * @returns {Promise<ReadFace[]>} the largest first; none where no face is seen
   * @throws {import("./errors.js").DeviceError} an `UnknownChoice` or `NoPicture`
   */
  read(picture, { level, prior = "wild", faces = "largest" } = {}) {
    return this.#inTurn(() => this.#read(picture, level, prior, faces === "all"));
  }

  /**
   * Says how likely two faces are of one person: from what is released of them, and from what never
   * is, the undefended vectors, which are made for this alone.
   *
   * @param {[Picture, Picture]} pictures
   * @param {object} [options]
   * @param {string} [options.level] of noise; without one, the card's
   * @param {[number, number]} [options.faces] which of each picture, as `read` lists all of them;
   *     without it, the largest ones
   * @returns {Promise<Comparison | null>} null where one of the faces is not seen
   * @throws {import("./errors.js").DeviceError} a `LoadError` where the model has no verifier, an
   *     `UnknownChoice` or `NoPicture`
   */
  compare(pictures, { level, faces } = {}) {
    return this.#inTurn(() => this.#compare(pictures, level, faces));
  }

  /**
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  #inTurn(work) {
    const working = this.#last.then(work);
    this.#last = working.catch(() => undefined);
    return working;
  }

  /**
   * @param {[Picture, Picture]} pictures
   * @param {string | undefined} level
   * @param {[number, number] | undefined} faces
   * @returns {Promise<Comparison | null>}
   */
  async #compare(pictures, level, faces) {
    /** @type {Grey[]} */
    const crops = [];
    for (const [at, picture] of pictures.entries()) {
      const pixels = await pixelsOf(picture);
      const found = await findCrops(pixels, this.#networks, this.card.crop, faces !== undefined);
      const chosen = found[faces?.[at] ?? 0];
      if (!chosen) return null;
      crops.push(chosen.crop);
    }
    // Opened anew each time: a second network for good would cost more memory than that costs time.
    const comparer = await this.#openComparer();
    try {
      return await comparer.compare([crops[0], crops[1]], level);
    } finally {
      await comparer.release();
    }
  }

  /**
   * @param {Picture} picture
   * @param {string | undefined} asked
   * @param {Prior} prior
   * @param {boolean} all
   * @returns {Promise<ReadFace[]>}
   */
  async #read(picture, asked, prior, all) {
    const { card } = this;
    const level = levelOf(card, asked);
    const model = { name: card.name, version: card.version, level, prior };
    const pixels = await pixelsOf(picture);
    const read = [];
    for (const { crop, box, face } of await findCrops(pixels, this.#networks, card.crop, all)) {
      const noise = await this.#noise.draw(crop, level);
      const reading = await this.#filter.read(crop, noise, card.levels[level].sigma);
      const probabilities = withPrior(reading.emotion, card, prior);
      const best = probabilities.indexOf(Math.max(...probabilities));
      read.push({
        box,
        score: face.score,
        roll: rollOf(face),
        points: {
          left_eye: placeOf(face.leftEye),
          right_eye: placeOf(face.rightEye),
          nose: placeOf(face.features?.nose),
          left_mouth: placeOf(face.features?.leftMouth),
          right_mouth: placeOf(face.features?.rightMouth),
        },
        emotion: {
          label: card.labels[best],
          probabilities: Object.fromEntries(card.labels.map((name, at) => [name, probabilities[at]])),
        },
        expression: expressionOf(reading.expression, card),
        embedding: Array.from(reading.embedding),
        model,
        guarantee: card.guarantee?.levels[level] ?? null,
      });
    }
    return read;
  }
}

/**
 * @param {ArrayLike<number> | undefined} values valence, arousal and the card's action units
 * @param {Card} card
 * @returns {Expression | null}
 */
export function expressionOf(values, card) {
  if (!values || !card.expression) return null;
  const [valence, arousal, ...strengths] = Array.from(values);
  const units = card.expression.action_units.map((unit, at) => [`${unit}`, strengths[at]]);
  return { valence, arousal, action_units: Object.fromEntries(units) };
}

/**
 * @param {Point} [point]
 * @returns {Place | null}
 */
function placeOf(point) {
  return point ? { x: point[0], y: point[1] } : null;
}

/**
 * @param {LoadOptions["model"]} model
 * @param {typeof globalThis.fetch} fetch
 */
async function bundle(model, fetch) {
  const given = typeof model === "object" && "card" in model;
  /** @type {Card} */
  const card = given ? model.card : await fetchedJson(model, "card.json", fetch);
  const graph = given ? model.graph : await fetched(model, card.graph.file, fetch);
  return { card, graph: await verified(graph, card.graph.sha256, card.graph.file) };
}

/**
 * @param {LoadOptions["model"]} model
 * @param {typeof globalThis.fetch} fetch
 * @returns {Promise<Verifier>}
 */
async function verifierOf(model, fetch) {
  if (!(typeof model === "object" && "card" in model))
    return fetchedJson(model, "verifier.json", fetch);
  if (!model.verifier) throw new LoadError("The model has no verifier, so pictures are not compared.");
  return model.verifier;
}

/**
 * @param {LoadOptions["detector"]} detector
 * @param {typeof globalThis.fetch} fetch
 */
async function detector(detector, fetch) {
  const given = typeof detector === "object" && "near" in detector;
  const of = (/** @type {string} */ name) => `${name}/model.onnx`;
  const [near, far] = given
    ? [detector.near, detector.far]
    : await Promise.all(["blazeface-short", "yunet"].map((name) => fetched(detector, of(name), fetch)));
  return {
    near: await verified(near, DETECTOR_SHA256["blazeface-short"], of("blazeface-short")),
    far: await verified(far, DETECTOR_SHA256.yunet, of("yunet")),
  };
}

/**
 * @param {string | URL} folder
 * @param {string} name
 * @param {typeof globalThis.fetch} fetch
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
async function fetched(folder, name, fetch) {
  const address = `${folder}`.replace(/\/*$/, `/${name}`);
  /** @type {Response} */
  let response;
  try {
    response = await fetch(address);
  } catch (error) {
    throw new LoadError(`${address} cannot be reached: ${error}`);
  }
  if (!response.ok) throw new LoadError(`${address} answers ${response.status}.`);
  return new Uint8Array(await response.arrayBuffer());
}

/**
 * @param {string | URL} folder
 * @param {string} name
 * @param {typeof globalThis.fetch} fetch
 */
async function fetchedJson(folder, name, fetch) {
  const text = new TextDecoder().decode(await fetched(folder, name, fetch));
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new LoadError(`${folder} has no ${name} that could be read: ${error}`);
  }
}
