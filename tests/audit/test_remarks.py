"""What looks like no embedding is named; what is unknown is told and never a category."""

from pathlib import Path

import numpy as np

from faceveil.audit.case import Options, prepare
from faceveil.audit.features import Features, load
from faceveil.audit.remarks import remarks

OPTIONS = Options(folds=3)


def _noise(people: int = 5, samples: int = 6) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    subject = np.repeat([f"p{number}" for number in range(people)], samples)
    return rng.normal(size=(len(subject), 4)), rng.permutation(subject)


def test_noise_gives_no_remark() -> None:
    assert remarks(Features.of(*_noise())) == []


def test_a_count_a_row_number_and_a_number_of_the_person_are_named() -> None:
    rows, subject = _noise()
    size = len(subject)
    person = np.unique(subject, return_inverse=True)[1] / 7
    age = np.random.default_rng(1).integers(20, 80, size)
    odd = Features.of(np.column_stack([rows, age, np.arange(size) + 0.5, person]), subject)
    count, row, number = remarks(odd)
    assert "`dimension 4` holds whole numbers only" in count
    assert "`dimension 5` holds values that rise or fall" in row
    assert "`dimension 6` holds one value for each person" in number


def test_quantised_and_constant_embeddings_are_no_counts() -> None:
    rows, subject = _noise()
    assert remarks(Features.of((rows * 20).round(), subject)) == []
    assert remarks(Features.of(np.ones((30, 4)), subject)) == []


def test_columns_that_were_taken_and_left_out_are_told(tmp_path: Path) -> None:
    rows, subject = _noise()
    lines = [
        f"{number},{who},{','.join(map(str, row))}"
        for number, (who, row) in enumerate(zip(subject, rows.tolist(), strict=True))
    ]
    file = tmp_path / "f.csv"
    file.write_text("\n".join(["age,subject,e0,e1,e2,e3", *lines]))
    notes = prepare(load(file, "e*"), OPTIONS).data.notes
    assert notes == ["The columns taken are 4 dimensions: e0 to e3.", "Left out: `age`."]


def test_what_has_no_session_is_a_session_of_its_own() -> None:
    rows, subject = _noise()
    session = np.where(np.arange(30) < 6, "s", "")
    case = prepare(Features.of(rows, subject, session=session), OPTIONS)
    assert len(np.unique(case.groups)) == 25
    assert case.data.sessions == 1
    for nothing in (np.full(30, ""), [None] * 30, np.full(30, np.nan)):
        unknown = prepare(Features.of(rows, subject, session=nothing), OPTIONS)
        assert unknown.data.sessions is None
        assert unknown.data.digest == prepare(Features.of(rows, subject), OPTIONS).data.digest


def test_emotions_of_some_only_are_not_used_which_is_told() -> None:
    rows, subject = _noise()
    emotion = ["sad", "glad"] * 14 + [None, float("nan")]
    case = prepare(Features.of(rows, subject, emotion), OPTIONS)
    assert case.data.emotions == []
    assert case.features.emotion is None
    assert "emotion of 2 of 30 embeddings is unknown" in case.data.notes[0]
