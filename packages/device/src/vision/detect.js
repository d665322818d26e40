/**
 * Finds the faces in a picture: YuNet tells where they are, BlazeFace where exactly their eyes are.
 * `faceveil/vision/detect.py`, which says why each step is as it is.
 */

import { SIDE, look } from "./blazeface.js";
import { moved } from "./face.js";
import { turned } from "./image.js";
import { apart, distinct, nearest } from "./overlap.js";
import { BESIDE_SURE, SURE, SecondLook, scoreOf } from "./second_look.js";
import { around, middleOf, onCanvas, reduced, shownIn, turnedOn, view } from "./windows.js";
import { STRIDES, facesOf } from "./yunet.js";

/** @typedef {import("./face.js").Face} Face */
/** @typedef {import("./image.js").Grey} Grey */
/** @typedef {import("./image.js").Point} Point */
/** @typedef {import("./second_look.js").Proposal} Proposal */

const [QUICK_SIDE, FINE_SIDE, FINEST_SIDE, TURNED_SIDE] = [256, 1280, 2048, 480];
const OUTSTANDING = 0.125;
const [FAINT, SMALLEST] = [0.06, 12];
const LARGE = 0.1;
const [MOST_PROPOSALS, MOST_OF_BLAZEFACE] = [200, 16];

/**
 * @typedef {object} Networks
 * @property {import("./blazeface.js").Network} near BlazeFace
 * @property {import("./yunet.js").Network} far YuNet
 */

/**
 * Looks for faces.
 *
 * @param {Grey} picture
 * @param {Networks} networks
 * @param {boolean} thorough whether all faces are wanted, and not just those that stand out
 * @returns {Promise<Face[]>} the faces, largest box first, no two of them on one face
 */
export async function findFaces(picture, networks, thorough) {
  const search = new Search(picture, networks);
  if (thorough) await search.lookForAll();
  else await search.lookForTheLargest();
  return search.faces;
}

class Search {
  /**
   * @param {Grey} picture
   * @param {Networks} networks
   */
  constructor(picture, { near, far }) {
    /** @type {Face[]} */
    this.faces = [];
    this.picture = picture;
    this.near = near;
    this.far = far;
    this.again = new SecondLook(picture, near, far);
    this.allowance = MOST_PROPOSALS;
    this.longer = Math.max(picture.width, picture.height);
    this.whole = around([picture.width / 2, picture.height / 2], this.longer);
    this.shown = view(picture, this.whole, SIDE);
  }

  async lookForTheLargest() {
    const [cells] = await this.far([this.shown]);
    const seen = fit(facesOf(cells, FAINT), SIDE).map((face) => shownIn(this.whole, face, SIDE));
    const proposals = seen.map((face) => proposed(face, SIDE / this.longer));
    await this.#lookWithBlazeface(proposals);
    await this.#add(proposals, false);
    if (this.#widest < OUTSTANDING * this.longer)
      await this.#add(await this.#seenByYunet(QUICK_SIDE), false);
    if (!this.faces.length && this.longer > QUICK_SIDE)
      await this.#add(await this.#seenByYunet(FINE_SIDE), false);
    if (!this.faces.length) await this.#lookAtItTurned();
  }

  async lookForAll() {
    let proposals = await this.#seenByYunet(QUICK_SIDE);
    await this.#lookWithBlazeface(proposals);
    if (this.longer > QUICK_SIDE) proposals = [...proposals, ...(await this.#seenByYunet(FINEST_SIDE))];
    await this.#add(proposals.sort((a, b) => scoreOf(b.seen) - scoreOf(a.seen)), true);
    await this.#lookAtItTurned();
  }

  async #lookAtItTurned() {
    for (const quarters of [1, 2, 3]) {
      const side = this.faces.length ? QUICK_SIDE : TURNED_SIDE;
      const proposals = await this.#seenByYunet(side, quarters);
      if (!this.faces.length) proposals.push(...(await this.#seenByBlazeface(quarters)));
      await this.#add(proposals, true);
    }
  }

  /**
   * What BlazeFace sees in the whole picture, turned anticlockwise by quarters.
   *
   * @param {number} quarters
   * @returns {Promise<Proposal[]>}
   */
  async #seenByBlazeface(quarters) {
    const window = turnedOn(this.whole, 90 * quarters);
    const seen = distinct(await look(turned(this.shown, quarters), window, this.near));
    return seen.slice(0, MOST_OF_BLAZEFACE).map(({ box }) => {
      return { box, seen: null, turn: window.turn, byBlazeface: true, scale: 1 };
    });
  }

  get #widest() {
    return Math.max(0, ...this.faces.map((face) => face.box.width));
  }

  /**
   * @param {Proposal[]} proposals
   * @param {boolean} allWanted
   */
  async #add(proposals, allWanted) {
    for (const one of proposals) {
      const worth = allWanted || scoreOf(one.seen) >= BESIDE_SURE || one.box.width > this.#widest;
      const settled = this.faces.filter((face) => face.agreed && face.score >= SURE);
      if (!worth || !this.allowance || !apart(one.box, settled)) continue;
      this.allowance -= 1;
      const face = await this.again.at(one);
      if (face) this.faces.push(face);
    }
    this.faces = distinct(this.faces);
  }

  /**
   * What YuNet sees in the picture at a size, turned anticlockwise by quarters.
   *
   * @param {number} longest
   * @param {number} [quarters]
   * @returns {Promise<Proposal[]>}
   */
  async #seenByYunet(longest, quarters = 0) {
    const side = Math.max(QUICK_SIDE, Math.min(longest, this.longer));
    const [small, scale] = reduced(this.picture, side);
    const [cells] = await this.far([onCanvas(turned(small, quarters), STRIDES[2])]);
    let faces = facesOf(cells, FAINT);
    if (!quarters) faces = fit(faces, side > QUICK_SIDE ? side * LARGE : side);
    const [width, height] = [small.width / scale, small.height / scale];
    /** @type {(at: Point) => Point} */
    const back = (at) => {
      const [x, y] = [at[0] / scale, at[1] / scale];
      /** @type {Point[]} */
      const places = [[x, y], [width - y, x], [width - x, height - y], [y, height - x]];
      return places[quarters];
    };
    return faces.map((face) => proposed(moved(face, back, 1 / scale), scale, 90 * quarters));
  }

  /**
   * Finds the faces that BlazeFace proposes in the whole picture, if they may be large.
   *
   * @param {Proposal[]} proposals what YuNet sees, the surest first
   */
  async #lookWithBlazeface(proposals) {
    if (proposals.length && proposals[0].box.width < LARGE * this.longer) return;
    const seen = proposals.flatMap((one) => one.seen ?? []);
    const scale = proposals.length ? proposals[0].scale : 0;
    const twice = around(middleOf(this.whole), 2 * this.longer);
    /** @type {Face[]} */
    const doubtful = [];
    for (const window of [this.whole, twice]) {
      const shown = window === twice ? view(this.picture, window, SIDE) : this.shown;
      const found = [];
      for (const { box } of distinct(await look(shown, window, this.near)).slice(0, MOST_OF_BLAZEFACE)) {
        const proposal = { box, seen: nearest(box, seen), turn: 0, byBlazeface: true, scale };
        const face = await this.again.at(proposal);
        if (face) found.push(face);
      }
      const sure = found.filter((face) => face.score >= SURE);
      if (sure.length) {
        this.faces = distinct(sure);
        return;
      }
      doubtful.push(...found);
    }
    this.faces = distinct(doubtful);
  }
}

/**
 * @param {Face} face
 * @param {number} scale
 * @param {number} [turn]
 * @returns {Proposal}
 */
function proposed(face, scale, turn = 0) {
  return { box: face.box, seen: face, turn, byBlazeface: false, scale };
}

/**
 * Those that are no faint ones of a size which another look sees better.
 *
 * @param {Face[]} faces
 * @param {number} widest
 * @returns {Face[]}
 */
function fit(faces, widest) {
  return faces.filter(
    ({ score, box }) => score >= BESIDE_SURE || (SMALLEST <= box.width && box.width <= widest),
  );
}
