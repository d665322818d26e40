"""Wherever the licence of the code is told, the terms of the default model are told beside it."""

import re
import tomllib
from pathlib import Path

import pytest

from faceveil.app import create_app
from faceveil.model.bundle import find_bundle, list_bundles, read_card
from faceveil.settings import Settings
from training.lab.measurement import where, worst

ROOT = Path(__file__).parents[1]
MODELS = Settings().model.directory
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
INFO = create_app(Settings()).openapi()["info"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
TERMS = (ROOT / "models" / "LICENSE").read_text(encoding="utf-8")


def _label(name: str) -> str:
    found = re.search(rf'org\.opencontainers\.image\.{name}="([^"]*)"', DOCKERFILE)
    assert found is not None
    return found[1]


def test_package_image_and_api_are_under_the_same_licences() -> None:
    licence = PROJECT["license"]
    assert licence == "Apache-2.0 AND LicenseRef-FaceVeil-Models"
    assert _label("licenses") == licence
    assert INFO["license"]["identifier"] == licence
    assert PROJECT["license-files"] == ["LICENSE", "models/LICENSE"]


@pytest.mark.parametrize("text", [INFO["description"], _label("description")], ids=["api", "image"])
def test_what_the_default_model_and_the_open_one_may_be_used_for_is_told(text: str) -> None:
    words = " ".join(text.split())
    default = Settings().model.name
    restricted = read_card(find_bundle(MODELS, default)).terms.partition(":")[0]
    assert restricted == "non-commercial research"
    assert re.search(rf"default.*is for {restricted} only", words)
    assert f"{default}" in words
    free = read_card(find_bundle(MODELS, "open")).terms.partition(";")[0]
    assert re.search(rf"open\W* is for {free}", words)


def test_the_terms_beside_the_models_are_those_of_their_cards() -> None:
    stated = {
        name: terms
        for names, terms in re.findall(r"^  (\S[\w, -]*?)  +(\S.*)$", TERMS, re.MULTILINE)
        for name in names.split(", ")
    }
    for (name, _), folder in list_bundles(MODELS).items():
        assert stated[name] == read_card(folder).terms


def test_how_well_the_open_model_reads_is_told_as_its_card_tells_it() -> None:
    card = read_card(find_bundle(MODELS, "open"))
    told = (ROOT / "docs/licence.md").read_text(encoding="utf-8")
    named = {"FER2013 (FER+ labels)": "FER2013's test images, in the wild"}
    named |= {"animated faces": "animated people", "JAFFE": "JAFFE, posed", "Yale": "Yale, posed"}
    for data, row in named.items():
        at = where(card.results, data=data, level=card.default_level)
        read = where(at, task="emotion")[0].rate
        recall = next(b for b in card.breakdowns if b.data == data and b.level == "balanced")
        cells = [f"{100 * read.rate:.1f} % [{100 * read.low:.1f}, {100 * read.high:.1f}]"]
        cells.append(f"{100 * recall.mean_recall.value:.1f} %")
        if attacked := worst(at):
            rate = attacked.rate
            cells.append(f"{100 * rate.rate:.1f} % [{100 * rate.low:.1f}, {100 * rate.high:.1f}]")
        assert f"| {row} | {' | '.join(cells)} |" in told
        evenly = where(at, task="emotion")[1].rate
        kinds = next(b for b in card.breakdowns if b.data == data and b.prior == "even")
        line = next(line for line in told.splitlines() if line.startswith(f"| {row} |"))
        assert line.endswith(f"| {100 * evenly.rate:.1f} %, {100 * kinds.mean_recall.value:.1f} |")
