"""From a trained filter to the bundle's ONNX graph, checked against torch."""

import io
import logging
import warnings
from collections.abc import Sequence

import numpy as np
import onnx
import torch

from faceveil.model.bundle import BundleError
from faceveil.model.card import OUTPUTS
from faceveil.runtime import open_session
from training.filter.algorithm import Filter
from training.filter.moves import moves_of
from training.filter.networks import ReleasedFilter

OPSET = 18
TOLERANCE = 1e-4
"""Largest difference between the graph's outputs and torch's that is let pass."""


def export(trained: Filter, side: int, seed: int = 0) -> bytes:
    """Writes the released filter as an ONNX graph with any number of faces.

    Inputs `face` uint8 (N, side, side), `noise` float32 (N, D), `sigma` float32 (N,); outputs
    `embedding` float32 (N, D), `emotion` float32 (N, E), and of a filter that knows how faces move
    `expression` float32 (N, V).

    Args:
        trained: the filter.
        side: height and width of the crops.
        seed: of the crops on which graph and torch are compared.

    Raises:
        BundleError: if the graph answers otherwise than torch.
    """
    released = ReleasedFilter(trained.base, trained.emotion_head, moves_of(trained)).eval()
    outputs = OUTPUTS if released.moves else OUTPUTS[:-1]
    generator = torch.Generator().manual_seed(seed)
    inputs = _inputs(3, side, trained.base.dimension, generator)
    faces = torch.export.Dim("faces", min=1, max=4096)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it misses torchvision; we do not
    with warnings.catch_warnings():
        # The exporter warns of its own internals; what it made is checked below.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            released,
            inputs,
            input_names=["face", "noise", "sigma"],
            output_names=outputs,
            dynamic_shapes=({0: faces}, {0: faces}, {0: faces}),
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    program.optimize()
    buffer = io.BytesIO()
    model = program.model_proto
    del model.metadata_props[:]
    for node in model.graph.node:
        del node.metadata_props[:]  # the exporter's notes hold this machine's paths
        node.doc_string = ""
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output):
        del value.metadata_props[:]
    onnx.checker.check_model(model, full_check=True)
    onnx.save_model(model, buffer)
    graph = buffer.getvalue()
    _compare(graph, released, outputs, _inputs(7, side, trained.base.dimension, generator))
    return graph


def _inputs(
    count: int, side: int, dimension: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    face = torch.randint(0, 256, (count, side, side), dtype=torch.uint8, generator=generator)
    noise = torch.randn(count, dimension, generator=generator)
    return face, noise, torch.rand(count, generator=generator)


def _compare(
    graph: bytes,
    released: ReleasedFilter,
    outputs: Sequence[str],
    inputs: tuple[torch.Tensor, ...],
) -> None:
    names = ("face", "noise", "sigma")
    feed = {name: tensor.numpy() for name, tensor in zip(names, inputs, strict=True)}
    ours = open_session(graph).run(outputs, feed)
    with torch.no_grad():
        theirs = released(*inputs)
    for name, one, other in zip(outputs, ours, theirs, strict=True):
        difference = float(np.abs(one - other.numpy()).max())
        if not difference <= TOLERANCE:
            raise BundleError(f"The graph's {name} differs from torch's by {difference:.2g}.")
