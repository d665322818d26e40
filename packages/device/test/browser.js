/** What a page needs that is served without a build step: the filter, and the runtime beside it. */

import * as ort from "../../node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs";
import { load } from "../src/index.js";

const WASM = "../../node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm";
ort.env.wasm.wasmPaths = { wasm: new URL(WASM, import.meta.url).href };

window.loaded = (options) =>
  load({ ort, model: "/models/faceveil-int8/4.0.0", detector: "/models/detector", ...options });
window.picture = async (address) => (await fetch(address)).blob();
