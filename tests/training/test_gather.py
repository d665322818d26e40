"""A set's crops are gathered; animated faces of people who are judged stay apart."""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from tests.training.faces import made_up_crops
from training.data import manifest
from training.data.animated import origin
from training.data.crops import CropSet
from training.data.record import DataError, Record
from training.studies import gather
from training.studies.train.options import TrainStudy

PEOPLE = [f"{of}-{number:03}" for of in ("frl", "cc0") for number in range(20)]


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainStudy:
    place = tmp_path / "animated"
    place.mkdir()
    (place / origin.ORIGIN).write_text(json.dumps({"sets": ["frl", "cc0"]}))
    rows = "".join(f"{name}/fear/1.jpg,{name},fear\n" for name in PEOPLE)
    (place / manifest.CSV_NAME).write_text(f"image,subject,emotion\n{rows}")
    for name in PEOPLE:
        (place / name / "fear").mkdir(parents=True)
        (place / name / "fear" / "1.jpg").touch()

    def as_many(records: Iterable[Record], *others: object) -> CropSet:
        del others
        subjects = {str(record.subject) for record in records}
        part = made_up_crops(people=len(subjects), takes=1, emotions=1)
        return CropSet(
            part.crops,
            part.emotion,
            part.subject,
            part.source,
            traits={"origin": np.array(sorted(subjects))},
        )

    monkeypatch.setattr(gather, "cached_crops", as_many)
    return TrainStudy(data=tmp_path, run=tmp_path / "run")


def _silent(stage: str, done: int, total: int) -> None:
    del stage, done, total


@pytest.mark.parametrize("judged", [["frl"], ["jaffe", "cc0"], ["jaffe"]])
def test_animated_faces_are_those_of_others_and_those_of_the_judged(
    study: TrainStudy, judged: list[str]
) -> None:
    others = gather.gathered(["animated"], study, _silent, judged=judged)["animated"]
    made = gather.made_of(["animated", *judged], study, _silent)
    of_judged = {name for name in PEOPLE if name.split("-")[0] in judged}
    learned = {name for name in PEOPLE if not origin.is_held_out(name)}
    assert set(others.traits["origin"]) == learned - of_judged
    assert bool(made) == bool(learned & of_judged)
    if made:
        assert set(made["animated"].traits["origin"]) == learned & of_judged


def test_where_all_animated_faces_are_of_the_judged_it_is_said_what_to_do(
    study: TrainStudy,
) -> None:
    assert not gather.is_left("animated", study, ["frl", "cc0"])
    assert gather.is_left("animated-test", study, ["frl"])
    with pytest.raises(DataError, match=r"No animated faces are left.* Animate other portraits"):
        gather.gathered(["animated"], study, _silent, judged=["frl", "cc0"])


def test_nothing_else_is_made_of_a_set(study: TrainStudy) -> None:
    assert gather.made_of(["frl"], study, _silent) == {}
