"""The int8 graph is the filter again, smaller and nearly the same."""

import numpy as np
import onnx
import pytest

from faceveil.runtime import Array, open_session
from tests.training.faces import SIDE, made_up_crops
from training.bundle.export import export
from training.bundle.graph import GraphFilter
from training.bundle.quantise import quantised_filter
from training.filter.algorithm import Filter, Recipe, train

PART = made_up_crops(people=3, takes=4)
RECIPE = Recipe(dimension=4, filters=(16, 32), steps=30, warm_up=5, batch=32)


@pytest.fixture(scope="module")
def trained() -> Filter:
    return train(PART, RECIPE, classes=3, seed=0)


@pytest.fixture(scope="module")
def quantised(trained: Filter) -> GraphFilter:
    return quantised_filter(trained, PART)


def test_its_convolutions_hold_8_bit_weights(trained: Filter, quantised: GraphFilter) -> None:
    model = onnx.load_from_string(quantised.graph)
    made_of_int8 = {i.name for i in model.graph.initializer if i.data_type == onnx.TensorProto.INT8}
    scaled = {
        node.output[0]
        for node in model.graph.node
        if node.op_type == "DequantizeLinear" and node.input[0] in made_of_int8
    }
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    assert convolutions
    assert all(node.input[1] in scaled for node in convolutions)
    assert len(quantised.graph) < len(export(trained, SIDE))


def test_it_embeds_nearly_as_the_trained_filter_does(
    trained: Filter, quantised: GraphFilter
) -> None:
    ours, theirs = quantised.embed(PART.crops), trained.embed(PART.crops)
    assert ours.shape == theirs.shape
    assert 0 < np.abs(ours - theirs).mean() < 0.1
    agree = quantised.classify(ours) == trained.classify(theirs)
    assert agree.mean() > 0.9


def test_the_emotion_that_is_judged_is_the_one_that_the_graph_reads(
    quantised: GraphFilter,
) -> None:
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((len(PART), 4)).astype(np.float32)
    feed: dict[str, Array] = {
        "face": PART.crops,
        "noise": noise,
        "sigma": np.full(len(PART), 0.5, np.float32),
    }
    embedding, emotion = open_session(quantised.graph).run(["embedding", "emotion"], feed)
    np.testing.assert_array_equal(quantised.classify(embedding), emotion.argmax(axis=1))
