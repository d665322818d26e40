/** Two faces are compared by what is released, and by what never is. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { PrivacyFilter } from "../src/filter.js";
import { LoadError, UnknownChoice, load } from "../src/index.js";
import { openGraph } from "../src/runtime.js";
import { withOutput } from "../src/undefended.js";
import { bundle, bytes, cases, detector, models, ort, pixels, verifier } from "./files.js";

const NAME = "faceveil-int8";
const FACES = [pixels("seen-through.png"), pixels("example.png")];

function loaded(changes = {}) {
  const model = { ...bundle(NAME), verifier: verifier(NAME), ...changes };
  return load({ ort, model, detector: detector(), key: "session" });
}

const veil = await loaded();

for (const name of Object.keys(models)) {
  test(`${name} computes the undefended vector that Python has, and answers as before`, async () => {
    const { card, graph } = bundle(name);
    const { tensor } = verifier(name);
    const more = await openGraph(ort, withOutput(graph, tensor), ["wasm"]);
    const [bare, filter] = [more, await openGraph(ort, graph, ["wasm"])].map(
      (opened) => new PrivacyFilter(ort, opened, card),
    );
    const { width, height } = card.crop;
    for (const { crop, answers } of cases.flatMap(({ faces }) => faces)) {
      const face = { width, height, data: bytes(crop) };
      const expected = new Float32Array(bytes(answers[name].undefended).buffer);
      const vector = await bare.inner(face, tensor);
      assert.equal(vector.length, expected.length);
      const most = Math.max(...expected.map(Math.abs));
      // Steps of 8-bit integers are coarse, where a value lies between two.
      const slack = (name.endsWith("int8") ? 0.03 : 1e-4) * most;
      for (const [at, value] of vector.entries()) assert.ok(Math.abs(value - expected[at]) < slack);
      const silence = new Float32Array(card.dimension);
      assert.deepEqual(await bare.read(face, silence, 0), await filter.read(face, silence, 0));
    }
  });
}

test("a model answers its inner tensor to nobody who has not asked for it", async () => {
  const { card, graph } = bundle(NAME);
  const filter = new PrivacyFilter(ort, await openGraph(ort, graph, ["wasm"]), card);
  const { width, height } = card.crop;
  const face = { width, height, data: new Uint8Array(width * height) };
  assert.equal(await filter.inner(face, verifier(NAME).tensor), undefined);
});

test("two faces are answered with chances and how often they err, and no vector", async () => {
  const { released, undefended, level, verifier: told } = await veil.compare(FACES);
  assert.equal(level, veil.card.default_level);
  assert.equal(told.data, "LFW");
  for (const { chance, eer, auc, same, different } of [released, undefended]) {
    assert.ok(chance > 0 && chance < 1);
    assert.ok(eer.low <= eer.value && eer.value <= eer.high && auc.value >= 0.5);
    for (const shares of [same, different])
      assert.ok(Math.abs(shares.reduce((sum, share) => sum + share) - 1) < 0.01);
  }
  assert.ok(undefended.eer.high < released.eer.low, "the undefended vector tells more");
});

test("a picture is itself to who holds its undefended vectors, and order does not matter", async () => {
  const itself = await veil.compare([FACES[1], FACES[1]]);
  assert.ok(itself.undefended.chance > 0.8);
  const [there, back] = [await veil.compare(FACES), await veil.compare(FACES.toReversed())];
  assert.ok(Math.abs(there.undefended.chance - back.undefended.chance) < 1e-9);
  assert.ok(there.undefended.chance < itself.undefended.chance);
});

test("a face is chosen among those of a picture; where there is none, nothing is compared", async () => {
  const crowd = pixels("crowd.png");
  const first = await veil.compare([FACES[0], crowd], { faces: [0, 0] });
  const second = await veil.compare([FACES[0], crowd], { faces: [0, 1] });
  assert.notEqual(first.undefended.chance, second.undefended.chance);
  assert.equal(await veil.compare([FACES[0], crowd], { faces: [0, 99] }), null);
  assert.equal(await veil.compare([FACES[0], pixels("no-face.png")]), null);
});

test("what is released at another level is judged by who learned from that", async () => {
  const { released } = await veil.compare(FACES, { level: "strict" });
  assert.deepEqual(released.eer, verifier(NAME).released.strict.eer);
  await assert.rejects(veil.compare(FACES, { level: "none" }), UnknownChoice);
});

test("a model without a verifier, or with another model's, compares nothing and still reads", async () => {
  const own = verifier(NAME);
  const noisier = { ...own.released, strict: { ...own.released.strict, sigma: 1 } };
  const { strict, ...fewer } = own.released;
  const others = [
    { ...own, graph_sha256: "another" },
    { ...own, format: own.format + 1 },
    { ...own, released: noisier },
    { ...own, released: fewer },
    {},
    [],
  ];
  assert.ok(strict);
  for (const wrong of [undefined, ...others]) {
    const without = await loaded({ verifier: wrong });
    await assert.rejects(without.compare(FACES), LoadError);
    assert.equal((await without.read(FACES[1])).length, 1);
  }
});

test("a verifier that is fetched and is no JSON, or null, is told as one that cannot be loaded", async () => {
  const { card, graph } = bundle(NAME);
  for (const content of ["<!doctype html>", "null"]) {
    const files = { "card.json": JSON.stringify(card), "model.onnx": graph, "verifier.json": content };
    const fetch = async (address) => new Response(files[address.split("/").pop()]);
    const without = await load({ ort, model: "models", detector: detector(), key: "session", fetch });
    await assert.rejects(without.compare(FACES), LoadError);
  }
});

test("the network that answers undefended vectors is given back after each comparison", async () => {
  let [open, most] = [0, 0];
  const create = async (...given) => {
    const session = await ort.InferenceSession.create(...given);
    most = Math.max(most, ++open);
    return { run: (feeds) => session.run(feeds), release: async () => (open--, session.release()) };
  };
  const counting = { Tensor: ort.Tensor, env: ort.env, InferenceSession: { create } };
  const model = { ...bundle(NAME), verifier: verifier(NAME) };
  const counted = await load({ ort: counting, model, detector: detector(), key: "session" });
  const before = open;
  const first = await counted.compare(FACES);
  assert.deepEqual(await counted.compare(FACES), first);
  await assert.rejects(counted.compare(FACES, { level: "none" }), UnknownChoice);
  assert.deepEqual([open, most], [before, before + 1]);
});
