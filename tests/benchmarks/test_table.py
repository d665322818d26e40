"""Figures with their spread, tables, and the block of a document that is written."""

from pathlib import Path

import pytest

from benchmarks.serving.spread import Spread, quantile, ratios
from benchmarks.serving.table import BEGIN, END, replace_block, table


def test_a_figure_shows_its_median_and_how_far_its_repeats_lie_apart() -> None:
    assert Spread.of([3.0, 1.0, 2.0]).shown(1) == "2.0 [1.0, 3.0]"
    assert Spread.of([2.0]).shown(0) == "2"


def test_ratios_are_taken_repeat_by_repeat() -> None:
    assert ratios([10.0, 40.0], [5.0, 10.0]) == Spread(3.0, 2.0, 4.0, 2)
    with pytest.raises(ValueError, match="shorter"):
        ratios([1.0, 2.0], [1.0])


def test_no_repeat_is_no_figure() -> None:
    with pytest.raises(ValueError, match="no repeat"):
        Spread.of([])


def test_a_quantile_is_one_of_the_values() -> None:
    assert quantile([float(value) for value in range(100)], 0.99) == 99
    assert quantile([], 0.5) == 0


def test_a_table_has_a_cell_under_each_head() -> None:
    assert table(["a", "b"], [["1", "x|y"]]) == "| a | b |\n| --- | --- |\n| 1 | x/y |"
    with pytest.raises(ValueError, match="cells"):
        table(["a", "b"], [["1"]])


def test_only_what_stands_between_the_markers_is_written(tmp_path: Path) -> None:
    document = tmp_path / "document.md"
    document.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    replace_block(document, "new")
    assert document.read_text() == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    document.write_text("nothing")
    with pytest.raises(ValueError, match="no lines"):
        replace_block(document, "new")
