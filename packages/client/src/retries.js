/** Sends a request again that a server was too busy for, or that broke on the way. */

import { Unreachable, retryAfter } from "./errors.js";
import { once } from "./trying.js";

/** Statuses of a server, or of a proxy before it, that may answer in a moment. */
const PASSING = new Set([429, 502, 503, 504]);

/**
 * @typedef {object} Retries
 * @property {number} most tries after the first
 * @property {number} longestWait seconds; where the server wants more, its refusal is thrown at once
 */

/**
 * A `fetch` that tries again. Nothing is done twice that carries an Idempotency-Key.
 *
 * @param {typeof globalThis.fetch} fetch
 * @param {Retries} retries
 * @param {number} timeout seconds that one try may take
 * @param {(request: Request) => boolean} streams whether its caller reads the body as a stream
 * @returns {(request: Request) => Promise<Response>}
 * @throws {Unreachable | import("./errors.js").TimedOut}
 */
export function retrying(fetch, retries, timeout, streams) {
  return async (request) => {
    for (let tries = 1; ; tries++) {
      /** @type {Response | Unreachable} */
      let answer;
      try {
        answer = await once(fetch, request, timeout, streams(request));
        if (!PASSING.has(answer.status)) return answer;
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
        answer = error;
      }
      const told = answer instanceof Response ? retryAfter(answer) : undefined;
      // Up to half fewer seconds, so that clients who failed together do not come back together.
      const wait = told ?? 0.25 * 2 ** tries * (0.5 + Math.random() / 2);
      if (tries > retries.most || wait > retries.longestWait) {
        if (answer instanceof Response) return answer;
        throw answer;
      }
      await new Promise((resolve) => setTimeout(resolve, 1000 * wait));
      request.signal.throwIfAborted();
    }
  };
}
