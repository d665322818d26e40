/** YuNet: sees small and large faces in one look at a whole picture: `faceveil/vision/yunet.py`. */

import { largest, shareOfUnion } from "./overlap.js";

/** @typedef {import("./face.js").Box} Box */
/** @typedef {import("./face.js").Face} Face */
/** @typedef {import("./image.js").Grey} Grey */
/** @typedef {import("./image.js").Point} Point */

export const STRIDES = [8, 16, 32];
const SAME = 0.5;
const [WIDTH, HEIGHT, LOWER] = [0.91, 1.2, 0.09];
const FAINT = 0.05;
const MOST = 400;
/** Numbers of a cell: two logits, four of the box, ten of points. */
const NUMBERS = 16;

/**
 * @typedef {object} Cells What is seen in one picture.
 * @property {Float32Array[]} maps for each stride NUMBERS x rows x columns
 * @property {number} width of the picture
 * @property {number} height of it
 */

/** @typedef {(pictures: Grey[]) => Promise<Cells[]>} Network sees pictures of one size */

/** @typedef {{score: number, box: Box, points: Point[]}} Part */

/**
 * The faces in one picture, surest first, in its pixels.
 *
 * @param {Cells} cells
 * @param {number} least score from which a face is one
 * @returns {Face[]}
 */
export function facesOf(cells, least) {
  let parts = decoded(cells, least)
    .sort((a, b) => b.score - a.score)
    .slice(0, MOST)
    .filter((part) => part.score >= least);
  const faces = [];
  while (parts.length) {
    const [first, ...others] = parts;
    parts = others.filter((other) => shareOfUnion(first.box, other.box) < SAME);
    faces.push(faceOf(first));
  }
  return faces;
}

/**
 * The surest face about half as wide as the picture, a square, in its middle.
 *
 * @param {Cells} cells
 * @returns {Face | null}
 */
export function faceInTheMiddle(cells) {
  const side = cells.width;
  const fitting = decoded(cells, FAINT).filter(({ box }) => {
    const aside = Math.abs(box.x + box.width / 2 - side / 2);
    const below = Math.abs(box.y + box.height / 2 - side / 2);
    const width = Math.max(box.width, box.height) / side;
    return Math.max(aside, below) < side / 4 && width > 0.25 && width < 1;
  });
  const best = largest(fitting, (part) => part.score);
  return best && faceOf(best);
}

/**
 * @param {Part} part
 * @returns {Face}
 */
function faceOf({ score, box, points }) {
  const side = (box.width / WIDTH + box.height / HEIGHT) / 2;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2 + LOWER * side];
  const [leftEye, rightEye, nose, leftMouth, rightMouth] = points;
  return {
    box: { x: x - side / 2, y: y - side / 2, width: side, height: side },
    score,
    leftEye,
    rightEye,
    features: { nose, leftMouth, rightMouth },
    agreed: true,
  };
}

/**
 * What the cells say, where both logits alone allow for a score of so much.
 *
 * @param {Cells} cells
 * @param {number} least
 * @returns {Part[]}
 */
function decoded({ maps, width, height }, least) {
  const floor = Math.log(least ** 2 / (1 - least ** 2));
  /** @type {Part[]} */
  const parts = [];
  maps.forEach((map, level) => {
    const stride = STRIDES[level];
    const [columns, rows] = [width / stride, height / stride];
    const count = columns * rows;
    for (let cell = 0; cell < count; cell++) {
      if (Math.min(map[cell], map[count + cell]) < floor) continue;
      const of = (/** @type {number} */ number) => map[number * count + cell];
      const [left, top] = [(cell % columns) * stride, Math.floor(cell / columns) * stride];
      const [across, down] = [of(4), of(5)].map((each) => Math.exp(Math.min(each, 8)) * stride);
      /** @type {Point[]} */
      const points = [];
      for (let number = 6; number < NUMBERS; number += 2)
        points.push([left + of(number) * stride, top + of(number + 1) * stride]);
      parts.push({
        score: Math.sqrt(sigmoid(of(0)) * sigmoid(of(1))),
        box: {
          x: left + of(2) * stride - across / 2,
          y: top + of(3) * stride - down / 2,
          width: across,
          height: down,
        },
        points,
      });
    }
  });
  return parts;
}

/**
 * @param {number} logit
 * @returns {number}
 */
function sigmoid(logit) {
  return 1 / (1 + Math.exp(-logit));
}
