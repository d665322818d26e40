// Reads pictures in this browser: by the server's own model, if it hands that out.

import { bytes, get } from "../api.js";

/** Whether pictures are read here, as the visitor chose. */
export const where = { isHere: false };

let loading = null;

/** Megabytes that are loaded once, if the server hands out its model; else null. */
export async function offered() {
  try {
    const sizes = await get("v1/device");
    return Object.values(sizes).reduce((sum, size) => sum + size, 0) / 1e6;
  } catch {
    return null; // whatever is wrong with the server, the rest of the page tells it
  }
}

/** Reads a picture as `POST v1/anonymize` answers it; it does not leave the browser. */
export async function readHere(picture, size, level) {
  loading ??= loaded().catch((error) => { loading = null; throw error; });
  const veil = await loading;
  const faces = await veil.read(picture, { level: level ?? undefined, faces: "all" });
  const { name, version, default_level: usual } = veil.card;
  const model = { name, version, level: level ?? usual, prior: "wild" };
  return { model, image: { width: size.width, height: size.height }, found: faces.length, faces };
}

async function loaded() {
  const folder = new URL("../../vendor/", import.meta.url);
  const [ort, { load }, card, graph, near, far] = await Promise.all([
    import(new URL("ort.wasm.bundle.min.mjs", folder).href),
    import(new URL("faceveil-device.js", folder).href),
    get("v1/device/model/card.json"),
    bytes("v1/device/model/model.onnx"),
    bytes("v1/device/detector/blazeface-short/model.onnx"),
    bytes("v1/device/detector/yunet/model.onnx"),
  ]);
  ort.env.wasm.wasmPaths = { wasm: new URL("ort-wasm-simd-threaded.wasm", folder).href };
  return load({ ort, model: { card, graph }, detector: { near, far } });
}
