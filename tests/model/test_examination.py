"""A graph that computes otherwise than its card says, or drops its noise, does not serve."""

import base64
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from faceveil.model.bundle import BundleError, list_bundles, load_bundle
from faceveil.model.card import Card
from faceveil.model.examination import examine
from faceveil.model.filter import BATCH, PrivacyFilter
from faceveil.runtime import Array
from faceveil.settings import Settings
from tests.fakes import CARD, MOVES, PROVED, TELLING, CodebookSession, FakeSession, fake_card

SHIPPED = list_bundles(Settings().model.directory)
TOLERANCE = 0.01
Change = Callable[..., tuple[Array, ...]]


def _answers(count: int) -> list[dict[str, Any]]:
    """What `FakeSession` answers to plain crops, as a card holds it."""
    return [
        {
            "crop": base64.b64encode(bytes([grey]) * 32 * 24).decode(),
            "embedding": [grey / 255] * 4,
            "emotion": FakeSession().emotion.tolist(),
        }
        for grey in range(0, 10 * count, 10)
    ]


def _card(count: int = 3, **changes: Any) -> Card:
    return fake_card(checks={"tolerance": TOLERANCE, "answers": _answers(count)}, **changes)


class Changed(FakeSession):
    """A session that answers otherwise than it should."""

    def __init__(self, change: Change) -> None:
        super().__init__()
        self._change = change

    def run(self, output_names: Sequence[str] | None, input_feed: Mapping[str, Array]) -> list[Any]:
        return list(self._change(input_feed, *super().run(output_names, input_feed)))


def _off_by(amount: float) -> Change:
    return lambda _, embedding, emotion: (embedding + np.float32(amount), emotion)


@pytest.mark.parametrize("count", [2, 8, 16])
def test_a_graph_that_answers_as_its_card_says_is_let_pass_in_both_shapes(count: int) -> None:
    session = FakeSession()
    examine(_card(count), session, BATCH)
    assert {len(feed["face"]) for feed in session.fed} == {1, BATCH}


def test_a_difference_within_the_tolerance_is_let_pass() -> None:
    examine(_card(), Changed(_off_by(TOLERANCE / 2)), BATCH)


@pytest.mark.parametrize("amount", [2 * TOLERANCE, -2 * TOLERANCE, np.nan])
@pytest.mark.parametrize("faces", [1, BATCH])
def test_a_processor_that_computes_otherwise_is_refused_in_either_shape(
    amount: float, faces: int
) -> None:
    def change(feed: Mapping[str, Array], embedding: Array, emotion: Array) -> tuple[Array, Array]:
        return embedding + np.float32(amount * (len(feed["face"]) == faces)), emotion

    with pytest.raises(BundleError, match=r"otherwise on this processor|noise that it is given"):
        examine(_card(), Changed(change), BATCH)


def test_an_emotion_that_is_another_is_refused() -> None:
    with pytest.raises(BundleError, match="test face's emotion"):
        examine(_card(), Changed(lambda _, one, other: (one, other[:, ::-1])), BATCH)


@pytest.mark.parametrize("field", ["noise_of", "quantised_from"])
def test_the_refusal_of_an_int8_bundle_names_the_twin_that_serves_here(field: str) -> None:
    card = _card().model_copy(update={field: "whole/1.0.0"})
    with pytest.raises(BundleError, match="without VNNI") as refusal:
        examine(card, Changed(_off_by(0.3)), BATCH)
    assert "whole 1.0.0: FACEVEIL_MODEL__NAME=whole" in str(refusal.value)


@pytest.mark.parametrize("card", [_card(), fake_card()], ids=["checks", "no checks"])
@pytest.mark.parametrize("part", [0.0, 0.5, -1.0])
def test_a_graph_that_adds_other_noise_than_it_is_given_is_refused(card: Card, part: float) -> None:
    def change(feed: Mapping[str, Array], embedding: Array, emotion: Array) -> tuple[Array, Array]:
        given = feed["sigma"][:, None] * feed["noise"]
        return embedding + np.float32(part - 1) * given, emotion

    with pytest.raises(BundleError, match="noise that it is given"):
        examine(card, Changed(change), BATCH)


def test_a_graph_that_drops_the_noise_at_one_level_is_refused() -> None:
    loosest = min(level["sigma"] for level in CARD["levels"].values())

    def change(feed: Mapping[str, Array], embedding: Array, emotion: Array) -> tuple[Array, Array]:
        dropped = (feed["sigma"] == np.float32(loosest)) * feed["sigma"]
        return embedding - dropped[:, None] * feed["noise"], emotion

    with pytest.raises(BundleError, match="noise that it is given"):
        examine(_card(), Changed(change), BATCH)


@pytest.mark.parametrize("card", [_card(), fake_card()], ids=["checks", "no checks"])
def test_a_graph_that_tells_the_emotion_past_the_noise_is_refused(card: Card) -> None:
    def change(feed: Mapping[str, Array], embedding: Array, _: Array) -> tuple[Array, Array]:
        seen = feed["face"].mean(axis=(1, 2), dtype=np.float32) / 255
        return embedding, np.stack([seen, 1 - seen, 0 * seen], axis=1)

    with pytest.raises(BundleError, match="past the noise"):
        examine(card, Changed(change), BATCH)


@pytest.mark.parametrize("count", [0, 3])
def test_a_graph_that_tells_the_expression_past_the_noise_is_refused(count: int) -> None:
    def change(feed: Mapping[str, Array], embedding: Array, emotion: Array, told: Array) -> Any:
        seen = feed["face"].mean(axis=(1, 2), dtype=np.float32) / 255
        return embedding, emotion, told + seen[:, None]

    card = _telling(count)
    examine(card, FakeSession(), BATCH)
    with pytest.raises(BundleError, match="tells more of the expression"):
        examine(card, Changed(change), BATCH)


def test_an_expression_that_is_another_is_refused() -> None:
    def change(feed: Mapping[str, Array], embedding: Array, emotion: Array, told: Array) -> Any:
        del feed
        return embedding, emotion, -told

    with pytest.raises(BundleError, match="test face's expression"):
        examine(_telling(3), Changed(change), BATCH)


@pytest.mark.parametrize("units", [[1], [1, 4, 12]])
def test_an_expression_of_other_units_than_the_cards_is_refused(units: list[int]) -> None:
    expression = TELLING["expression"] | {"action_units": units}
    with pytest.raises(BundleError, match=f"expression {2 + len(units)}"):
        examine(fake_card(expression=expression), FakeSession(), BATCH)


def test_checks_tell_of_an_expression_where_the_card_does_and_only_there() -> None:
    told = [answer | {"expression": MOVES.tolist()} for answer in _answers(3)]
    for answers, members in ((told, {}), (_answers(3), TELLING)):
        with pytest.raises(ValueError, match="another size"):
            fake_card(checks={"tolerance": TOLERANCE, "answers": answers}, **members)


def _telling(count: int) -> Card:
    """A card of a graph with an expression, with so many checks."""
    answers = [answer | {"expression": MOVES.tolist()} for answer in _answers(count)]
    checks = {"tolerance": TOLERANCE, "answers": answers} if count else None
    return fake_card(checks=checks, **TELLING)


def test_a_card_whose_answers_are_of_another_size_is_none() -> None:
    with pytest.raises(ValueError, match="another size"):
        _card(dimension=5)


@pytest.fixture(params=SHIPPED.values(), ids=[" ".join(key) for key in SHIPPED])
def shipped(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.param
    return folder


def test_each_shipped_bundle_is_checked_and_serves_here(shipped: Path) -> None:
    bundle = load_bundle(shipped)
    assert bundle.card.checks is not None
    assert PrivacyFilter.load(bundle)


def test_an_older_card_without_checks_serves_too(shipped: Path) -> None:
    bundle = load_bundle(shipped)
    bundle = type(bundle)(bundle.card.model_copy(update={"checks": None}), bundle.graph)
    assert PrivacyFilter.load(bundle)


@pytest.mark.parametrize("answers", [0, 3])
def test_a_graph_that_bears_out_its_guarantee_is_let_pass(answers: int) -> None:
    session = CodebookSession()
    crops = [np.full((32, 24), grey, np.uint8) for grey in range(0, 10 * answers, 10)]
    checks = None
    if crops:
        still = {"noise": np.zeros((answers, 4)), "sigma": np.zeros(answers)}
        answered = session.run(["embedding", "emotion"], {"face": np.stack(crops), **still})
        rows = zip(crops, *(one.tolist() for one in answered), strict=True)
        checks = {
            "tolerance": TOLERANCE,
            "answers": [
                {"crop": base64.b64encode(crop.tobytes()), "embedding": place, "emotion": emotion}
                for crop, place, emotion in rows
            ],
        }
    examine(fake_card(checks=checks, **PROVED), session, BATCH)


def test_a_graph_whose_rest_is_longer_than_guaranteed_is_refused() -> None:
    class Longer(CodebookSession):
        radius = 3.0

    with pytest.raises(BundleError, match="beyond its standard expressions"):
        examine(fake_card(**PROVED), Longer(), BATCH)


def test_a_card_whose_noise_does_not_bear_out_its_guarantee_is_none() -> None:
    with pytest.raises(ValidationError, match="not those of its noise"):
        fake_card(**PROVED | {"levels": CARD["levels"]})
    with pytest.raises(ValidationError, match="another length"):
        fake_card(**PROVED | {"dimension": 5})
