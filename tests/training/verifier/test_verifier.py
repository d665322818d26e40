"""`faceveil verifier` writes who tells people apart beside a bundle, and a table of how often."""

import base64
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from faceveil.installation import MODELS
from faceveil.model.bundle import VERIFIER_FILE, find_bundle, load_bundle
from training.bundle.graph import GraphFilter
from training.commands.verifier import verifier
from training.data.crops import CropSet
from training.data.sets import SETS
from training.data.terms import Terms, Use
from training.lab.pairs import Pairs
from training.studies.verifier import run
from training.studies.verifier.options import VerifierStudy

NAME = "open-int8"
PEOPLE, TAKES = 200, 3


def _crops() -> CropSet:
    """Each person is a pattern of blocks, which every picture of them shows in other grain."""
    generator = np.random.default_rng(0)
    blocks = generator.integers(60, 200, (PEOPLE, 6, 6)).repeat(8, axis=1).repeat(8, axis=2)
    faces = np.repeat(blocks, TAKES, axis=0) + generator.normal(0, 20, (PEOPLE * TAKES, 48, 48))
    none = np.zeros(len(faces), np.int64)
    subject = np.repeat(np.arange(PEOPLE), TAKES)
    return CropSet(faces.clip(0, 255).astype(np.uint8), none, subject, none)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder with one bundle, of which nothing was learned yet."""
    ours = find_bundle(MODELS, NAME)
    folder = tmp_path / "models" / NAME / ours.name
    shutil.copytree(ours, folder, ignore=shutil.ignore_patterns(VERIFIER_FILE))
    return tmp_path / "models"


@pytest.fixture
def crops(monkeypatch: pytest.MonkeyPatch) -> CropSet:
    """What is there instead of a set of real people."""
    made = _crops()
    monkeypatch.setattr(run, "crops_of", lambda *_: made)
    return made


def _called(models: Path, *more: str) -> Result:
    app = typer.Typer()
    app.command()(verifier)
    given = ["--models", models, "--run", models.parent / "run", "--people", "drawn"]
    return CliRunner().invoke(app, [NAME, *map(str, given), "--data", "drawn", *more])


def _floats(text: str) -> Any:
    return np.frombuffer(base64.b64decode(text), "<f4").astype(np.float64)


def test_it_is_written_beside_the_graph_that_it_belongs_to(models: Path, crops: CropSet) -> None:
    page = models.parent / "table.md"
    done = _called(models, "--output", str(page))
    assert done.exit_code == 0, done.output
    folder = find_bundle(models, NAME)
    bundle = load_bundle(folder)
    told = json.loads((folder / VERIFIER_FILE).read_text())
    assert told["graph_sha256"] == bundle.card.graph.sha256
    assert told["released"].keys() == bundle.card.levels.keys()
    assert told["people"] == {"learned": PEOPLE // 2, "tested": PEOPLE // 2}
    assert told["pairs"] == 2 * PEOPLE // 2 * TAKES * (TAKES - 1) // 2
    for row in ("undefended", *bundle.card.levels):
        assert page.read_text().count(f"| {row} | ") == 2, "how often it errs, and its chances"
    assert told["undefended"]["auc"]["low"] > 0.6, "the patterns tell people"
    levels = bundle.card.levels.items()
    assert {name: one["sigma"] for name, one in told["released"].items()} == {
        name: level.sigma for name, level in levels
    }
    assert [*folder.glob("*.draft")] == []
    assert told["command"].startswith(f"faceveil verifier {NAME} --version")

    # The file computes what was judged.
    vectors = GraphFilter.of(bundle).undefended(crops.crops).astype(np.float64)
    study = VerifierStudy(name=NAME, people="drawn", models=models, data=Path("drawn"))
    judged = run.verify(study, lambda *_: None).every[0].verifier
    pair = Pairs(np.array([0]), np.array([1]), np.array([True]))
    learned = told["undefended"]
    projection = _floats(learned["projection"]).reshape(vectors.shape[1], -1)
    x, y = (vectors[:2] - _floats(learned["mean"])) @ projection
    score = _floats(learned["cross"]) @ (x * y) - _floats(learned["square"]) @ (x**2 + y**2)
    chance = np.interp(score, learned["scores"], learned["chances"])
    assert chance == pytest.approx(judged.chance(judged.score(vectors, pair))[0], abs=1e-4)


@pytest.mark.parametrize(("use", "count"), [(Use.ANY, 0), (Use.RESEARCH, 1)])
def test_terms_of_a_set_that_are_narrower_than_the_models_are_told(
    models: Path, crops: CropSet, monkeypatch: pytest.MonkeyPatch, use: Use, count: int
) -> None:
    made = SETS["drawn"]
    terms = Terms(use, "for science alone")
    monkeypatch.setitem(SETS, "drawn", replace(made, info=replace(made.info, terms=terms)))
    done = _called(models)
    assert done.exit_code == 0, done.output
    assert done.output.count("narrower than the model's (for science alone)") == count


def test_a_model_without_a_bottleneck_has_nothing_undefended_to_learn_from() -> None:
    graph = load_bundle(find_bundle(MODELS, NAME)).graph
    with pytest.raises(ValueError, match="no bottleneck"):
        _ = GraphFilter(graph.replace(b"bottleneck.weight", b"bottlenick.weight")).before_bottleneck


def test_an_unknown_set_is_told_before_anything_is_learned(models: Path) -> None:
    done = _called(models, "--people", "nobody")
    assert done.exit_code == 2
    assert "Unknown sets: nobody." in done.output
