/**
 * FaceVeil on the device: the mood of a face and an anonymised embedding of it, read in the browser,
 * so that no picture leaves it.
 *
 *     import { load } from "@faceveil/device";
 *
 *     const veil = await load({ model: "/models/faceveil-int8/4.1.0", detector: "/models/detector" });
 *     for (const face of await veil.read(video, { level: "strict" })) console.log(face.emotion.label);
 */

export { load, Veil } from "./veil.js";
export { postFeatures } from "./features.js";
export * from "./errors.js";

/** @typedef {import("./card.js").Card} Card */
/** @typedef {import("./compare.js").Comparison} Comparison */
/** @typedef {import("./features.js").Feature} Feature */
/** @typedef {import("./pixels.js").PictureSource} PictureSource */
/** @typedef {import("./veil.js").LoadOptions} LoadOptions */
/** @typedef {import("./veil.js").ReadFace} ReadFace */
/** @typedef {import("./verifier.js").Verdict} Verdict */
/** @typedef {import("./verifier.js").Verifier} Verifier */
