/** What a page needs that is served without a build step: the filter, and the runtime beside it. */

import * as ort from "../../node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs";
import { load } from "../src/index.js";

const WASM = "../../node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm";
ort.env.wasm.wasmPaths = { wasm: new URL(WASM, import.meta.url).href };

const { models } = await (await fetch("vectors/vectors.json")).json();
const model = `/models/faceveil-int8/${models["faceveil-int8"]}`;

window.loaded = (options) => load({ ort, model, detector: "/models/detector", ...options });
window.picture = async (address) => (await fetch(address)).blob();
document.documentElement.dataset.ready = ""; // for who waits: the page's policy lets nobody poll it by `eval`
