/** What was read on the device goes to a server, so that it can be audited; pictures never do. */

import { Refused } from "./errors.js";

/** @typedef {import("./veil.js").ReadFace} ReadFace */

/**
 * @typedef {object} Feature
 * @property {ReadFace} face as `read` answered it
 * @property {string} subject the app's own name for the person; the server keeps a keyed hash of it
 * @property {string} [session] what was taken in one go; it is stored as it is: no name
 * @property {Date} [capturedAt] when the picture was taken; without it, now
 */

/**
 * Sends embeddings and emotions to a server's `POST /v1/features`: all are stored, or none. Boxes,
 * points and probabilities stay here.
 *
 * @param {Feature[]} features read by one model at one level
 * @param {object} server
 * @param {string | URL} server.url
 * @param {string} [server.key] with the scope `features:write`
 * @param {typeof globalThis.fetch} [server.fetch]
 * @param {string} [server.idempotencyKey] by which a repeat is known for a day
 * @returns {Promise<string[]>} the features' ids on the server, in their order
 * @throws {Refused} if the server does not take them
 */
export async function postFeatures(features, server) {
  const { url, key, fetch = globalThis.fetch, idempotencyKey = crypto.randomUUID() } = server;
  if (!features.length) return [];
  const { name, version, level } = features[0].face.model;
  const others = features.some(
    ({ face: { model } }) =>
      model.name !== name || model.version !== version || model.level !== level,
  );
  if (others) throw new RangeError("Send what several models or levels read in as many requests.");
  const response = await fetch(`${url}`.replace(/\/*$/, "/v1/features"), {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "Idempotency-Key": idempotencyKey,
      ...(key && { Authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify({
      model: name,
      version,
      level,
      features: features.map(({ face, subject, session, capturedAt }) => ({
        embedding: face.embedding,
        emotion: face.emotion.label,
        subject,
        session,
        captured_at: capturedAt?.toISOString(),
      })),
    }),
  });
  const told = await response.json().catch(() => ({}));
  if (!response.ok) {
    const detail = told.detail ?? `The server answers ${response.status}.`;
    throw new Refused(detail, response.status, told.type ?? "about:blank");
  }
  return told.ids;
}
