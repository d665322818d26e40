/** BlazeFace: sees a face that fills a good part of a square: `faceveil/vision/blazeface.py`. */

import { mirrored as mirror } from "./image.js";
import { SAME_BY_UNION, nearest, shareOfUnion } from "./overlap.js";
import { shownIn } from "./windows.js";

/** @typedef {import("./face.js").Face} Face */
/** @typedef {import("./image.js").Grey} Grey */
/** @typedef {import("./image.js").Point} Point */
/** @typedef {import("./windows.js").Window} Window */

export const SIDE = 128;
/** Side of a face's own window, in sides of its box. */
export const MARGIN = 2;
const PROPOSE = 0.5;
const VOTE = 0.25;
/** Key points of an anchor, of which the first two are the eyes. */
const KEYPOINTS = 6;

/**
 * @typedef {object} Predictions of the anchors, in pixels of what was shown
 * @property {Float32Array} scores one each
 * @property {Float32Array} boxes centre x, centre y, width, height
 * @property {Float32Array} keypoints x and y of KEYPOINTS
 */

/** @typedef {(shown: Grey) => Promise<Predictions>} Network sees SIDE x SIDE pixels */

/**
 * The faces in what is seen through a window, in pixels of the picture, surest first.
 *
 * @param {Grey} shown
 * @param {Window} window
 * @param {Network} network
 * @returns {Promise<Face[]>}
 */
export async function look(shown, window, network) {
  return facesOf(await network(shown)).map((face) => shownIn(window, face, SIDE));
}

/**
 * The face in the middle of its own window, averaged over the view and its mirror image; null if it
 * is not seen both times.
 *
 * @param {Grey} shown
 * @param {Window} window MARGIN times as wide as the face
 * @param {Network} network
 * @returns {Promise<Face | null>}
 */
export async function lookClosely(shown, window, network) {
  const half = SIDE / MARGIN;
  const edge = (SIDE - half) / 2;
  const middle = { x: edge, y: edge, width: half, height: half };
  const face = nearest(middle, facesOf(await network(shown)));
  if (face === null) return null;
  const flipped = facesOf(await network(mirror(shown)));
  const twin = nearest(face.box, flipped.map(mirrored));
  return twin && shownIn(window, average(face, twin), SIDE);
}

/**
 * Blends overlapping predictions into faces, in pixels of what was shown, surest first.
 *
 * @param {Predictions} predictions
 * @returns {Face[]}
 */
export function facesOf({ scores, boxes, keypoints }) {
  const box = (/** @type {number} */ anchor) => {
    const [x, y, width, height] = boxes.subarray(4 * anchor, 4 * anchor + 4);
    return { x: x - width / 2, y: y - height / 2, width, height };
  };
  let order = [...scores.keys()]
    .filter((at) => scores[at] >= VOTE && boxes[4 * at + 2] > 0 && boxes[4 * at + 3] > 0)
    .sort((a, b) => scores[b] - scores[a]);
  const faces = [];
  while (order.length && scores[order[0]] >= PROPOSE) {
    const surest = box(order[0]);
    const same = order.map((at, i) => i === 0 || shareOfUnion(surest, box(at)) >= SAME_BY_UNION);
    const voters = order.filter((_, i) => same[i]);
    const weight = voters.reduce((sum, at) => sum + scores[at], 0);
    const blend = (/** @type {(anchor: number) => number} */ number) =>
      voters.reduce((sum, at) => sum + scores[at] * number(at), 0) / weight;
    const [x, y, width, height] = [0, 1, 2, 3].map((i) => blend((at) => boxes[4 * at + i]));
    const [a, b, c, d] = [0, 1, 2, 3].map((i) => blend((at) => keypoints[2 * KEYPOINTS * at + i]));
    /** @type {Point[]} */
    const eyes = [[a, b], [c, d]];
    const [leftEye, rightEye] = eyes.sort((one, other) => one[0] - other[0] || one[1] - other[1]);
    faces.push({
      box: { x: x - width / 2, y: y - height / 2, width, height },
      score: scores[order[0]],
      leftEye,
      rightEye,
      features: null,
      agreed: true,
    });
    order = order.filter((_, i) => !same[i]);
  }
  return faces;
}

/**
 * The face as it lies when what was shown is mirrored, left to right.
 *
 * @param {Face} face
 * @returns {Face}
 */
function mirrored(face) {
  const { box, leftEye, rightEye } = face;
  return {
    ...face,
    box: { ...box, x: SIDE - box.x - box.width },
    leftEye: [SIDE - rightEye[0], rightEye[1]],
    rightEye: [SIDE - leftEye[0], leftEye[1]],
  };
}

/**
 * The face half-way between two sightings of it.
 *
 * @param {Face} one
 * @param {Face} other
 * @returns {Face}
 */
function average(one, other) {
  const half = (/** @type {number} */ a, /** @type {number} */ b) => (a + b) / 2;
  /** @type {(a: Point, b: Point) => Point} */
  const between = (a, b) => [half(a[0], b[0]), half(a[1], b[1])];
  return {
    ...one,
    box: {
      x: half(one.box.x, other.box.x),
      y: half(one.box.y, other.box.y),
      width: half(one.box.width, other.box.width),
      height: half(one.box.height, other.box.height),
    },
    score: half(one.score, other.score),
    leftEye: between(one.leftEye, other.leftEye),
    rightEye: between(one.rightEye, other.rightEye),
  };
}
