/** The model's files and the made faces, as tests take them from the disk. */

import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-web/wasm";
import { PNG } from "pngjs";

import { blazeface, openGraph, yunet } from "../src/runtime.js";

const ROOT = new URL("../../../", import.meta.url);
const VECTORS = process.env.TEST_VECTORS ?? new URL("vectors", import.meta.url).pathname;

ort.env.wasm.numThreads = 1;

export { ort };

/** What the service answered, and for which models. */
export const { models, cases } = JSON.parse(readFileSync(`${VECTORS}/vectors.json`, "utf-8"));

/** The pixels of a made face. */
export function pixels(name) {
  const { width, height, data } = PNG.sync.read(readFileSync(`${VECTORS}/${name}`));
  return { width, height, data: new Uint8ClampedArray(data) };
}

/** A model that the service has. */
export function bundle(name, version = models[name]) {
  const folder = new URL(`models/${name}/${version}/`, ROOT);
  const card = JSON.parse(readFileSync(new URL("card.json", folder), "utf-8"));
  return { card, graph: new Uint8Array(readFileSync(new URL("model.onnx", folder))) };
}

/** What was learned of people by that model's vectors. */
export function verifier(name) {
  const file = new URL(`models/${name}/${models[name]}/verifier.json`, ROOT);
  return JSON.parse(readFileSync(file, "utf-8"));
}

/** The detector's graphs. */
export function detector() {
  const of = (name) => new Uint8Array(readFileSync(new URL(`models/detector/${name}/model.onnx`, ROOT)));
  return { near: of("blazeface-short"), far: of("yunet") };
}

/** The same, ready to look. */
export async function networks() {
  const { near, far } = detector();
  return {
    near: blazeface(ort, await openGraph(ort, near, ["wasm"])),
    far: yunet(ort, await openGraph(ort, far, ["wasm"])),
  };
}

/** Bytes of what is written in base64. */
export function bytes(text) {
  return new Uint8Array(Buffer.from(text, "base64"));
}
