"""Files as pandas, numpy and Arrow write them are read alike; bounds hold in sum."""

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from faceveil import featurefile
from faceveil.featurefile import Bounds, Columns, FileError

BOUNDS = Bounds(rows=100, unpacked=100_000)


def _read(data: bytes, suffix: str, chosen: str | None = None) -> Columns:
    return featurefile.read(io.BytesIO(data), suffix, BOUNDS, chosen)


def _parquet(**columns: Any) -> bytes:
    sink = io.BytesIO()
    parquet.write_table(pa.table(columns), sink)
    return sink.getvalue()


def _npz(**columns: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **columns)
    return buffer.getvalue()


EMBEDDING = [[0.5, 1.0], [2.0, 3.0], [4.0, 5.0]]


@pytest.mark.parametrize(
    ("data", "suffix"),
    [
        (_npz(embedding=EMBEDDING, subject=[b"a", b"b", b"a"], session=["s", "nan", ""]), ".npz"),
        (b"subject,session,e0,e1\na,s,.5,1\n b ,,2,3\na,nan,4,5\n", ".csv"),
        (
            _parquet(subject=["a", "b ", "a"], session=["s", None, ""], embedding=EMBEDDING),
            ".parquet",
        ),
        (
            _parquet(
                subject=pa.array(["a", "b", "a"], pa.large_string()),
                session=["s", None, None],
                embedding=pa.array(EMBEDDING, pa.large_list(pa.float32())),
                age=[1, 2, 3],
            ),
            ".parquet",
        ),
        (
            _parquet(
                subject=["a", "b", "a"],
                session=["s", None, "NaN"],
                x1=[1.0, 3.0, 5.0],
                x0=[0.5, 2.0, 4.0],
            ),
            ".parquet",
        ),
    ],
    ids=["npz", "csv", "parquet", "large lists", "columns"],
)
def test_labels_and_dimensions_come_out_alike(data: bytes, suffix: str) -> None:
    found = _read(data, suffix)
    np.testing.assert_array_equal(found.embedding, EMBEDDING)
    assert found.labels["subject"] == ["a", "b", "a"]
    assert found.labels["session"] == ["s", None, None]


def test_numbers_that_pandas_made_floats_are_the_same_subjects() -> None:
    assert _read(_parquet(subject=[17.0, 18.0], e0=[1.0, 2.0]), ".parquet").labels["subject"] == [
        "17",
        "18",
    ]
    assert _read(_npz(subject=[17.0], embedding=[[1.0]]), ".npz").labels["subject"] == ["17"]
    table = b"subject,session,e0\n17.0,,1\n18.0,-3.0,2\n"
    found = _read(table, ".csv").labels
    assert (found["subject"], found["session"]) == (["17", "18"], [None, "-3"])


def test_a_column_of_a_table_with_other_texts_too_holds_no_numbers() -> None:
    found = _read(b"subject,session,e0\n17.0,1.0,1\nann,1.5,2\n", ".csv").labels
    assert (found["subject"], found["session"]) == (["17.0", "ann"], ["1.0", "1.5"])


@pytest.mark.parametrize(
    ("data", "suffix"),
    [
        (_npz(embedding=EMBEDDING, subject=["a", "nan", "b"]), ".npz"),
        (_npz(embedding=EMBEDDING, subject=[1.0, np.nan, 2.0]), ".npz"),
        (b"subject,e0\na,1\n,2\n", ".csv"),
        (_parquet(subject=["a", None], e0=[1.0, 2.0]), ".parquet"),
    ],
)
def test_an_unknown_subject_is_refused_with_its_row(data: bytes, suffix: str) -> None:
    with pytest.raises(FileError, match="`subject`, row 1"):
        _read(data, suffix)


@pytest.mark.parametrize("value", [1e300, -1e39, np.inf, np.nan])
def test_numbers_that_cannot_be_squared_are_refused_with_their_row(value: float) -> None:
    for data, suffix in (
        (_npz(embedding=[[1.0], [value]], subject=["a", "b"]), ".npz"),
        (f"subject,e0\na,1\nb,{value}\n".encode(), ".csv"),
        (_parquet(subject=["a", "b"], e0=[1.0, value]), ".parquet"),
    ):
        with pytest.raises(FileError, match=r"not finite.*row 1"):
            _read(data, suffix)


def test_numbers_that_all_vanish_in_32_bits_are_refused_and_zeros_are_not() -> None:
    with pytest.raises(FileError, match="scale them up"):
        _read(_npz(embedding=[[1e-200], [-2e-200]], subject=["a", "b"]), ".npz")
    assert len(_read(_npz(embedding=[[0.0]], subject=["a"]), ".npz").embedding) == 1


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_a_table_with_other_separators_is_told_which(separator: str) -> None:
    data = "subject,e0,e1\na,0.5,1\n".replace(",", separator).encode()
    with pytest.raises(FileError, match=rf"parted by {re.escape(repr(separator))}\. .*commas"):
        _read(data, ".csv")


def test_text_as_python_objects_is_told_how_to_write_it() -> None:
    data = _npz(embedding=EMBEDDING, subject=np.array(["a", "b", "c"], object))
    with pytest.raises(FileError, match=r"`subject` holds Python objects.*astype\(str\)"):
        _read(data, ".npz")


def test_a_table_of_nobody_is_told_that_before_anything_else() -> None:
    for data, suffix in (
        (b"person,age,e0\na,3,1\n", ".csv"),
        (_parquet(person=["a"], age=[3], e0=[1.0]), ".parquet"),
    ):
        with pytest.raises(FileError, match=r"`subject` is missing; there is: person, age, e0\."):
            _read(data, suffix)


def test_the_bounds_of_an_npz_hold_for_all_arrays_together() -> None:
    part = ["x" * 220] * 60  # 53,000 bytes each, and 100,000 are accepted
    fine = {"embedding": np.ones((60, 4)), "subject": ["a"] * 60, "emotion": part}
    _read(_npz(**fine), ".npz")
    with pytest.raises(FileError, match="unpacks to more than"):
        _read(_npz(**fine, session=part), ".npz")


def test_arrays_that_nobody_knows_are_left_alone() -> None:
    found = _read(_npz(embedding=EMBEDDING, subject=["a"] * 3, more=np.zeros(10**7)), ".npz")
    assert found.ignored == ("more",)
    many = {f"more{number}": 0 for number in range(70)}
    with pytest.raises(FileError, match="64 arrays"):
        _read(_npz(embedding=EMBEDDING, subject=["a"] * 3, **many), ".npz")


def test_a_table_of_one_endless_line_is_refused_before_it_is_held() -> None:
    with pytest.raises(FileError, match="1048576 bytes"):
        _read(b"subject,e0\n" + b"1," * 2**20, ".csv")
    with pytest.raises(FileError, match="1040 columns"):
        _read(b"subject," + b",".join(b"e%d" % n for n in range(2000)), ".csv")


def test_a_footer_that_is_longer_than_any_is_not_given_to_arrow() -> None:
    for length in (2**31, 2**23, 100):
        with pytest.raises(FileError, match="no Parquet"):
            _read(b"PAR1" + bytes(50) + length.to_bytes(4, "little") + b"PAR1", ".parquet")


def test_a_column_whose_name_has_dots_counts_towards_the_bound() -> None:
    columns = {f"emb.{number}": np.zeros(100) for number in range(200)}
    with pytest.raises(FileError, match="unpacks to more than"):
        _read(_parquet(subject=["a"] * 100, **columns), ".parquet")


def test_an_array_has_no_columns_to_choose_from(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no columns to choose"):
        _read(_npz(embedding=EMBEDDING, subject=["a"] * 3), ".npz", "e*")


def test_what_was_read_can_be_written_and_read_again() -> None:
    first = _read(b"subject,session,age,e0\na,s,1,.5\nb,,2,2\n", ".csv", "e*")
    data = featurefile.npz(
        {
            "embedding": first.embedding,
            **first.labels,
            "dimensions": first.dimensions,
            "ignored": first.ignored,
        }
    )
    again = _read(data, ".npz")
    assert (again.labels, again.dimensions, again.ignored) == (
        first.labels,
        ("e0",),
        ("age",),
    )
