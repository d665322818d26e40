/** `FaceVeil`: a server, as an app sees it. */

import createClient from "openapi-fetch";

import { AuditEnded, UnexpectedAnswer, refusalOf } from "./errors.js";
import { retrying } from "./retries.js";
import { streamed } from "./stream.js";

/** @typedef {import("./schema.js").components["schemas"]} Schemas */
/** @typedef {import("./schema.js").operations} Operations */
/** @typedef {import("./schema.js").paths} Paths */
/** @typedef {Schemas["AnonymizedImage"]} AnonymizedImage */
/** @typedef {Blob | ArrayBuffer | Uint8Array<ArrayBuffer>} Picture the bytes of an image file */

/**
 * @typedef {object} FaceVeilOptions
 * @property {string | URL} [url] of the server; without it, the one on this machine
 * @property {string} [key] or a token; a page has tokens only, for all can read what it holds
 * @property {Partial<import("./retries.js").Retries>} [retries] 4 after the first, of 30 s at most
 * @property {number} [timeout] seconds that one try may take, 60 if none are said; of an answer that is
 *     read as a stream, its beginning and then each piece
 * @property {typeof globalThis.fetch} [fetch]
 * @property {typeof globalThis.WebSocket} [WebSocket] where there is none, as in Node 20
 */

/** @typedef {NonNullable<Operations["anonymize"]["parameters"]["query"]>} AnonymizeQuery */

/** @typedef {Omit<AnonymizeQuery, "store" | "embedding_format">} Reading how a picture is read */

/**
 * @typedef {object} Keeping
 * @property {string} [session] what was taken in one go; it is stored as it is: no name
 * @property {Date} [capturedAt] when the picture was taken; without it, now
 * @property {string} [idempotencyKey] by which a repeat is known for a day; without one, a new one
 */

/** A server. Its methods throw a `FaceVeilError`; of a refusal, a `Problem`. */
export class FaceVeil {
  #url;
  #key;
  #options;

  /** @param {FaceVeilOptions} [options] */
  constructor(options = {}) {
    const { url = "http://127.0.0.1:8000", key, timeout = 60 } = options;
    this.#url = `${url}`.replace(/\/*$/, "");
    this.#key = key;
    this.#options = options;
    const retries = { most: 4, longestWait: 30, ...options.retries };
    const readAsStream = new WeakSet();
    const streams = (/** @type {Request} */ request) => readAsStream.has(request);
    /** Every operation of the API, typed; refusals come as `error`, and are not thrown. */
    this.api = /** @type {import("openapi-fetch").Client<Paths>} */ (
      createClient({
        baseUrl: this.#url,
        headers: key ? { Authorization: `Bearer ${key}` } : {},
        fetch: retrying(options.fetch ?? globalThis.fetch, retries, timeout, streams),
      })
    );
    this.api.use({
      onRequest({ request, options: { parseAs } }) {
        if (parseAs === "stream") readAsStream.add(request);
      },
    });
  }

  /**
   * Reads the mood and the anonymised embedding of the faces in a picture. The name of a file is not
   * sent: it may say who is in it.
   *
   * @param {Picture} picture
   * @param {Reading} [reading]
   * @returns {Promise<AnonymizedImage>}
   */
  async anonymize(picture, reading = {}) {
    return this.#read(picture, reading, {}, {});
  }

  /**
   * Reads the largest face and stores its embedding and mood; never the picture.
   *
   * @param {Picture} picture
   * @param {string} subject the app's own name for the person; the server stores a keyed hash of it
   * @param {Keeping & Omit<Reading, "limit">} [options]
   * @returns {Promise<AnonymizedImage>} with the `feature_id` of what was stored
   */
  async store(picture, subject, { session, capturedAt, idempotencyKey, ...reading } = {}) {
    const fields = { subject, session, captured_at: capturedAt?.toISOString() };
    return this.#read(picture, { ...reading, store: true }, fields, fresh(idempotencyKey));
  }

  /**
   * @param {Picture} picture
   * @param {AnonymizeQuery} query
   * @param {Record<string, string | undefined>} fields
   * @param {Record<string, string>} header
   */
  async #read(picture, query, fields, header) {
    const form = new FormData();
    form.append("image", new Blob([picture]), "image");
    for (const [name, value] of Object.entries(fields))
      if (value !== undefined) form.append(name, value);
    return given(
      this.api.POST("/v1/anonymize", {
        params: { query, header },
        body: { image: "" },
        bodySerializer: () => form,
      }),
    );
  }

  /**
   * How much is stored of a person, and under which pseudonym.
   *
   * @param {string} subject
   */
  async lookUpSubject(subject) {
    return given(this.api.POST("/v1/subjects/lookup", { body: { subject } }));
  }

  /**
   * Erases all that is stored of a person.
   *
   * @param {string} subject
   * @param {{idempotencyKey?: string}} [options]
   * @returns {Promise<Schemas["Receipt"]>}
   */
  async eraseSubject(subject, { idempotencyKey } = {}) {
    const header = fresh(idempotencyKey);
    return given(this.api.POST("/v1/subjects/erase", { params: { header }, body: { subject } }));
  }

  /**
   * What is stored, oldest first, page by page.
   *
   * @param {NonNullable<Operations["listFeatures"]["parameters"]["query"]>} [query]
   * @returns {AsyncGenerator<Schemas["StoredFeature"], void, undefined>}
   */
  async *features(query = {}) {
    let cursor = query.cursor;
    do {
      const page = await given(this.api.GET("/v1/features", { params: { query: { ...query, cursor } } }));
      yield* page.features;
      cursor = page.next ?? undefined;
    } while (cursor);
  }

  /**
   * Asks for an audit of what is stored; `waitForAudit` waits for its result.
   *
   * @param {Operations["createAudit"]["requestBody"]["content"]["application/json"]} body
   * @param {{idempotencyKey?: string}} [options]
   */
  async createAudit(body, { idempotencyKey } = {}) {
    return given(
      this.api.POST("/v1/audits", { params: { header: fresh(idempotencyKey) }, body }),
    );
  }

  /**
   * @param {string} id of an audit
   * @param {object} [options]
   * @param {number} [options.every] seconds between two looks
   * @param {AbortSignal} [options.signal] stops the waiting, not the audit
   * @param {(progress: Schemas["Progress"] | null | undefined) => void} [options.onProgress]
   * @throws {AuditEnded} if it fails
   */
  async waitForAudit(id, { every = 1, signal, onProgress } = {}) {
    for (;;) {
      const params = { path: { id } };
      const audit = await given(this.api.GET("/v1/audits/{id}", { params, signal }));
      onProgress?.(audit.progress);
      if (audit.state === "done") return audit;
      if (audit.state !== "queued" && audit.state !== "running")
        throw new AuditEnded(`The audit ${audit.state}: ${audit.failure ?? "no reason is told"}.`);
      await new Promise((resolve) => setTimeout(resolve, 1000 * every));
      signal?.throwIfAborted();
    }
  }

  /** The installed models, with what each may be used for. */
  async models() {
    return (await given(this.api.GET("/v1/models", {}))).models;
  }

  /**
   * Follows the faces of a camera or a clip.
   *
   *     for await (const told of server.stream(frames))
   *       if (told.type === "frame") for (const face of told.faces) show(face.mood);
   *
   * @param {AsyncIterable<Picture> | Iterable<Picture>} frames picture files, 2 MB each at most
   * @param {import("./stream.js").StreamOptions} [options]
   * @returns {AsyncGenerator<import("./stream.js").Told, void, undefined>} the summary last
   */
  stream(frames, options = {}) {
    const Socket = this.#options.WebSocket ?? globalThis.WebSocket;
    if (!Socket) throw new TypeError("There is no WebSocket here: pass one, as in {WebSocket}.");
    return streamed(this.#url, this.#key, frames, options, Socket);
  }
}

/**
 * @template T
 * @param {Promise<{data?: T, error?: unknown, response: Response}>} answer
 * @returns {Promise<NonNullable<T>>}
 */
async function given(answer) {
  const { data, error, response } = await answer.catch((problem) => {
    if (!(problem instanceof SyntaxError)) throw problem;
    throw new UnexpectedAnswer(
      "The answer is no JSON, as FaceVeil's are. Check the address, and what is on the way.",
      { cause: problem },
    );
  });
  if (!response.ok || data === undefined || data === null) throw refusalOf(response, error);
  return data;
}

/**
 * @param {string} [key]
 * @returns {{"Idempotency-Key": string}}
 */
function fresh(key) {
  return { "Idempotency-Key": key ?? crypto.randomUUID() };
}
