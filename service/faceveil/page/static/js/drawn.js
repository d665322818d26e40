// Drawn people, who do not exist: pictures for whoever has none at hand. Geometry as in
// training/data/drawn_face.py: the eyes' midpoint is the origin, 1 is the distance of the eyes.

const USUAL = {
  width: 1.18, height: 1.5, jaw: 2.3, skin: 185, hair: 60, hairWidth: 1.45, hairline: -0.85,
  eyes: 1, eyeWidth: 0.23, eyeHeight: 0.11, iris: 0.105, browHeight: 0.3, browLength: 0.32, browThick: 0.055,
  browArch: 0.08, browShade: 70, noseLength: 0.62, noseWidth: 0.18, mouthHeight: 1.06, mouthWidth: 0.36, lips: 0.065, lipShade: 115,
};
const SPREAD = {
  width: 0.09, height: 0.09, jaw: 0.3, skin: 22, hair: 35, hairWidth: 0.1, hairline: 0.1,
  eyes: 0.06, eyeWidth: 0.025, eyeHeight: 0.012, iris: 0.01, browHeight: 0.035, browLength: 0.04, browThick: 0.018,
  browArch: 0.03, browShade: 25, noseLength: 0.06, noseWidth: 0.035, mouthHeight: 0.05, mouthWidth: 0.04, lips: 0.016, lipShade: 18,
};

/** What a face does in each mood, in parts of the most that it can do. */
export const EXPRESSIONS = {
  neutral: {},
  happiness: { brows: 0.1, eyes: -0.3, smile: 1, mouth: 0.3, stretch: 0.7 },
  surprise: { brows: 1, eyes: 0.9, mouth: 1, stretch: -0.6 },
  sadness: { brows: 0.1, frown: -0.9, eyes: -0.4, smile: -0.8, stretch: -0.2 },
  anger: { brows: -0.7, frown: 1, eyes: -0.1, smile: -0.4, stretch: -0.1 },
  disgust: { brows: -0.5, frown: 0.4, eyes: -0.6, smile: -0.5, mouth: 0.25, stretch: 0.2 },
  fear: { brows: 0.6, frown: -0.8, eyes: 0.8, smile: -0.4, mouth: 0.45, stretch: 0.6 },
};

/** Numbers that look like chance, the same for the same seed (mulberry32). */
function random(seed) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}

/** Somebody's looks. */
export function person(seed) {
  const { normal } = random(seed * 7919 + 17);
  const near = () => Math.max(-1.8, Math.min(1.8, normal()));
  return Object.fromEntries(Object.entries(USUAL).map(([name, usual]) => [name, usual + SPREAD[name] * near()]));
}

const grey = (shade) => {
  const value = Math.round(Math.max(0, Math.min(255, shade)));
  return `rgb(${value} ${value} ${value})`;
};

/** Draws one picture of somebody; each `take` stands and is lit a little differently. */
export function draw(who, mood, take = 0, size = 256) {
  const { uniform, normal } = random(take * 104729 + Math.round(who.skin * 1000));
  const strength = take ? 0.7 + 0.4 * uniform() : 1;
  const does = new Proxy(EXPRESSIONS[mood], { get: (all, name) => (all[name] ?? 0) * strength });
  const canvas = Object.assign(document.createElement("canvas"), { width: size, height: size });
  const pen = canvas.getContext("2d");
  pen.fillStyle = grey(take ? 130 + 90 * uniform() : 205);
  pen.fillRect(0, 0, size, size);
  const unit = 0.2 * size * (take ? 0.92 + 0.16 * uniform() : 1);
  pen.translate((0.5 + (take ? (uniform() - 0.5) * 0.08 : 0)) * size, 0.46 * size);
  pen.rotate(take ? normal() * 0.04 : 0);
  pen.scale(unit, unit);
  pen.filter = `blur(${Math.max(0.6, size * 0.005)}px)`;
  head(pen, who, grey(take ? 40 + 100 * uniform() : 80));
  for (const side of [-1, 1]) eye(pen, who, does, side);
  nose(pen, who);
  mouth(pen, who, does);
  return canvas;
}

function shape(pen, points, shade) {
  pen.fillStyle = typeof shade === "string" ? shade : grey(shade);
  pen.beginPath();
  for (const [x, y] of points) pen.lineTo(x, y);
  pen.fill();
}

function ellipse(x, y, halfWidth, halfHeight, power = 2) {
  const rounded = (part) => Math.sign(part) * Math.abs(part) ** (2 / power);
  return Array.from({ length: 48 }, (_, index) => {
    const angle = (index / 48) * 2 * Math.PI;
    return [x + halfWidth * rounded(Math.cos(angle)), y + halfHeight * rounded(Math.sin(angle))];
  });
}

function head(pen, who, clothes) {
  const chin = 0.2 + who.height, crown = -0.35 - who.height;
  shape(pen, ellipse(0, -0.1, who.hairWidth, -0.1 - crown), who.hair);
  shape(pen, [[-0.55, 1], [0.55, 1], [0.55, chin + 0.6], [-0.55, chin + 0.6]], who.skin - 40);
  shape(pen, ellipse(0, chin + 1.3, 2.2, 1.1), clothes);
  shape(pen, ellipse(0, 0.2, who.width, who.height, who.jaw), who.skin);
  const fringe = (who.hairline - crown) / 2;
  shape(pen, ellipse(0, crown + fringe, who.width, fringe), who.hair);
}

function eye(pen, who, does, side) {
  const x = (side * who.eyes) / 2;
  const opening = Math.max(0.02, who.eyeHeight * (1 + 0.75 * does.eyes));
  shape(pen, ellipse(x, -0.02, who.eyeWidth + 0.05, who.eyeHeight + 0.07), who.skin - 35);
  const lid = ellipse(x, 0, who.eyeWidth, opening);
  shape(pen, lid, 235);
  shape(pen, ellipse(x, 0, who.iris, who.iris).map(([across, down]) => [across, Math.max(-opening, Math.min(opening, down))]), 45);
  pen.strokeStyle = grey(50);
  pen.lineWidth = 0.03;
  pen.beginPath();
  for (const [across, down] of lid.filter(([, y]) => y <= 0.001).sort(([one], [other]) => one - other)) pen.lineTo(across, down);
  pen.stroke();
  const along = Array.from({ length: 13 }, (_, index) => -1 + index / 6);
  const brow = along.map((at) => [
    x + side * at * who.browLength,
    -who.browHeight - 0.16 * does.brows - who.browArch * (1 - at * at) - 0.13 * does.frown * at,
    who.browThick * (1 - 0.4 * Math.abs(at)),
  ]);
  shape(pen, [...brow.map(([across, down, half]) => [across, down - half]), ...brow.reverse().map(([across, down, half]) => [across, down + half])], who.browShade);
}

function nose(pen, who) {
  shape(pen, [[0, 0.1], [-who.noseWidth, who.noseLength], [who.noseWidth, who.noseLength]], who.skin - 22);
  for (const side of [-1, 1]) shape(pen, ellipse(side * 0.55 * who.noseWidth, who.noseLength, 0.3 * who.noseWidth, 0.035), who.skin - 95);
}

function mouth(pen, who, does) {
  const line = Array.from({ length: 21 }, (_, index) => {
    const at = -1 + index / 10, bow = 1 - at * at;
    const middle = who.mouthHeight + 0.17 * does.smile * (bow - 0.5), gap = 0.25 * does.mouth * bow;
    return { x: at * who.mouthWidth * (1 + 0.35 * does.stretch), upper: middle - 0.6 * gap, lower: middle + gap, lips: who.lips * (0.25 + 0.75 * bow), bow };
  });
  const fillBetween = (above, below, shade) =>
    shape(pen, [...line.map((one) => [one.x, above(one)]), ...[...line].reverse().map((one) => [one.x, Math.max(above(one), below(one))])], shade);
  fillBetween((one) => one.upper - one.lips, (one) => one.lower + 1.2 * one.lips, who.lipShade);
  fillBetween((one) => one.upper, (one) => one.lower + 0.02, 45);
  fillBetween((one) => one.upper, (one) => Math.min(one.upper + 0.09 * one.bow, one.lower), does.mouth > 0.1 ? 225 : 60);
}

/** A canvas as a picture file. */
export const file = (canvas, kind = "image/png") =>
  new Promise((resolve) => canvas.toBlob(resolve, kind, 0.92));
