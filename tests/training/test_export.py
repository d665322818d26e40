"""The exported graph is the trained filter, and nothing drifts on the way."""

import numpy as np
import onnx
import pytest
import torch

from faceveil.runtime import open_session
from training.bundle.export import TOLERANCE, export
from training.filter.algorithm import Filter, Recipe, new_filter
from training.filter.networks import ReleasedFilter

SIDE, DIMENSION, EMOTIONS = 16, 4, 3


@pytest.fixture(scope="module")
def trained() -> Filter:
    torch.manual_seed(0)
    made = new_filter(SIDE, EMOTIONS, Recipe(dimension=DIMENSION, filters=(4, 8)))
    made.base.eval()
    made.emotion_head.eval()
    return made


@pytest.fixture(scope="module")
def graph(trained: Filter) -> bytes:
    return export(trained, SIDE)


@pytest.mark.parametrize("faces", [1, 3, 8])
def test_the_graph_answers_as_torch_does(trained: Filter, graph: bytes, faces: int) -> None:
    generator = torch.Generator().manual_seed(faces)
    face = torch.randint(0, 256, (faces, SIDE, SIDE), dtype=torch.uint8, generator=generator)
    noise = torch.randn(faces, DIMENSION, generator=generator)
    sigma = torch.rand(faces, generator=generator)
    feed = {"face": face.numpy(), "noise": noise.numpy(), "sigma": sigma.numpy()}
    embedding, emotion = open_session(graph).run(["embedding", "emotion"], feed)
    with torch.no_grad():
        expected = ReleasedFilter(trained.base, trained.emotion_head)(face, noise, sigma)
    np.testing.assert_allclose(embedding, expected[0].numpy(), atol=TOLERANCE)
    np.testing.assert_allclose(emotion, expected[1].numpy(), atol=TOLERANCE)


def test_noise_is_added_to_what_is_released_and_emotion_is_read_from_that(graph: bytes) -> None:
    session = open_session(graph)
    face = np.full((1, SIDE, SIDE), 7, np.uint8)
    noise = np.arange(DIMENSION, dtype=np.float32)[None]
    quiet, mood = session.run(None, {"face": face, "noise": noise, "sigma": np.zeros(1, "f4")})
    loud, other = session.run(None, {"face": face, "noise": noise, "sigma": np.full(1, 2, "f4")})
    np.testing.assert_allclose(loud - quiet, 2 * noise, atol=1e-5)
    assert np.abs(mood - other).max() > 0


def test_the_graph_tells_nothing_of_the_machine_it_was_made_on(graph: bytes) -> None:
    model = onnx.load_from_string(graph)
    assert not model.metadata_props
    assert all(not node.metadata_props and not node.doc_string for node in model.graph.node)
    assert b"/training/" not in graph
