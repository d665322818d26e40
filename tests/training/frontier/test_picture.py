"""The picture of a card shows every level, what it is held against, and the paper."""

from dataclasses import replace
from datetime import date

from faceveil.model.card import Card, Graph, Level, Result, Training
from faceveil.rate import Rate
from faceveil.vision.align import CropGeometry
from training.bundle.picture import draw, of_card
from training.lab.plan import UNDEFENDED


def _result(level: str, task: str, hits: int, data: str = "JAFFE", system: str = "s") -> Result:
    return Result.model_validate(
        {
            "data": data,
            "protocol": "p",
            "level": level,
            "task": task,
            "system": system,
            "rate": Rate.of(hits, 100),
            "chance": 0.1,
            "seed": 0,
        }
    )


def _card(results: list[Result]) -> Card:
    return Card(
        name="made-up",
        version="1.0.0",
        created=date(2026, 1, 1),
        summary="s",
        terms="t",
        labels=["a", "b"],
        dimension=2,
        crop=CropGeometry(width=16, height=16, left_eye=(0.3, 0.3), right_eye=(0.7, 0.3)),
        graph=Graph(file="model.onnx", sha256="0" * 64, bytes=1, opset=18),
        levels={"low": Level(sigma=0.5, summary="s")},
        default_level="low",
        training=Training(command="c", preset="p", seed=0, data=[], parameters=1),
        results=results,
        audit="a",
        intended_uses=[],
        out_of_scope_uses=[],
    )


def test_each_level_stands_with_its_worst_attacker() -> None:
    card = _card(
        [
            _result(UNDEFENDED, "emotion", 95),
            _result(UNDEFENDED, "identity", 99),
            _result("low", "emotion", 90),
            _result("low", "identity", 12),
            _result("low", "identity", 31, system="worse"),
        ]
    )
    [panel] = of_card(card)
    points = {point.name: point for point in panel.points}
    assert points["low"].identity == Rate.of(31, 100)
    assert points["low"].emotion == Rate.of(90, 100)
    assert points[UNDEFENDED].kind == "reference"
    assert [point.identity for point in panel.points if point.kind == "published"] == [0.2579]


def test_what_is_proved_is_drawn_where_it_is_known() -> None:
    named = _result("low", "identity", 12).model_copy(update={"bound": 0.4})
    bounded, plain = (
        of_card(_card([_result("low", "emotion", 90), one]))
        for one in (named, _result("low", "identity", 12))
    )
    assert [point.bound for point in bounded[0].points if point.name == "low"] == [0.4]
    assert draw(bounded) != draw(plain)
    assert draw(plain) == draw([replace(bounded[0], points=plain[0].points)])


def test_a_set_of_which_one_side_is_unknown_has_no_panel() -> None:
    card = _card([_result("low", "emotion", 90, "FER"), _result("low", "identity", 9, "LFW")])
    assert of_card(card) == []


def test_the_same_card_is_drawn_the_same() -> None:
    card = _card([_result("low", "emotion", 90), _result("low", "identity", 12)])
    drawn = draw(of_card(card))
    assert drawn == draw(of_card(card))
    assert "<svg" in drawn
    assert "/home" not in drawn
