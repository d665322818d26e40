"""The table shows the paper's figures beside ours, and marks what is no success."""

from datetime import date
from pathlib import Path

import pytest

from faceveil.rate import Rate
from training.lab.markdown import put_into
from training.lab.measurement import Task
from training.studies.reproduction.report import readable
from training.studies.reproduction.result import Control, Figure, Readings, Released, Reproduction


def _figure(system: str, correct: int, *, answers: int = 10, task: Task = "identity") -> Figure:
    return Figure(
        system=system,
        task=task,
        rate=Rate.of(correct, 200),
        chance=0.1,
        answers=answers,
        classes=10,
        converged=True,
    )


def _result(**changes: object) -> Reproduction:
    released = Released(
        name="paper",
        what="the map",
        emotion=_figure("Hybrid2Emotion", 160, task="emotion"),
        attacks=[_figure("Hybrid2Face", 50), _figure("lda", 190)],
    )
    values: dict[str, object] = {
        "data": "JAFFE",
        "command": "faceveil reproduce jaffe",
        "created": date(2026, 1, 2),
        "seed": 0,
        "folds": 10,
        "turns": 10,
        "images": 200,
        "augmented": 3038,
        "people": 10,
        "emotions": ["neutral", "happiness"],
        "pictures": "200 pictures, 200 kept.",
        "versions": {"torch": "2"},
        "machine": "a machine",
        "minutes": 40.0,
        "cut": [],
        "missing": [],
        "paper": [_figure("Hybrid2Face", 50).model_copy(update={"paper": 25.79})],
        "released": [released],
        "hand_made": [Readings(name="HOG", figures=[_figure("HOG", 180), _figure("HOG", 199)])],
        "degraded": [Readings(name="blur 2", figures=[_figure("HOG", 120)])],
        "controls": [
            Control(name="raw pixels", worst=_figure("lda", 200)),
            Control(name="shuffled labels", worst=_figure("nearest", 22)),
        ],
    }
    return Reproduction.model_validate(values | changes)


def test_the_papers_figure_stands_beside_ours_with_interval_and_chance() -> None:
    row = "| Hybrid2Face | identity | 25.79 | 25.0 [19.2, 31.6] | 10.0 | 10 of 10 |\n"
    assert row in readable(_result())


def test_a_training_that_was_cut_off_is_named() -> None:
    cut_off = _figure("Emotion", 50).model_copy(update={"converged": False})
    assert "when the last epoch was over: Emotion." in readable(_result(paper=[cut_off]))
    assert "last epoch" not in readable(_result())


def test_the_worst_attacker_is_named_next_to_the_papers() -> None:
    text = readable(_result())
    assert (
        "| worst attacker on what Hybrid releases: lda | identity | | 95.0 [91.0, 97.6] |" in text
    )
    assert "**95.0 [91.0, 97.6]** lda" in text


def test_a_figure_below_chance_is_marked_and_warned_of() -> None:
    result = _result(paper=[_figure("Hybrid2Face", 2)])
    assert "1.0 [0.1, 3.6] **!**" in readable(result)
    assert "Hybrid2Face: 1.0% [0.1%, 3.6%] is clearly below chance (10.0%)." in result.warnings


def test_a_collapsed_head_is_marked_and_warned_of() -> None:
    result = _result(paper=[_figure("Hybrid2Face", 20, answers=2)])
    assert "**!** | 10.0 | 2 of 10 |" in readable(result)
    assert "Hybrid2Face names 2 of 10: a collapsed head." in result.warnings


def test_a_figure_of_the_papers_below_chance_is_warned_of() -> None:
    (warning,) = _result(
        paper=[_figure("Hybrid2Face", 50).model_copy(update={"paper": 1.0})]
    ).warnings
    assert "The paper's own Hybrid2Face, 1.00 %, is below chance (10.0%)" in warning


def test_few_probes_say_nothing_about_a_collapse() -> None:
    few = _figure("Hybrid2Face", 1, answers=4).model_copy(update={"rate": Rate.of(1, 17)})
    assert _result(paper=[few]).warnings == []


def test_a_control_that_fails_is_a_warning() -> None:
    assert _result().warnings == []
    blind = Control(name="raw pixels", worst=_figure("lda", 40))
    leaky = Control(name="shuffled labels", worst=_figure("lda", 90))
    assert any("attackers are broken" in w for w in _result(controls=[blind]).warnings)
    assert any("folds leak" in w for w in _result(controls=[leaky]).warnings)


def test_a_quick_table_says_what_was_cut_and_what_is_missing() -> None:
    text = readable(_result(cut=["Three folds."], missing=["strong"]))
    assert "**A quick version.** Three folds." in text
    assert "**Not run on every fold yet:** strong." in text
    assert "quick version" not in readable(_result())


def test_every_row_of_a_table_has_its_columns() -> None:
    widths: list[int] = []
    for line in [*readable(_result()).splitlines(), ""]:
        if line.startswith("|"):
            widths.append(line.count("|"))
        elif widths:
            assert len(set(widths)) == 1, widths
            assert len(widths) > 2
            widths = []


def test_a_table_with_nothing_in_it_renders() -> None:
    empty: dict[str, object] = dict.fromkeys(
        ("paper", "released", "hand_made", "degraded", "controls"), ()
    )
    assert "### Warnings\n\nNone." in readable(_result(**empty))


def test_json_holds_all_that_the_table_shows() -> None:
    result = _result()
    again = Reproduction.model_validate_json(result.model_dump_json())
    assert readable(again) == readable(result)


def test_tables_go_between_their_marks_and_leave_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "results.md"
    file.write_text("# Results\n\nProse.\n")
    put_into(file, "jaffe", "one")
    put_into(file, "yale", "two")
    file.write_text(file.read_text() + "\nMore prose.\n")
    put_into(file, "jaffe", "three")
    assert file.read_text() == (
        "# Results\n\nProse.\n\n<!-- begin: jaffe -->\n\nthree\n\n<!-- end: jaffe -->\n\n"
        "<!-- begin: yale -->\n\ntwo\n\n<!-- end: yale -->\n\nMore prose.\n"
    )


def test_a_mark_without_its_end_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "results.md"
    file.write_text("<!-- begin: jaffe -->\nhalf\n")
    with pytest.raises(ValueError, match="lacks"):
        put_into(file, "jaffe", "new")
    assert file.read_text() == "<!-- begin: jaffe -->\nhalf\n"
