/**
 * Looks again at what may be a face, through a window in which it fills half the side:
 * `faceveil/vision/second_look.py`, which says why each step is as it is.
 */

import { MARGIN, SIDE, lookClosely } from "./blazeface.js";
import { centreOf, rollOf, wrapped } from "./face.js";
import { turned } from "./image.js";
import { largest } from "./overlap.js";
import { around, resized, shownIn, turnedOn, view } from "./windows.js";
import { faceInTheMiddle } from "./yunet.js";

/** @typedef {import("./face.js").Box} Box */
/** @typedef {import("./face.js").Face} Face */
/** @typedef {import("./image.js").Grey} Grey */
/** @typedef {import("./windows.js").Window} Window */

const CLOSE_SIDE = 96;
const [YUNET_ALONE, UPSIDE_DOWN] = [0.8, 0.5];
export const SURE = 0.75;
const DOUBTFUL = 0.65;
export const BESIDE_SURE = 0.3;
const BESIDE_DOUBTFUL = 0.8;
const CERTAIN = 0.8;
const LASTING = [
  [CLOSE_SIDE, 0.5],
  [64, 0.25],
];
const ASKEW = 25;
const [CLEAR, CLEAR_TO_YUNET] = [0.85, 0.75];
const LARGE_ENOUGH = 32;
const [FILLING, WHOLE] = [0.5, 0.7];

/**
 * @typedef {object} Proposal What may be a face.
 * @property {Box} box where it may be
 * @property {Face | null} seen as YuNet saw it in the whole picture
 * @property {number} turn degrees, clockwise, by which the picture was turned back
 * @property {boolean} byBlazeface whether BlazeFace proposes it too
 * @property {number} scale pixels that YuNet was shown for one of the picture
 */

/**
 * @typedef {object} Close A window in which a face would be upright, and the face that YuNet sees.
 * @property {Window} window
 * @property {Grey} shown
 * @property {Face | null} face
 */

/**
 * @param {Face | null} face
 * @returns {number}
 */
export function scoreOf(face) {
  return face ? face.score : 0;
}

/** Looks at parts of one picture. */
export class SecondLook {
  /**
   * @param {Grey} picture
   * @param {import("./blazeface.js").Network} near tells where exactly the eyes are
   * @param {import("./yunet.js").Network} far tells what is a face
   */
  constructor(picture, near, far) {
    this.picture = picture;
    this.near = near;
    this.far = far;
  }

  /**
   * The face that was proposed, upright whatever its roll; null if it is none.
   *
   * @param {Proposal} proposal
   * @returns {Promise<Face | null>}
   */
  async at(proposal) {
    const face = await this.#found(proposal);
    return face && (await this.#lasts(face)) ? face : null;
  }

  /**
   * Whether it is a face in a window that is laid around what was found, too.
   *
   * @param {Face} face
   * @returns {Promise<boolean>}
   */
  async #lasts(face) {
    const roll = rollOf(face);
    const longer = Math.max(this.picture.width, this.picture.height);
    if (face.agreed && face.score >= CERTAIN) return true;
    if (Math.abs(roll) < 45 && face.box.width > WHOLE * longer) return true;
    const window = around(centreOf(face.box), MARGIN * face.box.width, roll);
    const shown = view(this.picture, window, SIDE);
    for (const [side, least] of LASTING) {
      const [cells] = await this.far([resized(shown, side, side)]);
      if (scoreOf(faceInTheMiddle(cells)) >= least) return true;
    }
    return false;
  }

  /**
   * @param {Proposal} proposal
   * @returns {Promise<Face | null>}
   */
  async #found(proposal) {
    const side = MARGIN * Math.max(proposal.box.width, proposal.box.height);
    const window = around(centreOf(proposal.box), side, proposal.turn);
    const face = await this.#through(window, proposal);
    if (face === null || (face.score >= SURE && face.agreed) || this.#fills(side)) return face;
    const agreed = [face];
    for (const turn of [90, -90]) {
      const lying = { box: proposal.box, seen: null, turn: 0, byBlazeface: false, scale: 1 };
      const seen = await this.#through(turnedOn(window, turn), lying);
      if (seen?.agreed) agreed.push(seen);
    }
    return largest(agreed, (each) => (each.agreed ? 2 : 0) + each.score);
  }

  /** @param {number} side */
  #fills(side) {
    return side > MARGIN * FILLING * Math.max(this.picture.width, this.picture.height);
  }

  /**
   * The face in the window, or in its opposite; if it is askew, in one turned alike.
   *
   * @param {Window} window
   * @param {Proposal} proposal
   * @returns {Promise<Face | null>}
   */
  async #through(window, proposal) {
    const first = scoreOf(proposal.seen);
    const shown = view(this.picture, window, SIDE);
    /** @type {Face | null} */
    let near = null;
    const clear = first >= CLEAR_TO_YUNET;
    if (clear) {
      near = await lookClosely(shown, window, this.near);
      if (scoreOf(near) >= CLEAR && !askew(near, window))
        return agreedOn(near, await this.#seenLarge(proposal, window, shown));
    }
    let close = await this.#upright(window, shown, first);
    if (!proposal.byBlazeface && Math.max(first, scoreOf(close.face)) < BESIDE_SURE) return null;
    if (!clear || close.window !== window)
      near = await lookClosely(close.shown, close.window, this.near);
    const fills = this.#fills(window.side);
    const askewBy = fills ? 0 : askew(near, close.window);
    if (askewBy) {
      const along = turnedOn(close.window, askewBy);
      close = await this.#upright(along, view(this.picture, along, SIDE), 0);
      near = (await lookClosely(close.shown, close.window, this.near)) ?? near;
    }
    let far = close.face;
    if (fills && close.window === window) far = largest([proposal.seen, far], scoreOf);
    return agreedOn(near, far);
  }

  /**
   * The face as YuNet saw it, or as it sees it here if its points were too close together.
   *
   * @param {Proposal} proposal
   * @param {Window} window
   * @param {Grey} shown
   * @returns {Promise<Face | null>}
   */
  async #seenLarge({ seen, scale }, window, shown) {
    if (seen === null || seen.box.width * scale >= LARGE_ENOUGH) return seen;
    const [cells] = await this.far([resized(shown, CLOSE_SIDE, CLOSE_SIDE)]);
    const close = seenIn(cells, window);
    return close ? { ...seen, features: close.features } : seen;
  }

  /**
   * What YuNet sees in the window or in its opposite, in whichever it is surer of a face.
   *
   * @param {Window} window
   * @param {Grey} shown
   * @param {number} least score that the opposite must reach
   * @returns {Promise<Close>}
   */
  async #upright(window, shown, least) {
    const small = resized(shown, CLOSE_SIDE, CLOSE_SIDE);
    const [cells, others] = await this.far([small, turned(small, 2)]);
    const upright = { window, shown, face: seenIn(cells, window) };
    const around = turnedOn(window, 180);
    const opposite = { window: around, shown: turned(shown, 2), face: seenIn(others, around) };
    const enough = Math.max(least, UPSIDE_DOWN, scoreOf(upright.face));
    return scoreOf(opposite.face) >= enough ? opposite : upright;
  }
}

/**
 * @param {import("./yunet.js").Cells} cells
 * @param {Window} window
 * @returns {Face | null}
 */
function seenIn(cells, window) {
  const face = faceInTheMiddle(cells);
  return face && shownIn(window, face, CLOSE_SIDE);
}

/**
 * One face of what BlazeFace and YuNet see; null if that is not enough.
 *
 * @param {Face | null} near
 * @param {Face | null} far
 * @returns {Face | null}
 */
function agreedOn(near, far) {
  const beside = scoreOf(near) >= SURE ? BESIDE_SURE : BESIDE_DOUBTFUL;
  if (near && far && near.score >= DOUBTFUL && far.score >= beside)
    return { ...near, features: far.features };
  return far && far.score >= YUNET_ALONE ? { ...far, agreed: false } : null;
}

/**
 * Degrees by which a face is turned in a window; 0 if they are few.
 *
 * @param {Face | null} face
 * @param {Window} window
 * @returns {number}
 */
function askew(face, window) {
  if (face === null) return 0;
  const angle = wrapped(rollOf(face) - window.turn);
  return Math.abs(angle) > ASKEW ? angle : 0;
}
