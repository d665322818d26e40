/**
 * Grey pictures, and the three ways in which the service makes smaller ones of them: to the last bit
 * as Pillow's `reduce`, `resize` and `transform` do, whose integer arithmetic this follows
 * (libImaging's Reduce.c, Resample.c and Geometry.c), because a model has to see what it was judged on.
 */

/**
 * @typedef {object} Grey Grey levels, row by row, 0 black to 255 white.
 * @property {number} width in pixels
 * @property {number} height in pixels
 * @property {Uint8Array} data a byte each
 */

/** @typedef {[number, number]} Point x and y in pixels; pixel centres lie at half-integers. */

/** @typedef {[number, number, number, number]} Edges left, top, right, bottom */

/**
 * @param {number} width
 * @param {number} height
 * @param {number} [level] of all its pixels
 * @returns {Grey}
 */
export function blank(width, height, level = 0) {
  return { width, height, data: new Uint8Array(width * height).fill(level) };
}

/**
 * A part of a picture; beyond its edges the outermost pixels are repeated.
 *
 * @param {Grey} picture
 * @param {Edges} edges whole numbers
 * @returns {Grey}
 */
export function cut({ width, height, data }, [left, top, right, bottom]) {
  const part = blank(right - left, bottom - top);
  for (let y = top, at = 0; y < bottom; y++) {
    const row = Math.min(Math.max(y, 0), height - 1) * width;
    for (let x = left; x < right; x++)
      part.data[at++] = data[row + Math.min(Math.max(x, 0), width - 1)];
  }
  return part;
}

/**
 * Puts a picture into another one.
 *
 * @param {Grey} onto is changed
 * @param {Grey} picture must lie within it
 * @param {number} left
 * @param {number} top
 * @returns {Grey} the former
 */
export function paste(onto, picture, left, top) {
  for (let y = 0; y < picture.height; y++) {
    const row = picture.data.subarray(y * picture.width, (y + 1) * picture.width);
    onto.data.set(row, (top + y) * onto.width + left);
  }
  return onto;
}

/**
 * The picture, turned anticlockwise.
 *
 * @param {Grey} picture
 * @param {number} quarters 0 to 3
 * @returns {Grey}
 */
export function turned({ width, height, data }, quarters) {
  const lying = quarters % 2 === 1;
  const made = blank(lying ? height : width, lying ? width : height);
  for (let y = 0, at = 0; y < made.height; y++) {
    for (let x = 0; x < made.width; x++, at++) {
      const from = [
        () => y * width + x,
        () => x * width + (width - 1 - y),
        () => (height - 1 - y) * width + (width - 1 - x),
        () => (height - 1 - x) * width + y,
      ][quarters];
      made.data[at] = data[from()];
    }
  }
  return made;
}

/**
 * The picture as a mirror shows it, left to right.
 *
 * @param {Grey} picture
 * @returns {Grey}
 */
export function mirrored({ width, height, data }) {
  const made = blank(width, height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) made.data[y * width + x] = data[(y + 1) * width - 1 - x];
  return made;
}

/**
 * Averages blocks of pixels; what is left at the right and at the bottom is averaged by itself.
 *
 * @param {Grey} picture
 * @param {number} across pixels of a block
 * @param {number} down
 * @param {Edges} [edges] of the part that is taken
 * @returns {Grey}
 */
export function reduce(picture, across, down = across, edges) {
  const { width, data } = picture;
  const [left, top, right, bottom] = edges ?? [0, 0, width, picture.height];
  const made = blank(Math.ceil((right - left) / across), Math.ceil((bottom - top) / down));
  for (let y = 0, at = 0; y < made.height; y++) {
    const first = top + y * down;
    const last = Math.min(first + down, bottom);
    for (let x = 0; x < made.width; x++, at++) {
      const start = left + x * across;
      const end = Math.min(start + across, right);
      const count = (end - start) * (last - first);
      let sum = count >> 1;
      for (let row = first; row < last; row++)
        for (let column = start; column < end; column++) sum += data[row * width + column];
      // A division by a rounded-down reciprocal, of single precision, as there.
      made.data[at] = (sum * Math.trunc(Math.fround(2 ** 24 / count))) / 2 ** 24;
    }
  }
  return made;
}

/**
 * Another size, antialiased by a triangle; first averaged where much is to be left out.
 *
 * @param {Grey} picture
 * @param {number} width of what is made
 * @param {number} height of it
 * @param {Edges} box part of the picture that is taken
 * @param {number} gap how much, at least, the triangle makes smaller after the average
 * @returns {Grey}
 */
export function resize(picture, width, height, box, gap) {
  const whole = box[0] === 0 && box[1] === 0 && box[2] === picture.width && box[3] === picture.height;
  if (whole && width === picture.width && height === picture.height) return picture;
  const scales = [(box[2] - box[0]) / width, (box[3] - box[1]) / height];
  const [across, down] = scales.map((scale) => Math.trunc(scale / gap) || 1);
  if (across > 1 || down > 1) {
    const [beside, beyond] = scales.map((scale) => 0.5 * scale);
    const left = Math.max(0, Math.trunc(box[0] - beside));
    const top = Math.max(0, Math.trunc(box[1] - beyond));
    const right = Math.min(picture.width, Math.ceil(box[2] + beside));
    const bottom = Math.min(picture.height, Math.ceil(box[3] + beyond));
    picture = reduce(picture, across, down, [left, top, right, bottom]);
    box = [(box[0] - left) / across, (box[1] - top) / down, (box[2] - left) / across, (box[3] - top) / down];
  }
  const columns = weights(picture.width, box[0], box[2], width);
  const rows = weights(picture.height, box[1], box[3], height);
  // As Pillow 13 chooses; the order changes a rounding here and there.
  const [less, fewer] = [picture.height - height, picture.width - width];
  return less > 0 && less > 2 * fewer
    ? horizontally(vertically(picture, rows), columns)
    : vertically(horizontally(picture, columns), rows);
}

/** @typedef {{first: number, shares: Int32Array}[]} Weights of each new pixel, in 2 ** -22 */

/**
 * @param {number} length old pixels
 * @param {number} from
 * @param {number} to
 * @param {number} count new pixels
 * @returns {Weights}
 */
function weights(length, from, to, count) {
  const start = Math.fround(from); // as there: a box has single precision
  const scale = Math.fround(Math.fround(to) - start) / count;
  const support = Math.max(scale, 1);
  return Array.from({ length: count }, (_, pixel) => {
    const centre = start + (pixel + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(length, Math.trunc(centre + support + 0.5));
    const triangle = new Float64Array(end - first);
    let sum = 0;
    for (let at = first; at < end; at++) {
      const away = Math.abs((at - centre + 0.5) * (1 / support));
      sum += triangle[at - first] = Math.max(0, 1 - away);
    }
    if (sum === 0) sum = 1;
    return { first, shares: Int32Array.from(triangle, (share) => 0.5 + (share / sum) * 2 ** 22) };
  });
}

/**
 * @param {Grey} picture
 * @param {Weights} columns
 * @returns {Grey}
 */
function horizontally({ width, height, data }, columns) {
  const made = blank(columns.length, height);
  for (let y = 0, at = 0; y < height; y++) {
    for (const { first, shares } of columns) {
      let sum = 2 ** 21;
      for (let i = 0; i < shares.length; i++) sum += shares[i] * data[y * width + first + i];
      made.data[at++] = Math.min(sum >> 22, 255);
    }
  }
  return made;
}

/**
 * @param {Grey} picture
 * @param {Weights} rows
 * @returns {Grey}
 */
function vertically({ width, data }, rows) {
  const made = blank(width, rows.length);
  let at = 0;
  for (const { first, shares } of rows) {
    for (let x = 0; x < width; x++) {
      let sum = 2 ** 21;
      for (let i = 0; i < shares.length; i++) sum += shares[i] * data[(first + i) * width + x];
      made.data[at++] = Math.min(sum >> 22, 255);
    }
  }
  return made;
}

/**
 * Turns, scales and shifts, between the four nearest pixels; black beyond the picture.
 *
 * @param {Grey} picture
 * @param {number} width of what is made
 * @param {number} height of it
 * @param {[number, number, number, number, number, number]} places a, b, c, d, e, f: what is made
 *     has at (x, y) what the picture has at (a x + b y + c, d x + e y + f)
 * @returns {Grey}
 */
export function transform(picture, width, height, [a, b, c, d, e, f]) {
  const { data, width: across, height: down } = picture;
  const made = blank(width, height);
  for (let row = 0, at = 0; row < height; row++) {
    for (let column = 0; column < width; column++, at++) {
      const placeX = a * (column + 0.5) + b * (row + 0.5) + c;
      const placeY = d * (column + 0.5) + e * (row + 0.5) + f;
      if (placeX < 0 || placeX >= across || placeY < 0 || placeY >= down) continue;
      const x = Math.floor(placeX - 0.5);
      const y = Math.floor(placeY - 0.5);
      const left = Math.max(x, 0);
      const right = Math.min(x + 1, across - 1);
      const byX = placeX - 0.5 - x;
      /** @param {number} line */
      const between = (line) => {
        const [one, other] = [data[line * across + left], data[line * across + right]];
        return one + (other - one) * byX;
      };
      const upper = between(Math.max(y, 0));
      const lower = y + 1 < down ? between(y + 1) : upper;
      made.data[at] = upper + (lower - upper) * (placeY - 0.5 - y);
    }
  }
  return made;
}
