"""A filter as the graph of its bundle computes it, the embedding and the emotion alike."""

from collections.abc import Iterator

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper
from onnx.utils import Extractor

from faceveil.model.bundle import Bundle
from faceveil.runtime import Array, open_session

_BATCH = 64


class GraphFilter:
    """A filter in ONNX Runtime, for judging.

    Attributes:
        graph: ONNX file, as `training.bundle.export` writes it.
        codewords: float32, (K, D); none where it has no codebook.
        prior: float32, (E,), the share of each emotion that its answers expect; none where it was
            not written down.
    """

    def __init__(
        self,
        graph: bytes,
        codewords: NDArray[np.float32] | None = None,
        prior: NDArray[np.float32] | None = None,
    ) -> None:
        """Opens the graph, and once more the part of it that reads what was released."""
        self.graph = graph
        self.codewords = codewords
        self.prior = prior
        model = onnx.load_from_string(graph)
        self._dimension = dimension_of(model)
        self._session = open_session(graph)
        self._read = [one.name for one in model.graph.output if one.name != "embedding"]
        head = Extractor(model).extract_model(["embedding"], self._read)
        self._head = open_session(head.SerializeToString())

    @classmethod
    def of(cls, bundle: Bundle) -> "GraphFilter":
        """The filter of a bundle."""
        card = bundle.card
        words = None if card.guarantee is None else card.guarantee.codewords
        prior = None if card.prior is None else [card.prior[label] for label in card.labels]
        arrays = (None if one is None else np.array(one, np.float32) for one in (words, prior))
        return cls(bundle.graph, *arrays)

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Embeddings without noise: (N, H, W) uint8 to (N, D) float32."""
        feeds = noise_free(crops, self._dimension)
        return np.concatenate([self._session.run(["embedding"], feed)[0] for feed in feeds])

    @property
    def before_bottleneck(self) -> str:
        """Name of the tensor that the bottleneck reads: (N, P), all that the network saw.

        Raises:
            ValueError: if the graph has no bottleneck.
        """
        return _before_bottleneck(onnx.load_from_string(self.graph))

    def undefended(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What the bottleneck reads, which is never released: (N, H, W) uint8 to (N, P) float32."""
        model = onnx.load_from_string(self.graph)
        name = _before_bottleneck(model)
        model.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
        session = open_session(model.SerializeToString())
        feeds = noise_free(crops, self._dimension)
        return np.concatenate([session.run([name], feed)[0] for feed in feeds])

    def probabilities(self, embedding: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of emotions, in released embeddings: (N, D) float32 to (N, E)."""
        found: NDArray[np.float32] = self._head.run(["emotion"], {"embedding": embedding})[0]
        return found

    def moves_in(self, embedding: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """How faces move, by released embeddings: (N, D) float32 to (N, V); none if untold."""
        if "expression" not in self._read:
            return None
        moves: NDArray[np.float32] = self._head.run(["expression"], {"embedding": embedding})[0]
        return moves

    def classify(self, embedding: NDArray[np.float32]) -> NDArray[np.int64]:
        """Emotions read in released embeddings: (N, D) float32 to (N,) indices."""
        emotion: NDArray[np.int64] = self.probabilities(embedding).argmax(axis=1)
        return emotion


def _before_bottleneck(model: onnx.ModelProto) -> str:
    for node in model.graph.node:
        if any(name.endswith("bottleneck.weight") for name in node.input):
            return str(node.input[0])
    raise ValueError("The model has no bottleneck, before which it would be undefended.")


def dimension_of(model: onnx.ModelProto) -> int:
    """D, from the shape of a graph's noise, (N, D)."""
    (noise,) = (value for value in model.graph.input if value.name == "noise")
    dimension: int = noise.type.tensor_type.shape.dim[1].dim_value
    return dimension


def noise_free(crops: NDArray[np.uint8], dimension: int) -> Iterator[dict[str, Array]]:
    """Inputs of a graph, some crops at a time."""
    for start in range(0, len(crops), _BATCH):
        faces = crops[start : start + _BATCH]
        yield {
            "face": faces,
            "noise": np.zeros((len(faces), dimension), np.float32),
            "sigma": np.zeros(len(faces), np.float32),
        }
