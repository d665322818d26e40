/** One try of a request: it is answered in time, body included, or what went wrong is told. */

import { TimedOut, Unreachable } from "./errors.js";

/**
 * Sends a request once. The time is for the whole answer; of one that is read as a stream, such as the
 * lines of a clip, for its beginning and then for each piece.
 *
 * @param {typeof globalThis.fetch} fetch
 * @param {Request} request
 * @param {number} timeout seconds
 * @param {boolean} streams whether its caller reads the body as a stream
 * @returns {Promise<Response>}
 * @throws {Unreachable | TimedOut} the body of a stream too, while it is read
 */
export async function once(fetch, request, timeout, streams) {
  const late = new AbortController();
  const signal = AbortSignal.any([request.signal, late.signal]);
  /** @type {InTime} */
  const inTime = async (step) => {
    const timer = setTimeout(() => late.abort(), 1000 * timeout);
    try {
      return await step();
    } catch (error) {
      request.signal.throwIfAborted();
      if (late.signal.aborted)
        throw new TimedOut(`${request.url} did not answer in ${timeout} seconds.`, { cause: error });
      throw new Unreachable(`${request.url} cannot be reached: ${error}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  };
  return inTime(async () => {
    const answer = await fetch(request.clone(), { signal });
    if (!answer.body) return answer;
    const body = streams && answer.ok ? pieces(answer.body, inTime) : await answer.arrayBuffer();
    const same = new Response(body, answer);
    return Object.defineProperty(same, "url", { value: answer.url });
  });
}

/** @typedef {<T>(step: () => Promise<T>) => Promise<T>} InTime waits for a step as long as it may take */

/**
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 * @param {InTime} inTime
 * @returns {ReadableStream<Uint8Array<ArrayBuffer>>}
 */
function pieces(body, inTime) {
  const reader = body.getReader();
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await inTime(() => reader.read());
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 }, // no piece is waited for before it is wanted
  );
}
