/** Faces that move: frames go out over a WebSocket, and what is read of them comes back. */

import { StreamEnded } from "./errors.js";

/** @typedef {import("./schema.js").components["schemas"]} Schemas */

/**
 * @typedef {object} StreamOptions As in docs/streams.md.
 * @property {string} [level]
 * @property {"wild" | "even"} [prior]
 * @property {number} [limit] faces of a frame at most
 * @property {number} [min_score]
 * @property {number} [min_size]
 * @property {number} [max_yaw]
 * @property {boolean} [small] whether small faces are looked for too
 * @property {number} [vectors] embeddings of a track at most; 0 for moods alone
 */

/**
 * @typedef {object} Opened
 * @property {"opened"} type
 * @property {Schemas["ModelUsed"]} model
 * @property {number} vectors embeddings that are released of a track at most
 * @property {boolean} proved whether anything is proved of them
 * @property {number} seconds after which the stream ends
 */

/**
 * @typedef {object} StreamFace
 * @property {number} track its number, as long as it is seen
 * @property {number} since when the track began, in seconds of the stream
 * @property {Schemas["FaceBox"]} box
 * @property {number} score
 * @property {number} roll
 * @property {number | null} yaw
 * @property {number | null} pitch
 * @property {Schemas["Quality"]} quality
 * @property {Schemas["Emotion"]} emotion as this frame alone tells it
 * @property {Schemas["Expression"]} [expression] the same beyond a word, where the model tells it
 * @property {{label: string, intensity: number, onset: number, began: boolean}} mood over time
 * @property {number[] | null} embedding with the first frame of a standard expression
 * @property {{vectors: number, mu: number | null, named: Record<string, number> | null}} released
 */

/**
 * @typedef {object} FrameRead
 * @property {"frame"} type
 * @property {number} frame its number, from 1
 * @property {number} at seconds of the stream
 * @property {number} dropped frames so far that a newer one replaced unread
 * @property {Schemas["ImageSize"]} image
 * @property {number} found
 * @property {StreamFace[]} faces
 * @property {number[]} ended tracks that are no more
 */

/**
 * @typedef {object} FrameRefused
 * @property {"refused"} type
 * @property {number} frame
 * @property {number} at
 * @property {number} dropped
 * @property {Schemas["ProblemDetails"]} error
 */

/**
 * @typedef {object} Ended
 * @property {"ended"} type
 * @property {number} frames that were read
 * @property {number} dropped
 * @property {number} seconds
 * @property {number} tracks
 * @property {number} released embeddings
 * @property {Record<string, number>} moods seconds by mood, of all tracks together
 */

/** @typedef {Opened | FrameRead | FrameRefused | Ended} Told */

/** @typedef {Blob | ArrayBuffer | Uint8Array<ArrayBuffer>} Frame a picture file */

/**
 * Sends frames and yields what the server tells, the summary last. A frame is taken from its source
 * once the last one is answered: so each of a clip is read, and a camera gives its newest.
 *
 * @param {string | URL} address of the server, as for pictures
 * @param {string | undefined} key or token
 * @param {AsyncIterable<Frame> | Iterable<Frame>} frames
 * @param {StreamOptions} options
 * @param {typeof globalThis.WebSocket} Socket
 * @returns {AsyncGenerator<Told, void, undefined>}
 * @throws {StreamEnded} if it does not open, or ends before its summary
 */
export async function* streamed(address, key, frames, options, Socket) {
  const url = new URL(`${address}`.replace(/\/*$/, "/v1/stream"));
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  for (const [name, value] of Object.entries(options))
    if (value !== undefined) url.searchParams.set(name, `${value}`);
  const socket = new Socket(url, key ? ["faceveil", `bearer.${key}`] : []);
  const inbox = new Inbox(socket);
  try {
    yield await inbox.next();
    for await (const frame of frames) {
      socket.send(frame);
      const told = await inbox.next();
      yield told;
      if (told.type === "ended") return; // the server's time for it is over
    }
    socket.send("end");
    yield await inbox.next();
  } finally {
    socket.close();
  }
}

/** Messages of a socket, to be taken one after the other. */
class Inbox {
  /** @type {Told[]} */
  #waiting = [];
  /** @type {StreamEnded | undefined} */
  #ended;
  #wake = () => {};
  #opened = false;

  /** @param {WebSocket} socket */
  constructor(socket) {
    socket.onopen = () => (this.#opened = true);
    socket.onmessage = ({ data }) => {
      this.#waiting.push(JSON.parse(data));
      this.#wake();
    };
    socket.onclose = ({ code, reason }) => this.#end(code, reason);
    socket.onerror = () => this.#end(1006, ""); // Node 20 tells of no close then
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #end(code, reason) {
    const words = this.#opened
      ? `The stream ended: ${reason || "the connection broke"}.`
      : "The stream did not open: check the address, the key and its scope `anonymize`, and " +
        "whether as many streams run as may.";
    this.#ended ??= new StreamEnded(words, code);
    this.#wake();
  }

  /**
   * @returns {Promise<Told>}
   * @throws {StreamEnded} if there is none to come
   */
  async next() {
    while (!this.#waiting.length) {
      if (this.#ended) throw this.#ended;
      await new Promise((resolve) => (this.#wake = () => resolve(undefined)));
    }
    return /** @type {Told} */ (this.#waiting.shift());
  }
}
