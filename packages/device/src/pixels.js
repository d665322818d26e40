/** What an app has of a picture becomes its pixels. */

import { NoPicture } from "./errors.js";

/**
 * @typedef {ImageData | ImageBitmap | HTMLCanvasElement | OffscreenCanvas | HTMLImageElement |
 *     HTMLVideoElement | VideoFrame | Blob} PictureSource
 */

/**
 * @param {PictureSource | import("./vision/grey.js").Pixels} source
 * @returns {Promise<import("./vision/grey.js").Pixels>}
 * @throws {NoPicture} if it is none, or cannot be read
 */
export async function pixelsOf(source) {
  if ("data" in source) return source;
  if (source instanceof Blob) {
    const bitmap = await decoded(source);
    try {
      return drawn(bitmap, bitmap.width, bitmap.height);
    } finally {
      bitmap.close();
    }
  }
  if ("naturalWidth" in source) return drawn(source, source.naturalWidth, source.naturalHeight);
  if ("videoWidth" in source) return drawn(source, source.videoWidth, source.videoHeight);
  if ("displayWidth" in source) return drawn(source, source.displayWidth, source.displayHeight);
  return drawn(source, source.width, source.height);
}

/**
 * @param {Blob} file
 * @returns {Promise<ImageBitmap>}
 */
async function decoded(file) {
  try {
    // As the service reads it: upright, by the levels in the file, whatever its colour profile.
    return await createImageBitmap(file, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  } catch {
    throw new NoPicture("This browser cannot read the file as a picture.");
  }
}

/**
 * @param {CanvasImageSource} source
 * @param {number} width
 * @param {number} height
 * @returns {ImageData}
 */
function drawn(source, width, height) {
  if (!width || !height) throw new NoPicture("The picture has no pixels yet: wait until it is loaded.");
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new NoPicture("This browser draws no picture of that size. Scale it down.");
  context.drawImage(source, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}
