"""The command that a study prints asks for the same study again."""

import shlex
import subprocess
import sys
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import TypeVar

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from training.commands.command import command
from training.commands.train import train
from training.commands.unseen import unseen
from training.data.record import DRAWN, EMOTIONS
from training.filter.algorithm import Recipe
from training.filter.arithmetic import Precision
from training.studies.frontier.options import FrontierStudy
from training.studies.probe.options import ProbeStudy
from training.studies.quantise.options import QuantiseStudy
from training.studies.reproduction.options import ReproduceStudy
from training.studies.study import DataSet, Study
from training.studies.train.options import TrainStudy
from training.studies.unseen.options import UnseenStudy

AnyStudy = TypeVar("AnyStudy", bound=Study)

COUNTS = st.integers(2, 10**6)
SHARES = st.floats(0, 1)
SEEDS = st.integers(-(10**6), 10**6)
PRECISIONS = st.sampled_from(Precision)
SETS = st.sampled_from(DataSet)
WORDS = st.from_regex(r"[a-z][a-z '\"-]{0,9}", fullmatch=True)
STUDIES = st.one_of(
    st.builds(
        TrainStudy,
        name=WORDS,
        data=st.sampled_from([None, Path(DRAWN)]),
        sets=st.none() | st.just("fer,jaffe"),
        steps=COUNTS,
        pretraining_steps=COUNTS,
        folds=COUNTS,
        seed=SEEDS,
        mixing=SHARES,
        precision=PRECISIONS,
        terms=st.none() | WORDS,
        emotions=st.none() | st.just(",".join(EMOTIONS[:2])),
        reference=st.booleans(),
        teacher=st.booleans(),
        int8=st.booleans(),
    ),
    st.builds(
        TrainStudy,
        codewords=st.just(8),
        emotions=st.just("neutral,happiness"),
        prior=st.just("neutral=0.6,happiness=0.4"),
    ),
    st.builds(
        FrontierStudy,
        data_set=SETS,
        folds=COUNTS,
        seeds=COUNTS,
        seed=SEEDS,
        only=st.none() | WORDS,
        teacher=st.booleans(),
        precision=PRECISIONS,
    ),
    st.builds(
        ReproduceStudy, data_set=SETS, folds=COUNTS, quick=st.booleans(), precision=PRECISIONS
    ),
    st.builds(UnseenStudy, sets=st.just("jaffe,yale"), mixing=SHARES, precision=PRECISIONS),
    st.builds(ProbeStudy, name=WORDS, version=st.none() | st.just("1.0.0"), seed=SEEDS),
    st.builds(QuantiseStudy, name=WORDS, of=st.just("1.0.0"), version=st.just("1.0.1")),
)


def _requested(kind: type[AnyStudy], words: list[str]) -> AnyStudy:
    """The study that a command line asks for."""
    studies: list[AnyStudy] = []
    app = typer.Typer()
    app.command()(command(kind, studies.append))
    ended = CliRunner().invoke(app, words)
    assert ended.exit_code == 0, ended.output
    return studies[0]


@given(STUDIES)
def test_what_makes_a_study_again_asks_for_the_same_study(study: Study) -> None:
    program, name, *words = shlex.split(study.command)
    assert (program, name) == ("faceveil", study.NAME)
    assert _requested(type(study), words) == study


def test_paths_are_this_machines_and_have_no_part_in_it() -> None:
    study = TrainStudy(data=Path("/data"), models=Path("/models"), run=Path("/run"))
    assert study.command == TrainStudy().command


@pytest.mark.parametrize(
    ("prior", "codewords", "said"),
    [
        ("neutral=0.6,happiness=0.4", 0, "--codewords"),
        ("neutral=0.6,happiness=0.6", 8, "--prior: the shares sum to 1.2"),
        ("neutral=0.6,fear=0.4", 8, "--prior: give each of neutral, happiness a share"),
        ("often", 8, "--prior: it must be"),
    ],
)
def test_shares_that_are_none_are_refused(prior: str, codewords: int, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        TrainStudy.from_options(prior=prior, codewords=codewords, emotions="neutral,happiness")


def test_drawn_faces_make_a_first_try_of_what_is_not_given() -> None:
    drawn = _requested(TrainStudy, ["--data", DRAWN])
    assert (drawn.name, drawn.steps, drawn.folds, drawn.reference) == (DRAWN, 120, 3, False)
    assert _requested(TrainStudy, ["--data", DRAWN, "--steps", "400"]).steps == 400
    assert _requested(TrainStudy, []) == TrainStudy()
    assert replace(TrainStudy(), name="mine").folder == Path("runs/mine-1.0.0")


@pytest.mark.parametrize("called", [train, unseen])
def test_sets_are_mixed_as_in_the_preset(called: object) -> None:
    assert signature(called).parameters["mixing"].default == Recipe().mixing  # type: ignore[arg-type]


def test_help_needs_nothing_that_only_training_needs() -> None:
    names = ("animate", "frontier", "probe", "quantise", "reproduce", "train", "unseen", "verifier")
    program = "import sys; " + "; ".join(f"import training.commands.{name}" for name in names)
    answer = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", f"{program}; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert not set(answer.stdout.split()) & {"torch", "sklearn", "matplotlib", "onnx", "pandas"}
