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
from faceveil.vision.windows import Window, on_canvas, reduced, view
from faceveil.vision.yunet import open_yunet

QUICK_SIDE, FINE_SIDE, FINEST_SIDE, TURNED_SIDE = 256, 1280, 2048, 480
"""Longer sides in pixels, at most: of the look for large faces, however small the picture; of the
look for small faces, where one is enough and where all are wanted; and of looks at a turned picture
in which nothing was found upright."""

OUTSTANDING = 0.125
"""Width of a face, as a share of the picture's longer side, from which no other can be larger that
YuNet would not see through BlazeFace's small window."""

FAINT, SMALLEST = 0.06, 12
"""Score from which YuNet proposes a face; and pixels of what it is shown that a faint one is wide:
looks at a larger picture see narrower faces better."""

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
    search = _Search(picture, near, far)
    if thorough:
        search.look_for_all()
    else:
        search.look_for_the_largest()
    return search.faces


class _Search:
    """A search through one picture, and the faces that it has found so far."""

    def __init__(self, picture: GreyImage, near: blazeface.Network, far: yunet.Network) -> None:
        self.faces: list[Face] = []
        self._picture, self._near, self._far = picture, near, far
        self._again = SecondLook(picture, near, far)
        self._allowance = MOST_PROPOSALS
        height, width = picture.shape
        self._longer = max(height, width)
        self._whole = Window.around((width / 2, height / 2), self._longer)
        self._shown = view(picture, self._whole, SIDE)

    def look_for_the_largest(self) -> None:
        """Stops where no other can be larger; what is faint must be larger than what was found."""
        faces = _fit(yunet.faces_of(self._far(self._shown[np.newaxis]), FAINT), SIDE)
        seen = [self._whole.shown(face, SIDE) for face in faces]
        scale = SIDE / self._longer
        proposals = [Proposal(face.box, face, scale=scale) for face in seen]
        self._look_with_blazeface(proposals)
        self._add(proposals, all_wanted=False)
        if self._widest < OUTSTANDING * self._longer:
            self._add(self._seen_by_yunet(QUICK_SIDE), all_wanted=False)
        if not self.faces and self._longer > QUICK_SIDE:
            self._add(self._seen_by_yunet(FINE_SIDE), all_wanted=False)
        if not self.faces:
            self._look_at_it_turned()

    def look_for_all(self) -> None:
        """Looks at the whole picture, at each of its parts, and at it turned."""
        proposals = self._seen_by_yunet(QUICK_SIDE)
        self._look_with_blazeface(proposals)
        if self._longer > QUICK_SIDE:
            proposals += self._seen_by_yunet(FINEST_SIDE)
        self._add(sorted(proposals, key=lambda one: -one.score))
        self._look_at_it_turned()

    def _look_at_it_turned(self) -> None:
        for quarters in (1, 2, 3):
            proposals = self._seen_by_yunet(QUICK_SIDE if self.faces else TURNED_SIDE, quarters)
            if not self.faces:
                proposals += self._seen_by_blazeface(quarters)
            self._add(proposals)

    @property
    def _widest(self) -> float:
        return max((face.box.width for face in self.faces), default=0.0)

    def _add(self, proposals: list[Proposal], *, all_wanted: bool = True) -> None:
        for one in proposals:
            worth = all_wanted or one.score >= BESIDE_SURE or one.box.width > self._widest
            if worth and self._allowance and apart(one.box, self._settled):
                self._allowance -= 1
                if face := self._again.at(one):
                    self.faces.append(face)
        self.faces = distinct(self.faces)

    @property
    def _settled(self) -> list[Face]:
        """The faces of which no other proposal can make a better one."""
        return [face for face in self.faces if face.agreed and face.score >= SURE]

    def _seen_by_yunet(self, side: int, quarters: int = 0) -> list[Proposal]:
        """What YuNet sees in the picture at a size, turned anticlockwise by quarters."""
        side = max(QUICK_SIDE, min(side, self._longer))
        small, scale = reduced(self._picture, side)
        canvas = on_canvas(np.rot90(small, quarters), yunet.STRIDES[-1])
        faces = yunet.faces_of(self._far(canvas[np.newaxis]), FAINT)
        if not quarters:
            faces = _fit(faces, side * LARGE if side > QUICK_SIDE else side)
        height, width = (length / scale for length in small.shape)

        def back(at: Point) -> Point:
            x, y = at[0] / scale, at[1] / scale
            return ((x, y), (width - y, x), (width - x, height - y), (y, height - x))[quarters]

        seen = [face.moved(back, 1 / scale) for face in faces]
        return [Proposal(face.box, face, 90.0 * quarters, scale=scale) for face in seen]

    def _seen_by_blazeface(self, quarters: int) -> list[Proposal]:
        """What BlazeFace sees in the whole picture, turned anticlockwise by quarters.

        Of a face between two quarters YuNet may see nothing.
        """
        shown = np.ascontiguousarray(np.rot90(self._shown, quarters))
        window = self._whole.turned(90 * quarters)
        seen = distinct(blazeface.look(shown, window, self._near))[:MOST_OF_BLAZEFACE]
        return [Proposal(one.box, None, window.turn, by_blazeface=True) for one in seen]

    def _look_with_blazeface(self, proposals: list[Proposal]) -> None:
        """Finds the faces that BlazeFace proposes in the whole picture, if they may be large.

        If it is sure of none there, it looks at twice its size, where a face may fill the picture
        to the edges.

        Args:
            proposals: what YuNet sees, the surest first.
        """
        if any(one.box.width < LARGE * self._longer for one in proposals[:1]):
            return
        seen = [one.seen for one in proposals if one.seen]
        scale = proposals[0].scale if proposals else 0.0
        twice = Window.around(self._whole.centre, 2 * self._longer)
        doubtful: list[Face] = []
        for window in (self._whole, twice):
            shown = view(self._picture, window, SIDE) if window is twice else self._shown
            proposed = distinct(blazeface.look(shown, window, self._near))
            again = [
                Proposal(one.box, nearest(one.box, seen), by_blazeface=True, scale=scale)
                for one in proposed[:MOST_OF_BLAZEFACE]
            ]
            found = [face for one in again if (face := self._again.at(one))]
            sure = [face for face in found if face.score >= SURE]
            if sure:
                self.faces = distinct(sure)
                return
            doubtful += found
        self.faces = distinct(doubtful)


def _fit(faces: list[Face], widest: float) -> list[Face]:
    """Those that are no faint ones of a size which another look sees better."""
    return [
        face for face in faces if face.score >= BESIDE_SURE or SMALLEST <= face.box.width <= widest
    ]
