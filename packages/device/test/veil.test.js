/** What an app is answered, and what it is told where it cannot be. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { ComputesOtherwise, LoadError, UnknownChoice, load } from "../src/index.js";
import { expressionOf } from "../src/veil.js";
import { bundle, cases, detector, ort, pixels } from "./files.js";

const MODEL = bundle("faceveil-int8");
const PICTURE = pixels("example.png");

function loaded(changes = {}) {
  return load({ ort, model: MODEL, detector: detector(), key: "session", ...changes });
}

const veil = await loaded();

test("a face is answered with what may be released, and what is proved of it", async () => {
  const [face] = await veil.read(PICTURE);
  const { card } = MODEL;
  assert.equal(face.embedding.length, card.dimension);
  assert.deepEqual(Object.keys(face.emotion.probabilities), card.labels);
  const shares = Object.values(face.emotion.probabilities);
  assert.equal(shares[card.labels.indexOf(face.emotion.label)], Math.max(...shares));
  assert.ok(Math.abs(shares.reduce((sum, share) => sum + share) - 1) < 1e-5);
  assert.deepEqual(face.guarantee, card.guarantee.levels[card.default_level]);
  assert.ok(face.points.left_eye.x < face.points.right_eye.x && face.points.nose.y > face.box.y);
});

test("a model that tells more than the mood has it answered by name, and checked", async () => {
  const card = { ...MODEL.card, expression: { action_units: [6, 12] } };
  assert.deepEqual(expressionOf([0.5, -0.25, 0.75, 1], card), {
    valence: 0.5,
    arousal: -0.25,
    action_units: { 6: 0.75, 12: 1 },
  });
  assert.equal(expressionOf([0.5], MODEL.card), null);
  const told = structuredClone(MODEL.card);
  told.checks.answers[0].expression = [0, 0, 0];
  await assert.rejects(loaded({ model: { ...MODEL, card: told } }), ComputesOtherwise);
});

test("noise is in what is released, and the same when it is asked again", async () => {
  const { faces } = cases.find(({ picture }) => picture === "example.png");
  const [face, again] = [...(await veil.read(PICTURE)), ...(await veil.read(PICTURE))];
  assert.deepEqual(again, face);
  assert.notDeepEqual(face.embedding, faces[0].answers[MODEL.card.name].embedding);
  const [stricter] = await veil.read(PICTURE, { level: "strict" });
  assert.notDeepEqual(stricter.embedding, face.embedding);
  assert.deepEqual(stricter.guarantee, MODEL.card.guarantee.levels.strict);
});

test("the prior changes the probabilities by Bayes' rule, and nothing else", async () => {
  const [wild] = await veil.read(PICTURE);
  const [even] = await veil.read(PICTURE, { prior: "even" });
  const odds = ([one, other], { emotion: { probabilities } }) => probabilities[one] / probabilities[other];
  const { prior } = MODEL.card;
  const pair = ["fear", "neutral"];
  const expected = (odds(pair, wild) * prior.neutral) / prior.fear;
  assert.ok(Math.abs(odds(pair, even) / expected - 1) < 1e-6);
  assert.deepEqual(even.embedding, wild.embedding);
});

test("all faces are answered where all are wanted, and none where there is none", async () => {
  const found = await veil.read(pixels("crowd.png"), { faces: "all" });
  assert.equal(found.length, cases.find(({ picture }) => picture === "crowd.png").faces.length);
  assert.equal((await veil.read(pixels("crowd.png"))).length, 1);
  assert.deepEqual(await veil.read(pixels("no-face.png")), []);
});

test("pictures that are sent at once are read one after the other", async () => {
  const alone = await veil.read(PICTURE);
  const together = await Promise.all([1, 2, 3].map(() => veil.read(PICTURE)));
  assert.deepEqual(together, [alone, alone, alone]);
});

test("a level or prior that there is not is refused, and the next picture is read", async () => {
  await assert.rejects(veil.read(PICTURE, { level: "none" }), UnknownChoice);
  await assert.rejects(veil.read(PICTURE, { prior: "odd" }), UnknownChoice);
  assert.equal((await veil.read(PICTURE)).length, 1);
});

test("a graph of another digest is not run", async () => {
  const graph = MODEL.graph.slice();
  graph[graph.length - 1] ^= 1;
  await assert.rejects(loaded({ model: { ...MODEL, graph } }), LoadError);
});

test("a model that answers otherwise than its card says is not run", async () => {
  const card = structuredClone(MODEL.card);
  card.checks.answers[0].embedding[0] += 1;
  await assert.rejects(loaded({ model: { ...MODEL, card } }), ComputesOtherwise);
  const other = structuredClone(MODEL.card);
  other.guarantee.radius /= 2;
  await assert.rejects(loaded({ model: { ...MODEL, card: other } }), ComputesOtherwise);
});

test("files that cannot be fetched are told by their address", async () => {
  const fetch = async () => new Response(null, { status: 404 });
  const asked = loaded({ model: "https://faces.example/model/", fetch });
  await assert.rejects(asked, /https:\/\/faces\.example\/model\/card\.json answers 404/);
});
