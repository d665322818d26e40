/** Which of several sightings are of one face: `faceveil/vision/overlap.py`. */

/** @typedef {import("./face.js").Box} Box */
/** @typedef {import("./face.js").Face} Face */

export const SAME_BY_UNION = 0.3;
const SAME_BY_SMALLER = 0.5;

/**
 * The common area of two boxes as a share of their union, 0 to 1.
 *
 * @param {Box} one
 * @param {Box} other
 * @returns {number}
 */
export function shareOfUnion(one, other) {
  const common = commonArea(one, other);
  return common && common / (areaOf(one) + areaOf(other) - common);
}

/**
 * @param {Box} one
 * @param {Box} other
 * @returns {number}
 */
function shareOfSmaller(one, other) {
  const common = commonArea(one, other);
  return common && common / Math.min(areaOf(one), areaOf(other));
}

/**
 * @param {Box} one
 * @param {Box} other
 * @returns {number}
 */
function commonArea(one, other) {
  const width = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
  const height = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
  return Math.max(width, 0) * Math.max(height, 0);
}

/**
 * @param {Box} box
 * @returns {number}
 */
function areaOf(box) {
  return box.width * box.height;
}

/**
 * Which of the others covers the box best, if any covers it enough to be the same face.
 *
 * @param {Box} box
 * @param {Face[]} others
 * @returns {Face | null}
 */
export function nearest(box, others) {
  const best = largest(others, (other) => shareOfUnion(box, other.box));
  return best && shareOfUnion(box, best.box) >= SAME_BY_UNION ? best : null;
}

/**
 * The first of those that are most.
 *
 * @template T
 * @param {T[]} all
 * @param {(one: T) => number} by
 * @returns {T | null}
 */
export function largest(all, by) {
  let best = all.length ? all[0] : null;
  for (const one of all) if (best !== null && by(one) > by(best)) best = one;
  return best;
}

/**
 * The surest of the faces that lie on each other or in each other, largest box first.
 *
 * @param {Face[]} faces
 * @returns {Face[]}
 */
export function distinct(faces) {
  /** @type {Face[]} */
  const surest = [];
  const order = (/** @type {Face} */ one) => (one.agreed ? 0 : 1);
  for (const face of [...faces].sort((a, b) => order(a) - order(b) || b.score - a.score))
    if (apart(face.box, surest)) surest.push(face);
  return surest.sort((a, b) => areaOf(b.box) - areaOf(a.box));
}

/**
 * Whether the box is on none of these faces.
 *
 * @param {Box} box
 * @param {Face[]} others
 * @returns {boolean}
 */
export function apart(box, others) {
  return others.every((other) => shareOfSmaller(box, other.box) < SAME_BY_SMALLER);
}
