"""Features are read alike from every kind of file; what is none is told in a sentence."""

import csv
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from faceveil.audit.features import Features, FeaturesError, load

ROWS = np.random.default_rng(0).standard_normal((6, 3)).astype(np.float32)
SUBJECT = ["ann", "bob", "ann", "bob", "cy", "cy"]
EMOTION = ["neutral", "fear", "fear", "neutral", "fear", "neutral"]


def _npz(path: Path) -> Path:
    np.savez(path / "features.npz", embedding=ROWS, subject=SUBJECT, emotion=EMOTION)
    return path / "features.npz"


def _csv(path: Path) -> Path:
    with (path / "features.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["subject", "emotion", "e0", "e1", "e2"])
        writer.writerows(
            [subject, emotion, *row]
            for subject, emotion, row in zip(SUBJECT, EMOTION, ROWS.tolist(), strict=True)
        )
    return path / "features.csv"


def _parquet_of_lists(path: Path) -> Path:
    table = pa.table({"subject": SUBJECT, "emotion": EMOTION, "embedding": ROWS.tolist()})
    parquet.write_table(table, path / "lists.parquet")
    return path / "lists.parquet"


def _parquet_of_columns(path: Path) -> Path:
    columns = {f"e{number}": ROWS[:, number] for number in range(ROWS.shape[1])}
    table = pa.table({"subject": SUBJECT, "emotion": EMOTION, **columns})
    parquet.write_table(table, path / "columns.parquet")
    return path / "columns.parquet"


@pytest.mark.parametrize("write", [_npz, _csv, _parquet_of_lists, _parquet_of_columns])
def test_every_kind_of_file_holds_the_same_features(write: object, tmp_path: Path) -> None:
    assert callable(write)
    features = load(write(tmp_path))
    np.testing.assert_allclose(features.embedding, ROWS, rtol=1e-6)
    assert features.subject.tolist() == SUBJECT
    assert features.emotion is not None
    assert features.emotion.tolist() == EMOTION
    assert features.session is None
    assert features.digest == Features.of(ROWS, SUBJECT, EMOTION).digest


def test_parquet_without_its_extra_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _parquet_of_lists(tmp_path)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(FeaturesError, match=r"\.\[parquet\]"):
        load(file)


@pytest.mark.parametrize("suffix", [".npz", ".csv", ".parquet", ".txt"])
def test_a_file_that_holds_something_else_is_refused_with_a_sentence(
    suffix: str, tmp_path: Path
) -> None:
    file = tmp_path / f"features{suffix}"
    file.write_text("not what its name says")
    with pytest.raises(FeaturesError, match=r"\.$"):
        load(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FeaturesError):
        load(tmp_path / "absent.npz")


def test_an_embedding_that_is_not_finite_is_refused_with_its_row() -> None:
    broken = ROWS.copy()
    broken[4, 1] = np.nan
    with pytest.raises(FeaturesError, match="row 4"):
        Features.of(broken, SUBJECT)


def test_labels_must_fit_the_embeddings() -> None:
    with pytest.raises(FeaturesError, match="one label for each of the 6"):
        Features.of(ROWS, SUBJECT[:-1])


def test_an_npz_with_pickled_objects_is_not_unpickled(tmp_path: Path) -> None:
    file = tmp_path / "features.npz"
    np.savez(file, embedding=np.array([{"any": "object"}], dtype=object), subject=["ann"])
    with pytest.raises(FeaturesError):
        load(file)
