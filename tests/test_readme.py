"""The README's figures are those of the card of the model that it speaks of."""

import re
from pathlib import Path

import pytest

from faceveil.model.bundle import find_bundle, read_card
from faceveil.model.card import Card, Result
from faceveil.settings import Settings
from training.lab.measurement import codeword_alone

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def card() -> Card:
    return read_card(find_bundle(Settings().model.directory, "faceveil"))


def _shown(result: Result) -> str:
    rate = result.rate
    return f"{rate.rate:.0%} [{rate.low:.0%}, {rate.high:.0%}]".replace("%", "")


def _worst(results: list[Result]) -> Result:
    return max(results, key=lambda result: result.rate.rate)


@pytest.mark.parametrize("data", ["JAFFE", "Yale", "FRL London"])
def test_the_table_holds_the_cards_figures(card: Card, data: str) -> None:
    here = [r for r in card.results if r.data == data]
    level = [r for r in here if r.level == card.default_level]
    attacks = [r for r in level if r.task == "identity"]
    worst = _worst(attacks)
    assert f"worst of {len(attacks)} attacks" in README
    alone = codeword_alone(attacks)
    assert worst.bound is not None
    assert alone is not None
    expected = [
        *(_shown(r) for r in level if r.task == "emotion"),
        *(_shown(r) for r in attacks if r.system == "hybrid2face"),
        _shown(worst),
        f"{worst.bound:.0%}".replace("%", ""),
        _shown(alone),
        f"{attacks[0].chance:.1%}".replace("%", ""),
        _shown(_worst([r for r in here if (r.level, r.task) == ("the crop itself", "identity")])),
    ]
    row = re.search(rf"^\| {data} \|(.*)\|$", README, re.MULTILINE)
    assert row is not None
    assert [cell.replace(" %", "").strip() for cell in row[1].split("|")] == expected


def test_the_model_that_is_spoken_of_is_the_one_that_is_shipped(card: Card) -> None:
    assert f"`{card.name} {card.version}`" in README
    assert f"{len(card.labels)} emotions".replace("7", "seven") in README
    assert "non-commercial research" in card.terms


def test_the_figures_for_strangers_are_the_cards(card: Card) -> None:
    level = [r for r in card.results if r.level == card.default_level]
    wild, even = (r for r in level if r.protocol.startswith("images held out"))
    strangers = _worst([r for r in level if r.data == "LFW"])
    text = " ".join(README.split())
    for read in (wild, even):
        assert _shown(read).replace(" [", " % [") in text
    assert f"{wild.rate.total:,} faces in the wild" in text
    low, high = (f"{value:.1%}".rstrip("%") for value in (strangers.rate.low, strangers.rate.high))
    assert f"{strangers.rate.rate:.1%}".replace("%", " %") + f" [{low}, {high}]" in text
