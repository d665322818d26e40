/** What can go wrong. All are one tree: `catch (error) { if (error instanceof FaceVeilError) ... }` */

/** Every refusal that the server knows, as the end of its `type`. */
export const KINDS = /** @type {const} */ ([
  "body-timeout",
  "body-too-large",
  "clip-too-costly",
  "clip-too-large",
  "forbidden",
  "internal-error",
  "invalid-parameters",
  "key-reused",
  "level-too-loose",
  "malformed-request",
  "no-face",
  "not-aligned",
  "not-finished",
  "not-installed",
  "not-ready",
  "overloaded",
  "picture-too-costly",
  "picture-too-large",
  "rate-exceeded",
  "several-faces",
  "storage-off",
  "store-busy",
  "unauthorized",
  "unfit-features",
  "unfit-pseudonym",
  "unknown-audit",
  "unknown-feature",
  "unknown-model",
  "unknown-receipt",
  "unreadable-clip",
  "unreadable-image",
  "unsupported-content-type",
  "worker-lost",
]);

/** @typedef {(typeof KINDS)[number]} Kind */

/** @typedef {import("./schema.js").components["schemas"]["ProblemDetails"]} ProblemDetails */

const PREFIX = "urn:faceveil:problem:";

/** Anything that a call of this client throws. */
export class FaceVeilError extends Error {
  /**
   * @param {string} message
   * @param {ErrorOptions} [options]
   */
  constructor(message, options) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The server cannot be reached, or the connection broke. */
export class Unreachable extends FaceVeilError {}

/** No answer came in time. It is not asked again: a slow server would have it twice. */
export class TimedOut extends FaceVeilError {}

/** What answers is no FaceVeil server: check the address, and what is on the way. */
export class UnexpectedAnswer extends FaceVeilError {}

/** The audit failed or was stopped. */
export class AuditEnded extends FaceVeilError {}

/** A stream did not open, or ended before its summary. */
export class StreamEnded extends FaceVeilError {
  /**
   * @param {string} message
   * @param {number} code of the WebSocket: 1008 if the key ended or nothing came, 1009 for a frame
   *     too large, 1012 if the server stops, 1006 if it never opened
   */
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

/** The server refused the request (RFC 9457); show people `detail`, and let code rely on `kind`. */
export class Problem extends FaceVeilError {
  /**
   * @param {ProblemDetails} details the answer's body
   * @param {number} [retryAfter] seconds to wait before the next try, where the server says so
   */
  constructor(details, retryAfter) {
    const fields = (details.errors ?? []).map(({ field, message }) => ` ${field}: ${message}`);
    super(`${details.detail}${fields.join("")} (request ${details.request_id})`);
    this.details = details;
    this.retryAfter = retryAfter;
  }

  /** Status code of HTTP. */
  get status() {
    return this.details.status;
  }

  /** What to do, for people. */
  get detail() {
    return this.details.detail;
  }

  /**
   * Which refusal it is, as in `no-face`; a newer server may know others.
   *
   * @returns {Kind | (string & {})}
   */
  get kind() {
    return this.details.type.slice(PREFIX.length);
  }
}

/**
 * The error of an answer that is no success.
 *
 * @param {Response} response
 * @param {unknown} body its JSON, or undefined where it is none
 * @returns {Problem | UnexpectedAnswer}
 */
export function refusalOf(response, body) {
  if (isProblem(body)) return new Problem(body, retryAfter(response));
  return new UnexpectedAnswer(
    `Status ${response.status} with ${response.headers.get("Content-Type") ?? "no content type"}: ` +
      "FaceVeil's refusals are problem+json. Check the address, and what is on the way.",
  );
}

/**
 * @param {Response} response
 * @returns {number | undefined} seconds
 */
export function retryAfter(response) {
  const told = response.headers.get("Retry-After");
  return told !== null && /^\d+$/.test(told) ? Number(told) : undefined;
}

/**
 * @param {unknown} body
 * @returns {body is ProblemDetails}
 */
function isProblem(body) {
  if (typeof body !== "object" || body === null || !("type" in body)) return false;
  return typeof body.type === "string" && body.type.startsWith(PREFIX);
}
