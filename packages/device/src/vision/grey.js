/** The pixels of a picture become grey levels of a working size: `faceveil/vision/decode.py`. */

import { blank, reduce } from "./image.js";

/** @typedef {import("./image.js").Grey} Grey */

const WORKING_SIDE = 1000;
const PANORAMA = 3;
const LONGEST_PANORAMA = 4;

/**
 * @typedef {object} Pixels As `ImageData` has them.
 * @property {number} width
 * @property {number} height
 * @property {Uint8ClampedArray | Uint8Array} data red, green, blue and opacity, a byte each
 */

/**
 * @typedef {object} Picture
 * @property {Grey} grey at working size
 * @property {number} width of the original, in pixels
 * @property {number} height of it
 * @property {number} scale pixels of the original for one working pixel, at least 1
 */

/**
 * Grey levels as the service makes them: ITU-R 601 luma, in 16-bit integers, before a white page.
 *
 * @param {Pixels} pixels
 * @returns {Picture}
 */
export function pictureOf({ width, height, data }) {
  let grey = blank(width, height);
  for (let at = 0, from = 0; at < grey.data.length; at++, from += 4) {
    const luma = (19595 * data[from] + 38470 * data[from + 1] + 7471 * data[from + 2] + 32768) >> 16;
    const opacity = data[from + 3];
    grey.data[at] = opacity === 255 ? luma : over(luma, opacity);
  }
  const factor = Math.floor(counted(width, height) / WORKING_SIDE);
  if (factor >= 2) grey = reduce(grey, factor);
  const scale = Math.max(width, height) / Math.max(grey.width, grey.height);
  return { grey, width, height, scale };
}

/**
 * @param {number} level
 * @param {number} opacity
 */
function over(level, opacity) {
  const sum = level * opacity + 255 * (255 - opacity) + 128;
  return ((sum >> 8) + sum) >> 8;
}

/**
 * The longer side as it counts for the working size.
 *
 * @param {number} width
 * @param {number} height
 */
function counted(width, height) {
  const [longer, shorter] = [Math.max(width, height), Math.min(width, height)];
  return Math.max(Math.min(longer, PANORAMA * shorter), Math.floor(longer / LONGEST_PANORAMA));
}
