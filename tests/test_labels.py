"""Labels have one form wherever they come from, and what is absent is unknown."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceveil import labels

names = st.text(min_size=1).filter(lambda text: labels.known(text) is not None)


@pytest.mark.parametrize(
    "value",
    [None, "", "  ", "nan", "NaN", "NaT", "None", "<NA>", b"", float("nan"), np.float32("nan")],
    ids=repr,
)
def test_what_says_nothing_is_unknown(value: object) -> None:
    assert labels.column([value, "a"]) == [None, "a"]


def test_a_moment_that_is_none_is_unknown() -> None:
    assert labels.column(np.array(["NaT"], "M8[ns]")) == [None]


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (b"anna", "anna"),
        (np.bytes_(b" anna\n"), "anna"),
        ("\u00a0anna ", "anna"),
        (17, "17"),
        (np.int64(17), "17"),
        (17.0, "17"),
        (np.float32(17), "17"),
        ("Zoe\u0308", "Zo\u00eb"),
        (datetime(2026, 1, 31, tzinfo=UTC), "2026-01-31T00:00:00+00:00"),
    ],
    ids=repr,
)
def test_a_label_becomes_one_text(value: object, label: str) -> None:
    assert labels.column([value]) == [label]


@pytest.mark.parametrize("value", [1.5, 1e300, float("inf"), b"\xff", [], {}, "x" * 1025])
def test_what_is_no_label_is_refused_with_its_row(value: object) -> None:
    with pytest.raises(labels.LabelError, match=r"^row 1 "):
        labels.column(["a", value])


@given(name=names)
def test_a_name_is_the_same_in_every_type_and_with_spaces_around(name: str) -> None:
    ways: list[Any] = [name, f" {name}\t", name.encode(), np.str_(name)]
    assert len(set(labels.column(ways))) == 1


@given(number=st.integers(-(2**53), 2**53))
def test_a_whole_number_is_the_same_in_every_type(number: int) -> None:
    ways = [number, float(number), str(number), np.int64(number), np.float64(number)]
    assert set(labels.column(ways)) == {str(number)}


@given(text=st.text())
def test_a_label_is_its_own_plain_form(text: str) -> None:
    assert labels.plain(labels.plain(text)) == labels.plain(text)
