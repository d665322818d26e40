"""The variants are tried on an inner split, the preset is reported on every fold."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import typer
from typer.testing import CliRunner

from faceveil.audit.attackers import HYBRID2FACE, NEAREST, Fitted, Gallery
from faceveil.audit.codebook import Seeing
from faceveil.rate import Rate
from tests.training.faces import made_up_crops
from training.bundle.picture import draw
from training.commands.frontier import frontier
from training.data.crops import UNKNOWN, CropSet
from training.data.record import DataError
from training.filter.algorithm import Filter, Recipe, train
from training.lab import judge, runner
from training.lab.measurement import where
from training.lab.plan import UNDEFENDED, Plan, Progress
from training.studies import expressions
from training.studies.features import hand_made_systems
from training.studies.frontier import references, report, run
from training.studies.frontier.options import FrontierStudy
from training.studies.frontier.report import panels, readable, readable_variants, reported
from training.studies.frontier.run import INNER_FOLDS, REPORTED, Frontier, tried
from training.studies.frontier.variants import BASES, EXPRESSIONS, STRONG, Variant, variants
from training.studies.study import DataSet

FOLDS = 3
TINY = Recipe(dimension=4, filters=(4, 4), steps=2, warm_up=1, batch=16)
READING = replace(
    expressions.READING, dimension=4, filters=(4, 8), steps=2, batch=16, mixed_precision=False
)
HIDING = replace(
    expressions.hiding(replace(TINY, steps=2), 8, READING), batch=16, faces_a_codeword=1
)
PART = made_up_crops(people=3, takes=5)
WILD = replace(made_up_crops(people=3, takes=2, seed=1), subject=np.full(18, UNKNOWN))


def _quiet(stage: str, done: int, total: int) -> None:
    assert 0 <= done <= total, stage


class _Quick:
    """Stands for the paper's attacker, whose network takes its time."""

    name = HYBRID2FACE.name

    def fit(self, gallery: Gallery, seed: int) -> Fitted:
        return NEAREST.fit(gallery, seed)


(_HOG,) = (system for system in hand_made_systems() if system.name == "HOG")

PLAN = Plan(TINY, TINY, {"no noise": 0.0, "balanced": 0.5}, FOLDS, 0, (_Quick(),))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> FrontierStudy:
    run = tmp_path_factory.mktemp("run")
    return FrontierStudy(
        data_set=DataSet.JAFFE, run=run, folds=FOLDS, steps=2, pretraining_steps=2, seeds=2
    )


@pytest.fixture(scope="module")
def learned() -> list[CropSet]:
    return []


@pytest.fixture(scope="module", autouse=True)
def _few() -> Iterator[None]:
    """A few variants do, the quickest attackers, and one of the baselines."""
    few = {STRONG, "no teacher", "no scatter", "mobile"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge, "ACROSS_EMOTIONS", (NEAREST,))
        patch.setattr(judge, "KNOWING_CODEWORDS", (Seeing(NEAREST, "codeword"),))
        for layers, (what, _) in BASES.items():
            patch.setitem(BASES, layers, (what, (4, 8)))
        few |= variants(HIDING).keys() - variants(TINY).keys()
        patch.setattr(run, "variants", lambda recipe: _of(variants(recipe), few))
        patch.setattr(references, "hand_made_systems", lambda: [_HOG])
        patch.setattr(references, "STRENGTHS", {"blur": (1.0, 8.0)})
        yield


def _of(every: dict[str, Variant], names: set[str]) -> dict[str, Variant]:
    return {name: variant for name, variant in every.items() if name in names}


def _shared(some: np.ndarray, others: np.ndarray) -> int:
    """How many of the crops are among the others."""
    return int((some[:, None] == others).all(axis=(2, 3)).any(axis=1).sum())


@pytest.fixture(scope="module")
def found(study: FrontierStudy, learned: list[CropSet]) -> Frontier:
    def watched(data: CropSet, *arguments: object, **options: object) -> Filter:
        learned.append(data)
        return train(data, *arguments, **options)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "train", watched)
        return tried(WILD, PART, PLAN, study, _quiet)


def test_variants_never_see_what_the_first_fold_is_tested_on(
    found: Frontier, learned: list[CropSet]
) -> None:
    tested = PART.crops[PLAN.deal(PART)[0].tested]
    tries = INNER_FOLDS * 3
    starts = 3  # of two bases, and of the one without a defence
    assert len(learned) == starts + tries + 2 * FOLDS + FOLDS
    with_people = [data for data in learned if data.subject.max() != UNKNOWN]
    assert len(with_people) == len(learned) - starts
    for data in with_people[:tries]:
        assert not _shared(data.crops, tested)


def test_every_variant_and_the_preset_on_all_folds_have_a_row_a_level(found: Frontier) -> None:
    every = [STRONG, "no scatter", "mobile"]  # no teacher taught, so none can be left out
    levels = len(PLAN.levels)
    assert [row["variant"] for row in report.tried(found)[::levels]] == every
    assert [row["seed"] for row in reported(found)[::levels]] == [0, 1000]
    assert {m.rate.total for m in where(found.measured, released=REPORTED)} == {len(PART)}


def test_the_references_are_read_on_the_same_images(found: Frontier) -> None:
    rows = report.references(found)
    assert [row["released"] for row in rows] == [UNDEFENDED, "HOG", "blur 1", "blur 8"]
    assert [row["family"] for row in rows] == [UNDEFENDED, "HOG", "blur", "blur"]
    assert {row["emotion"].rate.total for row in rows} == {len(PART)}


def test_a_run_goes_on_with_what_is_finished(study: FrontierStudy, found: Frontier) -> None:
    (study.folder / "all-folds-0" / "fold-0.pt").unlink()
    before = (study.folder / STRONG / "fold-0.pt").stat().st_mtime_ns
    again = tried(WILD, PART, PLAN, study, _quiet)
    assert again.measured == found.measured
    assert (study.folder / STRONG / "fold-0.pt").stat().st_mtime_ns == before


def test_the_tables_and_the_picture_show_it(found: Frontier) -> None:
    text = readable(found, "picture.svg")
    assert text.count("| all folds |") == 2 * len(PLAN.levels)
    assert "faceveil frontier jaffe --folds 3" in text
    assert "| blur 8 |" in text
    table = readable_variants(found)
    assert "- no scatter: scatter within an emotion 0" in table
    assert table.count("| mobile | 2 after 2 | 0 |") == len(PLAN.levels)
    whole, inner = panels(found, "jaffe")
    levels = list(PLAN.levels)
    paper = "the paper, its own attacker"
    beside = [UNDEFENDED, "HOG", "blur", "blur", paper]
    assert [point.name for point in whole.points] == [*levels, *levels, *beside]
    assert not [p for p in whole.points if p.name in beside and isinstance(p.emotion, Rate)]
    assert "no scatter" in {point.name for point in inner.points}
    drawn = draw([whole, inner])
    assert "<svg" in drawn
    assert drawn == draw([whole, inner])


def test_a_variant_of_another_base_has_a_start_of_its_own(
    study: FrontierStudy, found: Frontier
) -> None:
    del found
    files = {file.name for file in study.folder.glob("*.pt")}
    assert files == {"pretrained.pt", "pretrained-mobile.pt"}


def test_only_some_are_tried_and_the_others_rows_stay(
    study: FrontierStudy, found: Frontier
) -> None:
    some = tried(WILD, PART, PLAN, replace(study, only="mobile"), _quiet)
    assert some.measured == where(found.measured, released="mobile")
    before = readable_variants(replace(found, command="faceveil frontier jaffe"))
    after = readable_variants(some, before)
    assert [line for line in after.splitlines() if line not in before.splitlines()] == [
        f"    {some.command}"
    ]
    assert "--only mobile" in some.command
    longer = readable_variants(replace(some, trained="9 after 9"), before)
    rows = [line for line in longer.splitlines() if line.startswith("| mobile")]
    assert len(rows) == 2 * len(PLAN.levels), "trained otherwise, so beside it"


def test_the_command_writes_some_rows_and_leaves_the_rest_of_the_page(
    found: Frontier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measured(study: FrontierStudy, progress: Progress) -> Frontier:
        del progress
        names = study.only.split(",") if study.only else list(found.variants)
        some = {name: found.variants[name] for name in names}
        return replace(found, variants=some, command=study.command)

    monkeypatch.setattr(run, "frontier", measured)
    page, app = tmp_path / "page.md", typer.Typer()
    app.command()(frontier)
    assert CliRunner().invoke(app, ["jaffe", "--output", str(page)]).exit_code == 0
    before, picture = page.read_text(), (tmp_path / "frontier-jaffe.svg").stat().st_mtime_ns
    ended = CliRunner().invoke(app, ["jaffe", "--output", str(page), "--only", "mobile"])
    assert ended.exit_code == 0, ended.output
    added = [line for line in page.read_text().splitlines() if line not in before.splitlines()]
    assert len(added) == 1, "the command, beside rows that came out as before"
    assert "--only mobile" in added[0]
    assert len(page.read_text().splitlines()) == len(before.splitlines()) + 1
    assert (tmp_path / "frontier-jaffe.svg").stat().st_mtime_ns == picture


def test_an_unknown_variant_is_refused_with_those_there_are(study: FrontierStudy) -> None:
    with pytest.raises(DataError, match=r"Unknown variants: inverted. Known: strong, "):
        tried(WILD, PART, PLAN, replace(study, only="mobile, inverted"), _quiet)


def test_standard_expressions_are_tried_too(tmp_path: Path) -> None:
    names = [EXPRESSIONS, "16 codewords", "not remembered", "residual"]
    study = FrontierStudy(
        data_set=DataSet.JAFFE, run=tmp_path, folds=FOLDS, codewords=8, only=",".join(names)
    )
    plan = Plan(HIDING, READING, {"balanced": 0.0625}, FOLDS, 0, (_Quick(),))
    found = tried(WILD, PART, plan, study, _quiet)
    assert [row["variant"] for row in report.tried(found)] == names
    assert found.preset == EXPRESSIONS
    systems = {m.system for m in where(found.measured, released="16 codewords")}
    assert "codeword, nearest" in systems
    sizes = {
        name: len(torch.load(tmp_path / name / "fold-0.pt")["base"]["codebook.codewords"])
        for name in (EXPRESSIONS, "16-codewords")
    }
    assert 1 <= sizes[EXPRESSIONS] <= 8
    assert sizes["16-codewords"] <= 16
    assert (tmp_path / "pretrained-residual.pt").exists()
    assert "### Variants on JAFFE, standard expressions" in readable_variants(found)


def test_each_preset_has_variants_of_its_own() -> None:
    strong, expressions_ = variants(Recipe()), variants(expressions.hiding(Recipe(), 64))
    assert (next(iter(strong)), next(iter(expressions_))) == (STRONG, EXPRESSIONS)
    assert {"controlled", "mobile", "inception"} <= strong.keys() & expressions_.keys()
    assert "attention" in strong.keys() - expressions_.keys()
    assert {"16 codewords", "32 codewords", "128 codewords", "not remembered"} <= (
        expressions_.keys() - strong.keys()
    )
    for every in (strong, expressions_):
        preset, *others = every.values()
        assert all(one.recipe != preset.recipe for one in others)
        assert every["controlled"].recipe.controlled


def test_a_set_that_is_too_small_is_refused(tmp_path: Path, study: FrontierStudy) -> None:
    few = PART.take(np.arange(4))
    with pytest.raises(DataError, match="Too few pictures"):
        tried(WILD, few, PLAN, replace(study, run=tmp_path), _quiet)
