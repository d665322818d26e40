"""Finds the faces in a picture: YuNet tells where they are, BlazeFace where exactly their eyes are.

1. YuNet looks at the whole picture, made small, and BlazeFace too where a face may fill it. Where
   just the largest face counts and one stands out, that is all.
2. If all faces are wanted, or none was seen, YuNet looks at the picture as it is, for small ones.
3. Then it looks at the picture turned by quarters, for faces that lie on their side or their head.

Both look again at all that is proposed: `second_look`. The figures behind the constants:
docs/figures/detector.md.
"""

import numpy as np

from faceveil.vision import blazeface, yunet
from faceveil.vision.blazeface import SIDE, open_blazeface
from faceveil.vision.face import Face, GreyImage, Point
from faceveil.vision.overlap import apart, distinct, nearest
from faceveil.vision.second_look import BESIDE_SURE, SURE, Proposal, SecondLook
from faceveil.vision.windows import Window, on_canvas, view
from faceveil.vision.yunet import open_yunet

QUICK_SIDE, FINE_SIDE, FINEST_SIDE, TURNED_SIDE = 256, 1280, 2048, 480
"""Longer sides in pixels, at most: of the look for large faces, however small the picture; of the
look for small faces, where one is enough and where all are wanted; and of looks at a turned picture
in which nothing was found upright."""

OUTSTANDING = 0.125
"""Width of a face, as a share of the picture's longer side, from which no other can be larger that
YuNet would not see through BlazeFace's small window."""

FAINT = 0.06
"""Score from which YuNet proposes a face."""

LARGE = 0.1
"""Width of a face, as a share of the picture's longer side, from which BlazeFace may see it in the
whole picture."""

MOST_PROPOSALS, MOST_OF_BLAZEFACE = 200, 16
"""That are looked at again in one picture, the surest of a look first."""


class FaceDetector:
    """The face detector; safe to share between threads, as nothing in it changes."""

    def __init__(self, near: bytes, far: bytes) -> None:
        """Loads the networks.

        Args:
            near: the bytes of BlazeFace's ONNX file.
            far: the bytes of YuNet's.
        """
        self.networks = open_blazeface(near), open_yunet(far)

    def detect(self, picture: GreyImage, *, thorough: bool = False) -> list[Face]:
        """Returns the faces in the picture, largest box first; see `find_faces`."""
        return find_faces(picture, *self.networks, thorough=thorough)


def find_faces(
    picture: GreyImage, near: blazeface.Network, far: yunet.Network, *, thorough: bool = False
) -> list[Face]:
    """Looks for faces.

    Quick, it finds those that are at least a twentieth of the picture's longer side wide, or a
    tenth beside one of an eighth, and smaller or lying ones where there are no others. Thorough, it
    finds all of 16 pixels or more.

    Args:
        picture: uint8, shape (height, width), grey levels.
        near: BlazeFace.
        far: YuNet.
        thorough: whether all faces are wanted, and not just those that stand out.

    Returns:
        The faces, largest box first, no two of them on one face.

    Raises:
        ValueError: the picture is not a two-dimensional uint8 array, or is empty.
    """
    if picture.ndim != 2 or picture.dtype != np.uint8 or picture.size == 0:
        raise ValueError(f"a grey picture is needed, not {picture.dtype} of shape {picture.shape}")
    search = _Search(picture, near, far, thorough)
    search.look_for_large_ones()
    if not thorough and search.widest < OUTSTANDING * max(picture.shape):
        search.look(QUICK_SIDE)
    if thorough or not search.faces:
        if max(picture.shape) > QUICK_SIDE:
            search.look(FINEST_SIDE if thorough else FINE_SIDE)
        for quarters in (1, 2, 3):
            search.look(QUICK_SIDE if search.faces else TURNED_SIDE, quarters)
    return search.faces


class _Search:
    """A search through one picture, and the faces that it has found so far."""

    def __init__(
        self, picture: GreyImage, near: blazeface.Network, far: yunet.Network, thorough: bool
    ) -> None:
        self.faces: list[Face] = []
        self._picture, self._near, self._far, self._thorough = picture, near, far, thorough
        self._again = SecondLook(picture, near, far)
        self._allowance = MOST_PROPOSALS

    @property
    def widest(self) -> float:
        """Width of the largest face, in pixels; 0 if there is none."""
        return self.faces[0].box.width if self.faces else 0.0

    def look_for_large_ones(self) -> None:
        """Finds what stands out, at the cost of two or three runs of BlazeFace."""
        height, width = self._picture.shape
        longer = max(height, width)
        whole = Window.around((width / 2, height / 2), longer)
        shown = view(self._picture, whole, SIDE)
        if self._thorough:
            proposals = self._seen_by_yunet(QUICK_SIDE)
        else:
            faces = yunet.faces_of(self._far(shown[np.newaxis]), FAINT)
            seen = [whole.shown(face, SIDE) for face in faces]
            proposals = [Proposal(face.box, face) for face in seen]
        if all(one.box.width >= LARGE * longer for one in proposals[:1]):
            seen = [one.seen for one in proposals if one.seen]
            self.faces = self._seen_by_blazeface(shown, whole, seen)
        self._add(proposals)

    def look(self, side: int, quarters: int = 0) -> None:
        """Finds what YuNet sees in the picture at a size, turned anticlockwise by quarters."""
        self._add(self._seen_by_yunet(side, quarters))

    def _add(self, proposals: list[Proposal]) -> None:
        found, widest = list(self.faces), self.widest
        for one in proposals:
            if self._worth(one, widest) and self._allowance and apart(one.box, self.faces):
                self._allowance -= 1
                if face := self._again.at(one):
                    found.append(face)
                    widest = max(widest, face.box.width)
        self.faces = distinct(found)

    def _worth(self, one: Proposal, widest: float) -> bool:
        """Whether to look again: what is faint and small matters only where all are wanted."""
        clear = one.seen is None or one.seen.score >= BESIDE_SURE
        return self._thorough or clear or one.box.width > widest

    def _seen_by_yunet(self, side: int, quarters: int = 0) -> list[Proposal]:
        side = max(QUICK_SIDE, min(side, max(self._picture.shape)))
        canvas, scale = on_canvas(np.rot90(self._picture, quarters), side, yunet.STRIDES[-1])
        faces = yunet.faces_of(self._far(canvas[np.newaxis]), FAINT)
        height, width = self._picture.shape

        def back(at: Point) -> Point:
            x, y = at[0] / scale, at[1] / scale
            return ((x, y), (width - y, x), (width - x, height - y), (y, height - x))[quarters]

        seen = [face.moved(back, 1 / scale) for face in faces]
        return [Proposal(face.box, face, 90.0 * quarters) for face in seen]

    def _seen_by_blazeface(self, shown: GreyImage, whole: Window, seen: list[Face]) -> list[Face]:
        """The faces that BlazeFace proposes in the whole picture.

        If it is sure of none there, it looks at twice its size, where a face may fill the picture
        to the edges.

        Args:
            shown: the whole picture, through its window.
            whole: this window.
            seen: the faces that YuNet sees in it.
        """
        twice = Window.around(whole.centre, 2 * whole.side)
        doubtful: list[Face] = []
        for window in (whole, twice):
            through = shown if window is whole else view(self._picture, window, SIDE)
            proposed = distinct(blazeface.look(through, window, self._near))
            proposals = [
                Proposal(one.box, nearest(one.box, seen), by_blazeface=True)
                for one in proposed[:MOST_OF_BLAZEFACE]
            ]
            found = [face for one in proposals if (face := self._again.at(one))]
            sure = [face for face in found if face.score >= SURE]
            if sure:
                return distinct(sure)
            doubtful += found
        return distinct(doubtful)
