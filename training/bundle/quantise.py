"""From a float32 graph to one whose convolutions compute in 8-bit integers.

Static quantisation by ONNX Runtime: weights by filter, activations with ranges that were seen on
training crops (Jacob et al. 2018, "Quantization and training of neural networks for efficient
integer-arithmetic-only inference", section 2). The bottleneck, the noise and the emotion head stay
in float32: what is released keeps its resolution. An int8 filter is another filter, with other
embeddings; so it is judged anew, and becomes a bundle of its own name.
"""

import logging
import tempfile
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)

from faceveil.runtime import Array
from training.bundle.export import export
from training.bundle.graph import GraphFilter, dimension_of, noise_free
from training.data.crops import CropSet
from training.filter.algorithm import Filter

CALIBRATION = 512
"""Crops from which the ranges of activations are taken."""


def quantised(graph: bytes, crops: NDArray[np.uint8], seed: int = 0) -> bytes:
    """The same filter with 8-bit convolutions.

    Args:
        graph: of the float32 filter, as `training.bundle.export` writes it.
        crops: uint8, (N, H, W), of the training sets; some of them serve for calibration.
        seed: chooses the crops.
    """
    dimension = dimension_of(onnx.load_from_string(graph))
    chosen = np.random.default_rng(seed).permutation(len(crops))[:CALIBRATION]
    with tempfile.TemporaryDirectory() as folder:  # the library reads and writes files only
        source, target = Path(folder, "float32.onnx"), Path(folder, "int8.onnx")
        source.write_bytes(graph)
        logging.getLogger().addFilter(_no_advice)
        try:
            quantize_static(
                source,
                target,
                _Crops(crops[chosen], dimension),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=["Conv"],
                per_channel=True,
                # Weights of 7 bits: two products of 8 bits, one unsigned, overflow the 16 that
                # processors without VNNI add them in.
                reduce_range=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                calibrate_method=CalibrationMethod.MinMax,
            )
        finally:
            logging.getLogger().removeFilter(_no_advice)
        return target.read_bytes()


def _no_advice(record: logging.LogRecord) -> bool:
    """Drops the library's advice to preprocess: the exporter has done it."""
    return "pre-processing" not in record.getMessage()


class _Crops(CalibrationDataReader):  # type: ignore[misc]
    """Hands the calibration its batches, free of noise: no noise reaches a convolution."""

    def __init__(self, crops: NDArray[np.uint8], dimension: int) -> None:
        self._batches = noise_free(crops, dimension)

    def get_next(self) -> dict[str, Array] | None:
        """The next batch; none when all were had."""
        return next(self._batches, None)


def quantised_filter(trained: Filter, learned: CropSet, seed: int = 0) -> GraphFilter:
    """A trained filter in int8, calibrated on what it learned from alone."""
    graph = quantised(export(trained, learned.crops.shape[1], seed), learned.crops, seed)
    return GraphFilter(graph, trained.codewords, trained.prior)
