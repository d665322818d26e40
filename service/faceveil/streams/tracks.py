"""Which face of a frame is which of the frame before, told by where it is and how it moves.

By nothing else: to know a face again by its looks would be recognition. So a number means nothing
beyond its stream, and a face that was out of sight for longer than `LOST_S` has a new one, as have
all once no frame came for `GAP_S`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from faceveil.streams.motion import Motion
from faceveil.vision.face import Box

LOST_S, GAP_S = 1.0, 3.0
"""Seconds after which a face that frames do not show is lost, and after which all are that the last
frame showed."""

MOST_LEAPS = 8
"""Frames one after another, each too late for a face of the one before to be followed."""

OVERLAP = 0.2
"""Share of the union from which a box may be where a track was expected."""

NEAR, ALIKE = 1.0, 1.6
"""What counts where no box overlaps, as after a fast move: a distance of the middles in sizes of
the face, and a ratio of the sizes, at most."""


@dataclass(slots=True)
class Track:
    """A face, for as long as it is seen.

    Attributes:
        number: from 1, in the order of appearance in its stream.
        began: when it was first seen, in seconds.
        seen: when it was last seen.
        motion: how it moves.
    """

    number: int
    began: float
    seen: float
    motion: Motion = field(repr=False)


class Leaps:
    """Counts frames that come one by one too late for any face to be followed.

    If none follows another, each would have embeddings of its own.
    """

    def __init__(self) -> None:
        """Counts none yet."""
        self._count = 0

    def are_too_many(self, seconds: float) -> bool:
        """Whether they are, with a frame that comes so many seconds after the one before."""
        self._count = self._count + 1 if seconds > GAP_S else 0
        return self._count >= MOST_LEAPS


class Tracks:
    """The tracks of one stream.

    Boxes go to the tracks whose expected places they overlap most, the best pair first, as in SORT
    (Bewley et al. 2016). What ByteTrack (Zhang et al. 2022) adds, a second round for faint
    sightings, is not needed: the detector lets no faint ones pass.
    """

    def __init__(self, most: int) -> None:
        """Begins without any.

        Args:
            most: tracks at a time, those out of sight included; beyond it, the longest lost go.
        """
        self._most = most
        self._live: list[Track] = []
        self._numbers = 0
        self._last = 0.0

    def see(self, boxes: Sequence[Box], at: float) -> tuple[list[Track], list[Track]]:
        """Takes in a frame.

        Args:
            boxes: of its faces.
            at: seconds, later than any frame before.

        Returns:
            The track of each box, and the tracks that ended.
        """
        live = [track for track in self._live if not self._is_lost(track, at)]
        found = self._matched(live, boxes, at)
        for place, box in enumerate(boxes):
            track = found.get(place)
            if track is None:
                self._numbers += 1
                track = found[place] = Track(self._numbers, at, at, Motion(box, at))
                live.append(track)
            else:
                track.motion.saw(box, at)
                track.seen = at
        live = [track for track in live if at - track.seen <= LOST_S]
        live.sort(key=lambda track: -track.seen)
        before, self._live, self._last = self._live, live[: self._most], at
        kept = {track.number for track in self._live}
        ended = [track for track in before if track.number not in kept]
        return [found[place] for place in range(len(boxes))], ended

    def _is_lost(self, track: Track, at: float) -> bool:
        shown_last = track.seen == self._last
        return at - track.seen > (GAP_S if shown_last else LOST_S)

    def _matched(self, live: list[Track], boxes: Sequence[Box], at: float) -> dict[int, Track]:
        """By the box's place, the track that it belongs to; new faces have none."""
        if not live or not boxes:
            return {}
        expected = _corners([track.motion.ahead(at) for track in live])
        overlap = _overlaps(expected, seen := _corners(boxes))
        fits = np.where(overlap >= OVERLAP, 1 + overlap, _nearness(expected, seen))
        found: dict[int, Track] = {}
        while fits.max() > 0:
            track, place = np.unravel_index(fits.argmax(), fits.shape)
            found[int(place)] = live[track]
            fits[track] = fits[:, place] = 0
        return found


def _corners(boxes: Sequence[Box]) -> NDArray[np.float64]:
    """(N, 4): left, top, right, bottom."""
    return np.array([(one.x, one.y, one.x + one.width, one.y + one.height) for one in boxes])


def _overlaps(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, M) common areas as shares of the unions, of (N, 4) and (M, 4) corners."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(axis=2)
    areas = [np.clip(each[:, 2:] - each[:, :2], 0, None).prod(axis=1) for each in (one, other)]
    union = areas[0][:, None] + areas[1] - common
    shares: NDArray[np.float64] = common / np.maximum(union, 1e-9)
    return shares


def _nearness(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, M) in [0, 1]: above 0 where boxes are near and alike in size."""
    middles = [(each[:, :2] + each[:, 2:]) / 2 for each in (one, other)]
    sizes = [np.maximum((each[:, 2:] - each[:, :2]).max(axis=1), 1e-9) for each in (one, other)]
    ratio = sizes[0][:, None] / sizes[1]
    apart = np.linalg.norm(middles[0][:, None] - middles[1], axis=2)
    near = 1 - apart / (NEAR * np.minimum(sizes[0][:, None], sizes[1]))
    alike = np.maximum(ratio, 1 / ratio) <= ALIKE
    nearness: NDArray[np.float64] = np.where(alike, np.clip(near, 0, 1), 0)
    return nearness
