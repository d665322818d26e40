/** The pixels of a picture become aligned face crops: `faceveil/vision/crops.py`. */

import { align } from "./align.js";
import { findFaces } from "./detect.js";
import { moved } from "./face.js";
import { pictureOf } from "./grey.js";

/** @typedef {import("./face.js").Box} Box */
/** @typedef {import("./face.js").Face} Face */
/** @typedef {import("./image.js").Grey} Grey */

/**
 * @typedef {object} Cropped A face, cut out.
 * @property {Grey} crop the face upright in it
 * @property {Box} box where it is in the picture, in its pixels, within its edges
 * @property {Face} face as it was seen, in pixels of the picture
 */

/**
 * Finds the faces of a picture and aligns them.
 *
 * @param {import("./grey.js").Pixels} pixels
 * @param {import("./detect.js").Networks} networks
 * @param {import("./align.js").CropGeometry} geometry
 * @param {boolean} all or the largest alone, for which less is looked at
 * @returns {Promise<Cropped[]>} the largest first; none where no face is seen
 */
export async function findCrops(pixels, networks, geometry, all) {
  const { grey, scale, width, height } = pictureOf(pixels);
  const faces = await findFaces(grey, networks, all);
  return faces.slice(0, all ? undefined : 1).map((face) => {
    const original = moved(face, ([x, y]) => [x * scale, y * scale], scale);
    const crop = align(grey, face.leftEye, face.rightEye, geometry);
    return { crop, box: within(original.box, width, height), face: original };
  });
}

/**
 * @param {Box} box
 * @param {number} width of the picture
 * @param {number} height
 * @returns {Box}
 */
function within(box, width, height) {
  const left = Math.min(Math.max(box.x, 0), width);
  const top = Math.min(Math.max(box.y, 0), height);
  const right = Math.min(Math.max(box.x + box.width, left), width);
  const bottom = Math.min(Math.max(box.y + box.height, top), height);
  return { x: left, y: top, width: right - left, height: bottom - top };
}
