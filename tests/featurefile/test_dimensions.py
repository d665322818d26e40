"""Dimensions are numbered columns of one prefix, or those that are chosen; nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceveil.featurefile.columns import FileError
from faceveil.featurefile.dimensions import span, split


def _taken(header: str, chosen: str | None = None) -> list[str]:
    names = header.split(",")
    return [names[place] for place in split(names, chosen)[0]]


@pytest.mark.parametrize(
    "header", ["subject,e0,e1,e2", "f1,f2,id", "dim_0,dim_1", "0,1,2", "emb.7,emb.8,session"]
)
def test_numbered_columns_are_dimensions(header: str) -> None:
    labels = {"subject", "id", "session"}
    assert _taken(header) == [name for name in header.split(",") if name not in labels]


@given(order=st.permutations(range(12)))
def test_they_come_in_the_order_of_their_numbers(order: list[int]) -> None:
    names = [f"e{number}" for number in order]
    assert _taken(",".join(names)) == [f"e{number}" for number in range(12)]
    assert _taken(",".join(names), "e*") == [f"e{number}" for number in range(12)]


@pytest.mark.parametrize("index", ["", "Unnamed: 0", "__index_level_0__"])
def test_an_index_of_pandas_is_refused_with_how_to_write_the_file(index: str) -> None:
    with pytest.raises(FileError, match=r"index=False"):
        _taken(f"{index},subject,e0,e1")


@pytest.mark.parametrize("extra", ["age", "Subject", "row1", "time"])
def test_any_other_column_is_refused_by_name_with_how_to_choose(extra: str) -> None:
    with pytest.raises(FileError, match=rf"`{extra}`.*--columns.*'e\*'"):
        _taken(f"subject,{extra},e0,e1,e2")


@pytest.mark.parametrize("header", ["e0,e2", "e0,e00", "e0,e0", "subject,subject,e0"])
def test_a_gap_or_a_column_twice_is_refused(header: str) -> None:
    with pytest.raises(FileError, match=r"gap|twice"):
        _taken(header)


@pytest.mark.parametrize(
    ("chosen", "taken"),
    [
        ("e*", ["e0", "e1", "e10"]),
        ("e0:e1", ["e0", "e10", "e1"]),
        ("age", ["age"]),
        (" e1 , e0, e1", ["e1", "e0"]),
        ("e0,f*", ["e0", "f"]),
    ],
)
def test_what_is_chosen_is_taken_and_the_rest_left_out(chosen: str, taken: list[str]) -> None:
    names = ["", "subject", "age", "e0", "e10", "e1", "f"]
    found, ignored = split(names, chosen)
    assert [names[place] for place in found] == taken
    assert {names[place] for place in ignored} == set(names) - {"subject", *taken}


@pytest.mark.parametrize("chosen", ["x*", "e9", "e1:e0", "subject", "", ","])
def test_a_choice_that_means_nothing_is_refused(chosen: str) -> None:
    with pytest.raises(FileError):
        _taken("subject,e0,e1", chosen)


def test_what_was_taken_is_said_in_a_few_words() -> None:
    assert span([f"e{number}" for number in range(16)]) == "16 dimensions: e0 to e15"
    assert span(["age"]) == "1 dimension: `age`"
