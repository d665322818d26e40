"""A card says what was measured, with its interval, and a release is never overwritten."""

from datetime import date
from pathlib import Path

import pytest

from faceveil.model.bundle import load_bundle
from faceveil.model.card import Card, Level, Result, Training
from faceveil.rate import Rate
from faceveil.vision.align import CropGeometry
from training.bundle.card import audit_in_words, describe_graph, readable, write_bundle
from training.lab.measurement import where, worst


def _attack(system: str, correct: int, level: str = "balanced", total: int = 100) -> Result:
    return Result(
        data="Set",
        protocol="10-fold",
        level=level,
        task="identity",
        system=system,
        rate=Rate.of(correct, total),
        chance=0.1,
        seed=0,
    )


def _card(results: list[Result]) -> Card:
    return Card(
        name="faceveil",
        version="1.2.3",
        created=date(2026, 1, 1),
        summary="A summary.",
        terms="any use",
        labels=["neutral", "happiness"],
        dimension=4,
        crop=CropGeometry(width=48, height=48, left_eye=(0.3, 0.3), right_eye=(0.7, 0.3)),
        graph=describe_graph(b"graph", 18),
        levels={"balanced": Level(sigma=0.5, summary="For most uses.")},
        default_level="balanced",
        training=Training(command="faceveil train", preset="p", seed=0, data=[], parameters=1),
        results=results,
        audit=audit_in_words(results, "balanced"),
        intended_uses=["this"],
        out_of_scope_uses=["that"],
    )


def test_the_worst_attacker_is_the_one_that_names_most() -> None:
    results = [_attack("weak", 10), _attack("strong", 40), _attack("other", 90, level="utility")]
    most = worst(where(results, data="Set", level="balanced"))
    assert most is not None
    assert most.system == "strong"


def test_the_audit_names_worst_attacker_interval_chance_and_reference() -> None:
    results = [_attack("strong", 40), _attack("any", 95, level="undefended")]
    words = audit_in_words(results, "balanced")
    assert "strong" in words
    assert "40.0% [30.3%, 50.3%]" in words
    assert "chance is 10.0%" in words
    assert "undefended embedding gives 95.0%" in words
    assert "anonymous" not in words


def test_a_figure_below_chance_is_called_a_warning() -> None:
    results = [_attack("collapsed", 0), _attack("honest", 10)]
    assert "below chance" in audit_in_words(results, "balanced")
    assert "no success: collapsed." in audit_in_words(results, "balanced")
    assert "below chance" not in audit_in_words([_attack("honest", 10)], "balanced")


def test_a_written_bundle_loads_again(tmp_path: Path) -> None:
    card = _card([_attack("strong", 40)])
    bundle = load_bundle(write_bundle(card, b"graph", "<svg/>", tmp_path))
    assert bundle.card == card
    assert bundle.graph == b"graph"


def test_a_released_version_is_never_overwritten(tmp_path: Path) -> None:
    card = _card([])
    write_bundle(card, b"graph", "<svg/>", tmp_path)
    with pytest.raises(FileExistsError):
        write_bundle(card, b"other", "<svg/>", tmp_path)


def test_the_readable_card_says_which_shares_of_emotions_its_answers_expect() -> None:
    card = _card([])
    assert "prior" not in readable(card)
    card = card.model_copy(update={"prior": {"happiness": 0.25, "neutral": 0.75}})
    assert "\n| prior | neutral 75.0 %, happiness 25.0 %: the shares" in readable(card)


def test_the_readable_card_has_every_result_with_its_interval() -> None:
    text = readable(_card([_attack("strong", 40), _attack("weak", 12)]))
    assert "| identity: strong | 10.0% | 40.0% [30.3%, 50.3%] |\n" in text
    assert "identity: weak" in text
