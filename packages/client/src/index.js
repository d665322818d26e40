/**
 * A client of FaceVeil, which reads the mood of a face and withholds whose face it is.
 *
 *     import { FaceVeil, Problem } from "@faceveil/client";
 *
 *     const server = new FaceVeil({ url: "http://127.0.0.1:8000", key: "fv_..." });
 *     const { faces } = await server.anonymize(blob, { faces: "all" });
 */

export { FaceVeil } from "./client.js";
export * from "./errors.js";

/** @typedef {import("./client.js").AnonymizedImage} AnonymizedImage */
/** @typedef {import("./client.js").Schemas["Audit"]} Audit */
/** @typedef {import("./client.js").Schemas["AuditResult"]} AuditResult */
/** @typedef {import("./client.js").Schemas["Card"]} Card of a model, whole */
/** @typedef {import("./client.js").FaceVeilOptions} FaceVeilOptions */
/** @typedef {import("./client.js").Picture} Picture */
/** @typedef {import("./client.js").Reading} Reading */
/** @typedef {import("./stream.js").StreamOptions} StreamOptions */
/** @typedef {import("./stream.js").Told} Told */
