"""What the detector's goals add up, and how they are told."""

from benchmarks.goals import LOOKALIKES, SMALL, Count, Tally


def test_rows_that_count_for_one_goal_are_added_up() -> None:
    tally = Tally(["ours", "before"])
    tally.add(SMALL, [Count(1, 12, 12), Count(1, 12, 3)])
    tally.add(SMALL, [Count(1, 12, 11), Count(1, 12, 0)])
    tally.add("", [Count(9, 9, 0), Count(9, 9, 0)])

    (line,) = tally.table().splitlines()[2:]

    goal, tried, asked, ours, before = (cell.strip() for cell in line.strip("|").split("|"))
    assert (goal, tried, asked) == (SMALL, "24", "99 %")
    assert ours.startswith("23: 95.8%")
    assert before.startswith("3: 12.5%")


def test_pictures_without_a_face_are_told_by_200_of_them() -> None:
    tally = Tally(["ours"])
    tally.add(LOOKALIKES, [Count(pictures=100, invented=3, wrong=2)])

    assert "| 4.0 [" in tally.table()


def test_where_no_goal_was_tried_nothing_is_told() -> None:
    assert Tally(["ours"]).table() == ""
