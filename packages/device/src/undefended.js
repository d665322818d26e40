/**
 * What a model's network computes of a face before its bottleneck: an undefended vector. No model
 * gives it out, and neither does this package: it is made for a comparison, and goes no further.
 */

/** Field numbers of onnx.proto3. */
const GRAPH = 7;
const OUTPUT = 12;
const NAME = 1;
const TYPE = 2;
const TENSOR_TYPE = 1;
const ELEM_TYPE = 1;

const FLOAT32 = 1;
const LENGTH_DELIMITED = 2;

/**
 * A model that also answers one of its inner tensors. A message of protobuf that is appended to
 * another is merged with it, and a repeated field grows by that: so some bytes more are enough.
 *
 * @param {Uint8Array} graph an ONNX file
 * @param {string} tensor its name; of float32
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function withOutput(graph, tensor) {
  const type = field(TYPE, field(TENSOR_TYPE, [8 * ELEM_TYPE, FLOAT32]));
  const output = [...field(NAME, [...new TextEncoder().encode(tensor)]), ...type];
  const more = field(GRAPH, field(OUTPUT, output));
  const all = new Uint8Array(graph.length + more.length);
  all.set(graph);
  all.set(more, graph.length);
  return all;
}

/**
 * @param {number} number of the field
 * @param {number[]} content
 * @returns {number[]}
 */
function field(number, content) {
  return [8 * number + LENGTH_DELIMITED, ...varint(content.length), ...content];
}

/**
 * @param {number} value
 * @returns {number[]}
 */
function varint(value) {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)];
}
