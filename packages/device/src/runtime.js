/** The boundary to ONNX Runtime for the web: nothing else touches it. */

import { SIDE } from "./vision/blazeface.js";
import { STRIDES } from "./vision/yunet.js";

/** @typedef {import("./vision/image.js").Grey} Grey */

/** @typedef {typeof import("onnxruntime-web/wasm")} Ort */

/**
 * @typedef {object} Graph A model that is ready to run.
 * @property {(feeds: Record<string, import("onnxruntime-web/wasm").Tensor>) => Promise<Record<string, Float32Array>>} run
 * @property {() => Promise<void>} release its memory; it runs no more
 */

/**
 * @param {Ort} ort
 * @param {Uint8Array} bytes of an ONNX file
 * @param {string[]} providers that run it, the first that can
 * @returns {Promise<Graph>}
 */
export async function openGraph(ort, bytes, providers) {
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: providers,
    logSeverityLevel: 3,
  });
  return {
    async run(feeds) {
      const outputs = Object.entries(await session.run(feeds));
      return Object.fromEntries(
        outputs.map(([name, tensor]) => [name, /** @type {Float32Array} */ (tensor.data)]),
      );
    },
    release: () => session.release(),
  };
}

/**
 * @param {Ort} ort
 * @param {Graph} graph of `models/detector/blazeface-short`
 * @returns {import("./vision/blazeface.js").Network}
 */
export function blazeface(ort, graph) {
  return async (shown) => {
    const picture = new ort.Tensor("uint8", shown.data, [1, SIDE, SIDE]);
    const { scores, boxes, keypoints } = await graph.run({ picture });
    return { scores, boxes, keypoints };
  };
}

/**
 * @param {Ort} ort
 * @param {Graph} graph of `models/detector/yunet`
 * @returns {import("./vision/yunet.js").Network}
 */
export function yunet(ort, graph) {
  return async (pictures) => {
    const [{ width, height }] = pictures;
    const all = new Uint8Array(pictures.length * width * height);
    pictures.forEach(({ data }, at) => all.set(data, at * data.length));
    const picture = new ort.Tensor("uint8", all, [pictures.length, height, width]);
    const cells = await graph.run({ picture });
    return pictures.map((_, at) => ({
      width,
      height,
      maps: STRIDES.map((stride) => {
        const map = cells[`cells_${stride}`];
        const length = map.length / pictures.length;
        return map.subarray(at * length, (at + 1) * length);
      }),
    }));
  };
}
