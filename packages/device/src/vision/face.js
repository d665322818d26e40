/** What the steps of the vision path hand to each other. */

/** @typedef {import("./image.js").Point} Point */

/**
 * @typedef {object} Box A rectangle in pixels of the picture; may reach beyond its edge.
 * @property {number} x of its left edge
 * @property {number} y of its top edge
 * @property {number} width
 * @property {number} height
 */

/**
 * @typedef {object} Features
 * @property {Point} nose
 * @property {Point} leftMouth
 * @property {Point} rightMouth
 */

/**
 * @typedef {object} Face One detected face; left is what appears on the left once it is upright.
 * @property {Box} box
 * @property {number} score the detector's confidence, 0 to 1
 * @property {Point} leftEye
 * @property {Point} rightEye
 * @property {Features | null} features
 * @property {boolean} agreed whether both networks see a face here
 */

/**
 * @param {Box} box
 * @returns {Point}
 */
export function centreOf({ x, y, width, height }) {
  return [x + width / 2, y + height / 2];
}

/**
 * Degrees, clockwise, by which the line through its eyes is turned.
 *
 * @param {Face} face
 * @returns {number}
 */
export function rollOf({ leftEye, rightEye }) {
  return degrees(Math.atan2(rightEye[1] - leftEye[1], rightEye[0] - leftEye[0]));
}

/**
 * @param {number} radians
 * @returns {number}
 */
function degrees(radians) {
  return radians * (180 / Math.PI);
}

/**
 * The same angle, -180 to 180.
 *
 * @param {number} angle degrees
 * @returns {number}
 */
export function wrapped(angle) {
  return ((((angle + 180) % 360) + 360) % 360) - 180;
}

/**
 * The same face in another picture.
 *
 * @param {Face} face
 * @param {(at: Point) => Point} to where a point lies there
 * @param {number} scale
 * @returns {Face}
 */
export function moved(face, to, scale) {
  const [x, y] = to(centreOf(face.box));
  const [width, height] = [face.box.width * scale, face.box.height * scale];
  const parts = face.features;
  return {
    ...face,
    box: { x: x - width / 2, y: y - height / 2, width, height },
    leftEye: to(face.leftEye),
    rightEye: to(face.rightEye),
    features: parts && {
      nose: to(parts.nose),
      leftMouth: to(parts.leftMouth),
      rightMouth: to(parts.rightMouth),
    },
  };
}
