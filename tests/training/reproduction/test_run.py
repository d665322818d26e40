"""A run does each system on each fold once, however often it is cut short."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from faceveil.audit.closed_set import answered
from tests.training.reproduction.made_up import made_up_part
from training.data.crops import CropSet
from training.data.record import DataError
from training.lab.cells import Outcomes
from training.lab.folds import Fold
from training.lab.runner import Run
from training.lab.system import Share, System, finished
from training.studies.reproduction.catalogue import Catalogue, catalogue
from training.studies.reproduction.options import ReproduceStudy
from training.studies.reproduction.run import compared, concluded, dealt
from training.studies.study import DataSet

PART = made_up_part()
FOLDS = 4


def _quiet(stage: str, done: int, total: int) -> None:
    assert 0 <= done <= total, stage


def _study(folder: Path, **changes: object) -> ReproduceStudy:
    study = ReproduceStudy(data_set=DataSet.JAFFE, run=folder, folds=FOLDS)
    return replace(study, **changes)  # type: ignore[arg-type]


def fill(part: CropSet, plan: Catalogue, study: ReproduceStudy) -> Run:
    return compared(dealt(part, study), plan, study, _quiet)


class _Fake:
    """A system that answers rightly, counts its folds, and may be stopped."""

    def __init__(self, name: str, stopped_at: int | None = None) -> None:
        self.name, self.stopped_at, self.visited = name, stopped_at, list[int]()

    def system(self, **settings: object) -> System:
        return System(self.name, settings, 1.0, self.run)

    def run(self, fold: Fold, share: Share) -> Outcomes:
        if fold.number == self.stopped_at:
            raise KeyboardInterrupt
        self.visited.append(fold.number)
        share(0.5)
        scores = np.log(np.eye(fold.people)[fold.labels(True)[fold.tested]] + 0.01)
        return {"Face": [fold.answers(scores, identity=True, converged=True)]}


def _plan(*systems: System, turns: int | None = None) -> Catalogue:
    return Catalogue(list(systems), images=60, turns=turns, cut=[])


def test_every_row_is_tested_once(tmp_path: Path) -> None:
    system, study = _Fake("Face").system(), _study(tmp_path)
    run = fill(PART, _plan(system), study)
    cells = finished([system], dealt(PART, study), run)["Face"]
    assert sorted(row for cell in cells for row in cell.rows) == list(range(len(PART)))


def test_a_killed_run_goes_on_without_doing_a_finished_cell_again(tmp_path: Path) -> None:
    cut = _Fake("Face", stopped_at=2)
    with pytest.raises(KeyboardInterrupt):
        fill(PART, _plan(cut.system()), _study(tmp_path))
    again = _Fake("Face")
    fill(PART, _plan(again.system()), _study(tmp_path))
    assert (cut.visited, again.visited) == ([0, 1], [2, 3])


def test_a_new_system_leaves_what_is_finished(tmp_path: Path) -> None:
    one, other = _Fake("Face"), _Fake("Emotion")
    fill(PART, _plan(one.system()), _study(tmp_path))
    fill(PART, _plan(one.system(), other.system()), _study(tmp_path))
    assert (one.visited, other.visited) == ([0, 1, 2, 3], [0, 1, 2, 3])


def test_other_settings_of_a_system_do_it_again(tmp_path: Path) -> None:
    fake = _Fake("Face")
    fill(PART, _plan(fake.system(width=1)), _study(tmp_path))
    fill(PART, _plan(fake.system(width=2)), _study(tmp_path))
    assert len(fake.visited) == 2 * FOLDS


@pytest.mark.parametrize("changes", [{"seed": 1}, {"folds": 3}, {"data_set": DataSet.YALE}])
def test_the_folder_of_another_plan_is_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    fill(PART, _plan(_Fake("Face").system()), _study(tmp_path))
    with pytest.raises(ValueError, match="another recipe, seed or data"):
        fill(PART, _plan(_Fake("Face").system()), _study(tmp_path, **changes))


def test_the_folder_of_other_data_is_refused(tmp_path: Path) -> None:
    fill(PART, _plan(_Fake("Face").system()), _study(tmp_path))
    with pytest.raises(ValueError, match="another recipe, seed or data"):
        fill(made_up_part(1), _plan(_Fake("Face").system()), _study(tmp_path))


def test_a_quick_run_tests_some_of_the_same_folds(tmp_path: Path) -> None:
    fake = _Fake("Face")
    fill(PART, _plan(fake.system(), turns=2), _study(tmp_path))
    assert fake.visited == [0, 1]


def test_systems_can_be_chosen_and_an_unknown_one_is_named(tmp_path: Path) -> None:
    one, other = _Fake("Face"), _Fake("Emotion")
    plan = _plan(one.system(), other.system())
    fill(PART, plan, _study(tmp_path, systems="Emotion"))
    assert (one.visited, other.visited) == ([], [0, 1, 2, 3])
    with pytest.raises(ValueError, match=r"Unknown systems: Fase\. Known: Face, Emotion"):
        fill(PART, plan, _study(tmp_path, systems="Fase"))


def test_more_folds_than_pictures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Too few pictures"):
        fill(PART, _plan(), _study(tmp_path, folds=99))


def test_the_result_says_what_is_missing_and_pools_what_is_there(tmp_path: Path) -> None:
    plan = _plan(_Fake("Face").system(), _Fake("Emotion").system())
    study = _study(tmp_path, systems="Face")
    result = concluded(PART, dealt(PART, study), plan, fill(PART, plan, study), study)
    assert result.missing == ["Emotion"]
    (face,) = result.paper
    assert (face.system, face.rate.correct, face.rate.total) == ("Face", 60, 60)
    assert (face.paper, face.answers, face.chance) == (99.26, 4, 0.25)


def test_the_quick_version_says_what_was_cut_and_the_full_one_cuts_nothing() -> None:
    full, quick = (catalogue("yale", quick=q, seed=0) for q in (False, True))
    assert full.cut == []
    assert full.turns is None
    assert full.images == 3033
    assert quick.cut
    assert quick.turns is not None
    names = [system.name for system in full.systems]
    assert len(names) == len(set(names))
    digests = {system.name: system.digest for system in full.systems}
    assert all(digests[s.name] != s.digest for s in quick.systems if s.name in ("Face", "Hybrid"))


def test_a_collapsed_head_scores_what_it_scores() -> None:
    scores = np.tile(np.log([0.7, 0.1, 0.1, 0.1]), (8, 1))
    outcome = answered(scores, np.arange(8) % 4, converged=True)
    assert [best for best in outcome.best if best != [0]] == []
