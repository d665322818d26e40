"""Processes that share a long work."""

from faceveil.pool.side_by_side import side_by_side
from tests.pool import errands


def test_a_lock_that_is_held_when_they_start_holds_up_none_of_them() -> None:
    with errands.LOCK, side_by_side(2) as pool:
        assert list(pool.map(errands.under_the_lock, range(4))) == [0, 1, 4, 9]


def test_each_is_prepared_before_it_works() -> None:
    with side_by_side(2, errands.keep, (7,)) as pool:
        assert list(pool.map(errands.kept, range(4))) == [7, 7, 7, 7]
