/** A face in a picture becomes a standard crop: `faceveil/vision/align.py`. */

import { cut, reduce, transform } from "./image.js";

/** @typedef {import("./image.js").Grey} Grey */
/** @typedef {import("./image.js").Point} Point */

/**
 * @typedef {object} CropGeometry Where the eyes lie, as fractions of the crop's width and height.
 * @property {number} width in pixels
 * @property {number} height
 * @property {Point} left_eye
 * @property {Point} right_eye
 */

/**
 * Cuts out the crop that the eyes define, by a similarity transform.
 *
 * @param {Grey} picture
 * @param {Point} leftEye in its pixels
 * @param {Point} rightEye
 * @param {CropGeometry} geometry
 * @returns {Grey}
 */
export function align(picture, leftEye, rightEye, geometry) {
  const { width, height } = geometry;
  const eye = [geometry.left_eye[0] * width, geometry.left_eye[1] * height];
  const crop = [geometry.right_eye[0] * width - eye[0], geometry.right_eye[1] * height - eye[1]];
  const along = [rightEye[0] - leftEye[0], rightEye[1] - leftEye[1]];

  // The similarity from crop to picture as a complex number, along / crop.
  const [real, imaginary] = quotient(along, crop);
  const shiftX = leftEye[0] - (real * eye[0] - imaginary * eye[1]);
  const shiftY = leftEye[1] - (imaginary * eye[0] + real * eye[1]);

  const corners = [[0, 0], [width, 0], [0, height], [width, height]];
  const xs = corners.map(([x, y]) => real * x - imaginary * y + shiftX);
  const ys = corners.map(([x, y]) => imaginary * x + real * y + shiftY);
  const factor = Math.max(1, Math.trunc(Math.hypot(real, imaginary)));
  const margin = 2 * factor;
  const left = Math.floor(Math.min(...xs)) - margin;
  const top = Math.floor(Math.min(...ys)) - margin;
  const right = Math.ceil(Math.max(...xs)) + margin;
  const bottom = Math.ceil(Math.max(...ys)) + margin;
  let region = cut(picture, [left, top, right, bottom]);
  if (factor > 1) region = reduce(region, factor);

  const [a, b] = [real / factor, imaginary / factor];
  const [c, f] = [(shiftX - left) / factor, (shiftY - top) / factor];
  return transform(region, width, height, [a, -b, c, b, a, f]);
}

/**
 * The quotient of two complex numbers, by Smith's method, as Python divides them.
 *
 * @param {number[]} one
 * @param {number[]} other
 * @returns {[number, number]}
 */
function quotient([a, b], [c, d]) {
  if (Math.abs(c) >= Math.abs(d)) {
    const ratio = d / c;
    const whole = c + d * ratio;
    return [(a + b * ratio) / whole, (b - a * ratio) / whole];
  }
  const ratio = c / d;
  const whole = c * ratio + d;
  return [(a * ratio + b) / whole, (b * ratio - a) / whole];
}
