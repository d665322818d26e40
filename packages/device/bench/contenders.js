/** The filters and others' face readers, by name: each reads the mood of the face in a canvas. */

import * as ort from "../../node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs";
import { load } from "../src/index.js";

const WASM = "../../node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm";
ort.env.wasm.wasmPaths = { wasm: new URL(WASM, import.meta.url).href };

const TF = "/peers/@tensorflow/tfjs-backend-wasm/dist/";

async function faceveil(model) {
  const veil = await load({ ort, model, detector: "/models/detector", key: "session" });
  return async (canvas) => (await veil.read(canvas)).length;
}

async function faceApi() {
  const api = await import("/peers/@vladmandic/face-api/dist/face-api.esm.js");
  api.tf.setWasmPaths(TF);
  await api.tf.setBackend("wasm");
  await api.tf.ready();
  const { tinyFaceDetector, faceLandmark68Net, faceExpressionNet } = api.nets;
  for (const net of [tinyFaceDetector, faceLandmark68Net, faceExpressionNet])
    await net.loadFromUri("/peers/@vladmandic/face-api/model");
  const options = new api.TinyFaceDetectorOptions({ inputSize: 320 });
  return async (canvas) => {
    const found = api.detectAllFaces(canvas, options).withFaceLandmarks().withFaceExpressions();
    return (await found).length;
  };
}

async function human() {
  const { Human } = await import("/peers/@vladmandic/human/dist/human.esm.js");
  const off = { enabled: false };
  const reader = new Human({
    backend: "wasm",
    wasmPath: TF,
    modelBasePath: "/peers/@vladmandic/human/models/",
    cacheSensitivity: 0,
    filter: off,
    gesture: off,
    body: off,
    hand: off,
    face: {
      detector: { rotation: true, maxDetected: 1, skipFrames: 0, skipTime: 0 },
      iris: off,
      description: off,
      emotion: { enabled: true, skipFrames: 0, skipTime: 0 },
    },
  });
  await reader.load();
  return async (canvas) => (await reader.detect(canvas)).face.length;
}

const OTHERS = { "face-api": faceApi, human };

async function canvasOf(address) {
  const bitmap = await createImageBitmap(await (await fetch(address)).blob());
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
  canvas.getContext("2d", { willReadFrequently: true }).drawImage(bitmap, 0, 0);
  return canvas;
}

/**
 * Milliseconds of each reading, by contender; all take turns, so that all meet the same load.
 * `models` are addresses of bundles, by name.
 */
window.raced = async (pictures, rounds, models) => {
  const [canvases, readers, told] = [[], {}, {}];
  for (const address of pictures) canvases.push(await canvasOf(address));
  const ours = Object.entries(models).map(([name, address]) => [name, () => faceveil(address)]);
  for (const [name, made] of [...ours, ...Object.entries(OTHERS)]) {
    const began = performance.now();
    readers[name] = await made();
    await readers[name](canvases[0]); // kernels are compiled at the first
    told[name] = { ready: performance.now() - began, ms: [], faces: 0 };
  }
  for (let round = 0; round < rounds; round++) {
    for (const canvas of canvases) {
      for (const [name, read] of Object.entries(readers)) {
        const began = performance.now();
        told[name].faces += await read(canvas);
        told[name].ms.push(performance.now() - began);
      }
    }
  }
  return told;
};
