/** The square windows through which a network looks at a part of a picture: `windows.py`. */

import { blank, paste, reduce, resize, transform } from "./image.js";
import { moved, wrapped } from "./face.js";

/** @typedef {import("./image.js").Grey} Grey */
/** @typedef {import("./image.js").Point} Point */

const LEAST_REDUCED = 0.75;
const PADDING_GREY = 128;

/**
 * @typedef {object} Window A square of the picture, in its pixels; may reach beyond its edges.
 * @property {number} x of its top left corner, before it is turned about its centre
 * @property {number} y
 * @property {number} side
 * @property {number} turn degrees, clockwise
 */

/**
 * @param {Point} centre
 * @param {number} side
 * @param {number} [turn]
 * @returns {Window}
 */
export function around([x, y], side, turn = 0) {
  return { x: x - side / 2, y: y - side / 2, side, turn };
}

/**
 * @param {Window} window
 * @returns {Point}
 */
export function middleOf({ x, y, side }) {
  return [x + side / 2, y + side / 2];
}

/**
 * The window, turned on clockwise.
 *
 * @param {Window} window
 * @param {number} angle degrees
 * @returns {Window}
 */
export function turnedOn(window, angle) {
  return { ...window, turn: wrapped(window.turn + angle) };
}

/**
 * A face in a view of so many pixels, in pixels of the picture.
 *
 * @param {Window} window
 * @param {import("./face.js").Face} face
 * @param {number} side
 */
export function shownIn(window, face, side) {
  return moved(face, ([x, y]) => inPicture(window, [x / side, y / side]), window.side / side);
}

/**
 * @param {Window} window
 * @param {Point} point as shares of its side
 * @returns {Point}
 */
function inPicture(window, point) {
  if (!window.turn) return [window.x + point[0] * window.side, window.y + point[1] * window.side];
  const [cosine, sine] = directions(window.turn);
  const [across, down] = point.map((part) => (part - 0.5) * window.side);
  const [x, y] = middleOf(window);
  return [x + cosine * across - sine * down, y + sine * across + cosine * down];
}

/** @param {number} turn degrees */
function directions(turn) {
  const angle = turn * (Math.PI / 180);
  return [Math.cos(angle), Math.sin(angle)];
}

/**
 * What a network sees through a window; grey beyond the picture.
 *
 * @param {Grey} picture
 * @param {Window} window
 * @param {number} side in pixels
 * @returns {Grey}
 */
export function view(picture, window, side) {
  if (window.turn) return turnedView(picture, window, side);
  const [left, right] = covered(window.x, window.side, picture.width, side);
  const [top, bottom] = covered(window.y, window.side, picture.height, side);
  const canvas = blank(side, side, PADDING_GREY);
  if (left >= right || top >= bottom) return canvas;
  const scale = window.side / side;
  const part = resize(
    picture,
    right - left,
    bottom - top,
    [
      Math.max(window.x + left * scale, 0),
      Math.max(window.y + top * scale, 0),
      Math.min(window.x + right * scale, picture.width),
      Math.min(window.y + bottom * scale, picture.height),
    ],
    2,
  );
  return paste(canvas, part, left, top);
}

/**
 * The part of a view's axis whose pixels lie wholly on the picture.
 *
 * @param {number} start
 * @param {number} length
 * @param {number} edge
 * @param {number} side
 * @returns {[number, number]}
 */
function covered(start, length, edge, side) {
  const tolerance = 1e-6;
  const first = Math.ceil((-start / length) * side - tolerance);
  const last = Math.floor(((edge - start) / length) * side + tolerance);
  return [Math.max(first, 0), Math.min(last, side)];
}

/**
 * @param {Grey} picture
 * @param {Window} window
 * @param {number} side
 * @returns {Grey}
 */
function turnedView(picture, window, side) {
  const [cosine, sine] = directions(window.turn);
  const reach = side + 2 * Math.ceil((side * (Math.abs(cosine) + Math.abs(sine) - 1)) / 2 + 1);
  const scale = window.side / side;
  const held = view(picture, around(middleOf(window), reach * scale), reach);
  const [middle, centre] = [reach / 2, side / 2];
  const [x, y] = [middle - centre * (cosine - sine), middle - centre * (sine + cosine)];
  return transform(held, side, side, [cosine, -sine, x, sine, cosine, y]);
}

/**
 * The picture in another size, antialiased.
 *
 * @param {Grey} picture
 * @param {number} width
 * @param {number} height
 * @returns {Grey}
 */
export function resized(picture, width, height) {
  return resize(picture, width, height, [0, 0, picture.width, picture.height], 1);
}

/**
 * The whole picture, not larger than a size; and how many of its pixels are one of before.
 *
 * @param {Grey} picture
 * @param {number} side the longer one, in pixels, at most
 * @returns {[Grey, number]}
 */
export function reduced(picture, side) {
  const longer = Math.max(picture.width, picture.height);
  const factor = Math.ceil(longer / side);
  if (factor > 1 && longer >= LEAST_REDUCED * side * factor)
    return [reduce(picture, factor), 1 / factor];
  const scale = side / longer;
  const [width, height] = [picture.width, picture.height].map((length) =>
    Math.max(1, toEven(length * scale)),
  );
  return [resized(picture, width, height), scale];
}

/**
 * Rounded as Python does it: halves to the even neighbour.
 *
 * @param {number} number
 * @returns {number}
 */
function toEven(number) {
  const rounded = Math.round(number);
  return rounded - number === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/**
 * The picture in the top left corner of a black canvas, whose sides are multiples.
 *
 * @param {Grey} picture
 * @param {number} multiple
 * @returns {Grey}
 */
export function onCanvas(picture, multiple) {
  const [width, height] = [picture.width, picture.height].map(
    (length) => Math.ceil(length / multiple) * multiple,
  );
  return paste(blank(width, height), picture, 0, 0);
}
