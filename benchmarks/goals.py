"""What the detector is to reach, and how far it does: counts of many rows, added up."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.serving.table import table
from faceveil.rate import Rate

PORTRAITS = "people who sat for their portrait: found"
CROPS = "the same: cut out as before, to the last pixel"
WILD = "single people in pictures from the web: found"
SMALL = "faces of 30 and 40 px, 1280 x 720 and 1920 x 1080: found"
SMALLEST = "faces of 20 px there: found"
LOOKALIKES = "of 200 pictures of clocks, sockets and toys: taken for faces"
NO_FACE = "of 200 other pictures without a face: taken for one"
ANY_TURN = "portraits turned by 30 to 270 degrees: mood read as upright"
UPSIDE_DOWN = "those turned by 180: mood read as upright"

ASKED = {
    PORTRAITS: "all",
    CROPS: "all",
    WILD: "all",
    SMALL: "99 %",
    SMALLEST: "95 %",
    LOOKALIKES: "less than 1",
    NO_FACE: "less than 1",
    ANY_TURN: "97 %",
    UPSIDE_DOWN: "97 %",
}


@dataclass(frozen=True, slots=True)
class Count:
    """What one detector made of some pictures.

    Attributes:
        pictures: how many there were.
        faces: that are in them.
        found: of these.
        invented: faces beyond those that there are.
        wrong: pictures with any such.
    """

    pictures: int = 0
    faces: int = 0
    found: int = 0
    invented: int = 0
    wrong: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(
            self.pictures + other.pictures,
            self.faces + other.faces,
            self.found + other.found,
            self.invented + other.invented,
            self.wrong + other.wrong,
        )


class Tally:
    """Counts by goal, of several detectors."""

    def __init__(self, names: Sequence[str]) -> None:
        """Starts without any.

        Args:
            names: of the detectors.
        """
        self._names = names
        self._counts: dict[str, list[Count]] = {}

    def add(self, goal: str, counts: Sequence[Count]) -> None:
        """Adds what each detector made of a row, if it counts for a goal."""
        before = self._counts.get(goal, [Count()] * len(self._names))
        if goal:
            self._counts[goal] = [old + new for old, new in zip(before, counts, strict=True)]

    def table(self) -> str:
        """Goals and how far they are reached, with 95 % intervals; nothing if none was tried."""
        rows = []
        for goal, asked in ASKED.items():
            if counts := self._counts.get(goal):
                of = max(counts[0].faces, counts[0].pictures)
                rows.append([goal, str(of), asked, *(_reached(one) for one in counts)])
        if not rows:
            return ""
        return table(["goal", "tried", "asked", *self._names], rows)


def _reached(count: Count) -> str:
    if count.faces:
        return f"{count.found}: {Rate.of(count.found, count.faces)}"
    if not count.pictures:
        return ""
    rate = Rate.of(count.wrong, count.pictures)
    many, low, high = (200 * share for share in (rate.rate, rate.low, rate.high))
    return f"{many:.1f} [{low:.1f}, {high:.1f}]"
