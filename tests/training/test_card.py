"""A card says what was measured, with its interval, and a release is never overwritten."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from faceveil.guarantee import Guarantee
from faceveil.model.bundle import load_bundle
from faceveil.model.card import (
    Breakdown,
    Card,
    ExpressionResult,
    ExpressionTold,
    Kind,
    Level,
    Move,
    Probe,
    Result,
    Training,
)
from faceveil.rate import Estimate, Rate
from faceveil.vision.align import CropGeometry
from training.bundle.card import audit_in_words, describe_graph, readable, write_bundle
from training.lab.measurement import where, worst


def _attack(
    system: str,
    correct: int,
    level: str = "balanced",
    total: int = 100,
    bound: float | None = None,
) -> Result:
    return Result(
        data="Set",
        protocol="10-fold",
        level=level,
        task="identity",
        system=system,
        rate=Rate.of(correct, total),
        chance=0.1,
        bound=bound,
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


def test_beside_the_worst_attacker_stand_its_bound_and_the_codeword_alone() -> None:
    results = [
        _attack("lda", 12, bound=0.5),
        _attack("codeword, lda", 15, bound=0.5),
        _attack("codeword", 18, bound=0.5),
        _attack("lda+codeword", 24, bound=0.55),
    ]
    words = audit_in_words(results, "balanced")
    assert "(lda+codeword) names 24.0%" in words
    assert "proved that nobody names more than 55.0%; the codeword alone gives 18.0%" in words
    assert "ABOVE" not in words
    guarantee = Guarantee.of(80 * np.eye(4), 0.25, {"balanced": 0.5})
    text = readable(_card(results).model_copy(update={"guarantee": guarantee}))
    worst_row = "| Set, balanced | 10.0% | lda+codeword | 24.0% [16.0%, 33.6%] | 55.0% | 18.0% "
    assert worst_row in text
    assert "| identity: lda | 10.0% | 12.0% [6.4%, 20.0%] ≤ 50.0% |\n" in text


def test_an_attack_above_its_bound_comes_first_and_loudly_whatever_its_level() -> None:
    results = [_attack("lda", 12, bound=0.5), _attack("codeword, lda", 60, "utility", bound=0.4)]
    words = audit_in_words(results, "balanced")
    assert words.startswith("ABOVE ITS BOUND: Set at utility: codeword, lda names 60.0%")
    guarantee = Guarantee.of(80 * np.eye(4), 0.25, {"balanced": 0.5})
    text = readable(_card(results).model_copy(update={"guarantee": guarantee}))
    assert "**Privacy:** ABOVE ITS BOUND (Set at utility)" in text
    assert "**above its bound, 40.0%**" in text


def test_a_result_without_a_bound_is_written_as_ever() -> None:
    assert "bound" not in _attack("lda", 12).model_dump_json()
    assert '"bound":0.5' in _attack("lda", 12, bound=0.5).model_dump_json()


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


def test_the_readable_card_tells_for_whom_emotions_are_read_and_what_an_app_can_learn() -> None:
    plain = _card([])
    assert "Emotion by emotion" not in readable(plain)
    assert "What an app can learn" not in readable(plain)
    some, more = Rate.of(30, 40), Rate.of(36, 40)
    mean = Estimate(value=0.8, low=0.7, high=0.9)
    wild = Breakdown(
        data="Set",
        protocol="10-fold",
        level="balanced",
        prior="wild",
        mean_recall=mean,
        kinds=[
            Kind(by="emotion", name="happiness", recall=some, precision=more),
            Kind(by="sex", name="female", recall=more),
        ],
        seed=0,
    )
    even = wild.model_copy(update={"prior": "even", "kinds": wild.kinds[:1]})
    probe = Probe(
        data="Votes",
        protocol="ridge",
        level="balanced",
        features="the released vector",
        r2=mean,
        r2_about_zero=Estimate(value=0.95, low=0.9, high=0.99),
        images=1234,
        seed=0,
    )
    updates = {"breakdowns": [wild, even], "probes": [probe]}
    text = readable(plain.model_copy(update=updates))
    assert "### Set, 10-fold: at balanced" in text
    assert "| | recall, wild | precision, wild | recall, even | precision, even |" in text
    assert "| mean recall | 80.0% [70.0%, 90.0%] |  | 80.0% [70.0%, 90.0%] |  |" in text
    assert f"| happiness | {some} | {more} | {some} | {more} |" in text
    assert f"| sex: female | {more} |  |  |  |" in text
    assert "1234 pictures" in text
    assert "| the released vector | 0.800 [0.700, 0.900] |" in text
    assert "| the released vector, about zero | 0.950 [0.900, 0.990] |" in text


def _moves(level: str, correlation: float) -> ExpressionResult:
    figures = {
        "correlation": correlation,
        "error": 0.25,
        "label_correlation": 0.5,
        "label_error": 0.375,
    }
    told = {name: Estimate(value=v, low=v - 0.1, high=v + 0.1) for name, v in figures.items()}
    return ExpressionResult(
        data="Set",
        protocol="strangers",
        level=level,
        images=40,
        people=5,
        moves=[Move.model_validate({"name": name, **told}) for name in ("valence", "AU12")],
        seed=0,
    )


def test_moves_stand_beside_what_the_label_alone_would_tell() -> None:
    results = [_moves("no noise", 0.75), _moves("balanced", 0.625)]
    told = ExpressionTold(action_units=[12], summary="By convention.", results=results)
    text = readable(_card([]).model_copy(update={"expression": told}))
    assert "action units 12. By convention." in text
    assert "Set, strangers: 40 pictures of 5 people" in text
    label = "0.500 [0.400, 0.600]"
    row = f"| AU12 | 0.750 [0.650, 0.850] | {label} | 0.625 [0.525, 0.725] | {label} |"
    assert row in text.splitlines()
    assert text.count("| mean absolute error | no noise |") == 1
    assert text.count("| valence |") == 2


def test_a_card_without_moves_says_nothing_of_them() -> None:
    card = _card([])
    assert "Beyond a word" not in readable(card)
    assert "expression" not in card.model_dump_json()
