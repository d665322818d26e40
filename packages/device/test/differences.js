/**
 * How far the device's answers lie from the service's, of each made face, as JSON:
 *
 *     TEST_VECTORS=FOLDER node test/differences.js
 */

import { PrivacyFilter } from "../src/filter.js";
import { openGraph } from "../src/runtime.js";
import { findCrops } from "../src/vision/crops.js";
import { bundle, bytes, cases, models, networks, ort, pixels } from "./files.js";

const LOOKING = await networks();

function off(one, other) {
  return Math.max(...Array.from(one, (value, at) => Math.abs(value - other[at])));
}

async function opened(name) {
  const { card, graph } = bundle(name);
  return new PrivacyFilter(ort, await openGraph(ort, graph, ["wasm"]), card);
}

const filters = {};
for (const name of Object.keys(models)) filters[name] = await opened(name);
const geometry = Object.values(filters)[0].card.crop;

const told = [];
for (const { picture, every, faces } of cases) {
  const seen = await findCrops(pixels(picture), LOOKING, geometry, every);
  if (seen.length !== faces.length) throw new Error(`${picture}: ${seen.length} faces`);
  for (const [at, { crop, face }] of seen.entries()) {
    const { eyes, crop: text, answers } = faces[at];
    const theirs = { ...crop, data: bytes(text) };
    const levels = theirs.data.map((level, i) => Math.abs(level - crop.data[i]));
    const row = {
      picture,
      eyes: off([...face.leftEye, ...face.rightEye], eyes.flat()),
      levels: levels.reduce((sum, level) => sum + level, 0) / levels.length,
    };
    for (const [name, filter] of Object.entries(filters)) {
      const silence = new Float32Array(filter.card.dimension);
      const same = await filter.read(theirs, silence, 0);
      const own = await filter.read(crop, silence, 0);
      row[name] = {
        ofTheirCrop: off(same.embedding, answers[name].embedding),
        ofItsOwn: off(own.embedding, answers[name].embedding),
        emotion: off(own.emotion, answers[name].emotion),
      };
    }
    told.push(row);
  }
}
console.log(JSON.stringify(told));
