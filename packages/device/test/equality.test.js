/** The device sees and reads what the service does. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { PrivacyFilter } from "../src/filter.js";
import { openGraph } from "../src/runtime.js";
import { findCrops } from "../src/vision/crops.js";
import { bundle, bytes, cases, models, networks, ort, pixels } from "./files.js";

const LOOKING = await networks();
const GEOMETRY = bundle("faceveil").card.crop;

/**
 * Pixels that a place may be off, and grey levels of a crop in the mean: networks round otherwise
 * here, and a view whose edge moves by a millionth has a pixel of another level now and then.
 */
const PLACE = 0.1;
const LEVELS = 0.5;

/** Largest difference of an answer without noise; of 8-bit integers, docs/device.md says more. */
const ANSWER = 1e-3;

function off(one, other) {
  return Math.max(...Array.from(one, (value, at) => Math.abs(value - other[at])));
}

function meanly(one, other) {
  return one.reduce((sum, level, at) => sum + Math.abs(level - other[at]), 0) / one.length;
}

for (const { picture, every, faces } of cases) {
  test(`${picture} is seen as the service sees it`, async () => {
    const seen = await findCrops(pixels(picture), LOOKING, GEOMETRY, every);
    assert.equal(seen.length, faces.length);
    for (const [at, { crop, box, face }] of seen.entries()) {
      const expected = faces[at];
      const places = [box.x, box.y, box.width, box.height, ...face.leftEye, ...face.rightEye];
      assert.ok(off(places, [...expected.box, ...expected.eyes.flat()]) < PLACE);
      assert.ok(meanly(crop.data, bytes(expected.crop)) < LEVELS);
    }
  });
}

test("the same crop has the same answer without noise", async () => {
  const filter = await opened("faceveil");
  for (const { faces } of cases) {
    for (const { crop, answers } of faces) {
      const { embedding, emotion } = await answered(filter, bytes(crop));
      assert.ok(off(embedding, answers.faceveil.embedding) < ANSWER);
      assert.ok(off(emotion, answers.faceveil.emotion) < ANSWER);
    }
  }
});

test("from its pixels on, a picture has the same answer without noise", async () => {
  const filter = await opened("faceveil");
  for (const { picture, every, faces } of cases) {
    const seen = await findCrops(pixels(picture), LOOKING, GEOMETRY, every);
    for (const [at, { crop }] of seen.entries()) {
      const { embedding, emotion } = await answered(filter, crop.data);
      assert.ok(off(embedding, faces[at].answers.faceveil.embedding) < ANSWER);
      assert.ok(off(emotion, faces[at].answers.faceveil.emotion) < ANSWER);
    }
  }
});

async function opened(name) {
  const { card, graph } = bundle(name, models[name]);
  return new PrivacyFilter(ort, await openGraph(ort, graph, ["wasm"]), card);
}

async function answered(filter, data) {
  const { width, height } = filter.card.crop;
  const silence = new Float32Array(filter.card.dimension);
  return filter.read({ width, height, data }, silence, 0);
}
