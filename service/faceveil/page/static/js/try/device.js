// Reads pictures in this browser: by the server's own model, if it hands that out.

import { bytes, get } from "../api.js";

/** Whether pictures are read here, as the visitor chose. */
export const where = { isHere: false };

const VERIFIER = "model/verifier.json";

let loading = null;
let sizes = {}; // of the files that are handed out, by name

/** Megabytes that are loaded once, if the server hands out its model to this visitor; else null. */
export async function offered() {
  try {
    sizes = await get("v1/device");
    return Object.values(sizes).reduce((sum, size) => sum + size, 0) / 1e6;
  } catch (refusal) {
    if (refusal.slug === "forbidden") return null;
    throw refusal;
  }
}

/** Reads a picture as `POST v1/anonymize` answers it; it does not leave the browser. */
export async function readHere(picture, size, level) {
  const veil = await ready();
  const faces = await veil.read(picture, { level: level ?? undefined, faces: "all" });
  const { name, version, default_level: usual } = veil.card;
  const model = { name, version, level: level ?? usual, prior: "wild" };
  return { model, image: { width: size.width, height: size.height }, found: faces.length, faces };
}

/** Whether an attacker of the model was measured, by whom two pictures can be compared. */
export const isComparable = () => VERIFIER in sizes;

/** What an attacker concludes from one face each of two pictures, by number; null where one is not seen. */
export const compareHere = async (pictures, faces, level) => (await ready()).compare(pictures, { level, faces });

/** Forgets the choice and the model, as for another visitor. */
export function forgetDevice() {
  where.isHere = false;
  loading = null;
  sizes = {};
}

function ready() {
  const mine = (loading ??= loaded());
  mine.catch(() => { if (mine === loading) loading = null; });
  return mine;
}

async function loaded() {
  const folder = new URL("../../vendor/", import.meta.url);
  const [ort, { load }, card, graph, near, far, verifier] = await Promise.all([
    import(new URL("ort.wasm.bundle.min.mjs", folder).href),
    import(new URL("faceveil-device.js", folder).href),
    get("v1/device/model/card.json"),
    bytes("v1/device/model/model.onnx"),
    bytes("v1/device/detector/blazeface-short/model.onnx"),
    bytes("v1/device/detector/yunet/model.onnx"),
    isComparable() ? get(`v1/device/${VERIFIER}`) : undefined,
  ]);
  ort.env.wasm.wasmPaths = { wasm: new URL("ort-wasm-simd-threaded.wasm", folder).href };
  return load({ ort, model: { card, graph, verifier }, detector: { near, far } });
}
