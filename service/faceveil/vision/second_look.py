"""Looks again at what may be a face, through a window in which it fills half the side.

Two networks look, each in its own way: what one takes for a face by mistake, such as a clock or a
wall socket, the other hardly ever does too. YuNet looks upside down as well, so that the face comes
out the right way up; and if BlazeFace sees it askew, both look again through a window turned alike.
Of what BlazeFace is not certain YuNet must see once more in a window around what was found.
"""

from dataclasses import dataclass, replace

import numpy as np

from faceveil.vision import blazeface, yunet
from faceveil.vision.blazeface import MARGIN, SIDE, look_closely
from faceveil.vision.face import Box, Face, GreyImage
from faceveil.vision.windows import Window, resized, view

CLOSE_SIDE = 96
"""Pixels of YuNet's view: there, the scores of faces and of faces upside down differ most."""

YUNET_ALONE, UPSIDE_DOWN = 0.8, 0.5
"""Scores of YuNet in the window: enough by itself; or, if no other of its looks was surer, for a
face to be upside down."""

SURE, DOUBTFUL = 0.75, 0.65
"""Scores of BlazeFace from which it is sure, or sees a face in doubt."""

BESIDE_SURE, BESIDE_DOUBTFUL = 0.3, 0.8
"""Scores of YuNet that are enough beside these."""

CERTAIN = 0.8
"""Score of BlazeFace from which a face is one for certain."""

LASTING = ((CLOSE_SIDE, 0.5), (64, 0.25))
"""Pixels, and the score that YuNet must give any other face in a window around it at one of these
sizes: what looks like a face by chance does so in one framing only. The smaller view averages noise
out; things have less than 0.2 there."""

ASKEW = 25.0
"""Degrees of roll from which a face is looked at again through a turned window."""

CLEAR, CLEAR_TO_YUNET = 0.85, 0.75
"""Scores of BlazeFace in the window and of YuNet in the picture that leave no doubt: nearly all of
480 portraits have both upright, and none upside down."""

LARGE_ENOUGH = 32.0
"""Pixels that YuNet must have been shown of a face's width for its points to tell the pose."""

FILLING = 0.5
"""Width of a face, as a share of the picture's longer side, from which its window shows little but
what lies beyond the picture: then YuNet's look at the whole picture counts too, and nothing is
turned."""

WHOLE = 0.7
"""From which a window around an upright face shows so little else that YuNet may not see it."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What may be a face.

    Attributes:
        box: where it may be.
        seen: as YuNet saw it in the whole picture; none if it did not.
        turn: degrees, clockwise, by which the picture was turned back when it was seen.
        by_blazeface: whether BlazeFace proposes it too.
        scale: pixels that YuNet was shown for one of the picture.
    """

    box: Box
    seen: Face | None
    turn: float = 0.0
    by_blazeface: bool = False
    scale: float = 1.0

    @property
    def score(self) -> float:
        """Of YuNet in the whole picture, 0 to 1."""
        return _score(self.seen)


@dataclass(frozen=True, slots=True)
class SecondLook:
    """Looks at parts of one picture.

    Attributes:
        picture: uint8, shape (height, width), grey levels.
        near: BlazeFace, which tells where exactly the eyes are.
        far: YuNet, which tells what is a face, and where its nose and mouth are.
    """

    picture: GreyImage
    near: blazeface.Network
    far: yunet.Network

    def at(self, proposal: Proposal) -> Face | None:
        """The face that was proposed, upright whatever its roll; None if it is none."""
        face = self._found(proposal)
        return face if face and self._lasts(face) else None

    def _lasts(self, face: Face) -> bool:
        """Whether it is a face in a window that is laid around what was found, too."""
        if face.agreed and face.score >= CERTAIN:
            return True
        if abs(face.roll) < 45 and face.box.width > WHOLE * max(self.picture.shape):
            return True
        window = Window.around(face.box.centre, MARGIN * face.box.width, face.roll)
        shown = view(self.picture, window, SIDE)
        return any(
            _score(_seen(self.far(resized(shown, side, side)[np.newaxis]), 0, window, side))
            >= least
            for side, least in LASTING
        )

    def _found(self, proposal: Proposal) -> Face | None:
        side = MARGIN * max(proposal.box.width, proposal.box.height)
        window = Window.around(proposal.box.centre, side, proposal.turn)
        face = self._through(window, proposal)
        if face is None or (face.score >= SURE and face.agreed) or self._fills(side):
            return face
        # A face that lies on its side may look like a poor one that does not.
        lying = [
            self._through(window.turned(turn), Proposal(proposal.box, None)) for turn in (90, -90)
        ]
        agreed = [each for each in lying if each and each.agreed]
        return max([face, *agreed], key=lambda each: (each.agreed, each.score))

    def _fills(self, side: float) -> bool:
        return bool(side > MARGIN * FILLING * max(self.picture.shape))

    def _through(self, window: Window, proposal: Proposal) -> Face | None:
        """The face in the window, or in its opposite; if it is askew, in one turned alike."""
        first, shown = proposal.score, view(self.picture, window, SIDE)
        if clear := first >= CLEAR_TO_YUNET:
            near = look_closely(shown, window, self.near)
            if _score(near) >= CLEAR and not _askew(near, window):
                return _agreed(near, self._seen_large(proposal, window, shown))
        close = self._upright(window, shown, first)
        if not proposal.by_blazeface and max(first, _score(close.face)) < BESIDE_SURE:
            return None  # as are most of YuNet's proposals, before BlazeFace takes its time
        if not clear or close.window != window:
            near = look_closely(close.shown, close.window, self.near)
        fills = self._fills(window.side)
        if not fills and (askew := _askew(near, close.window)):
            turned = close.window.turned(askew)
            close = self._upright(turned, view(self.picture, turned, SIDE))
            near = look_closely(close.shown, close.window, self.near) or near
        far = close.face
        if fills and close.window == window:
            far = max(proposal.seen, far, key=_score)
        return _agreed(near, far)

    def _seen_large(self, proposal: Proposal, window: Window, shown: GreyImage) -> Face | None:
        """The face as YuNet saw it, or as it sees it here if its points were too close together."""
        seen = proposal.seen
        if seen is None or seen.box.width * proposal.scale >= LARGE_ENOUGH:
            return seen
        small = resized(shown, CLOSE_SIDE, CLOSE_SIDE)
        close = _seen(self.far(small[np.newaxis]), 0, window)
        return replace(seen, features=close.features) if close else seen

    def _upright(self, window: Window, shown: GreyImage, least: float = 0.0) -> "_Close":
        """What YuNet sees in the window or in its opposite, in whichever it is surer of a face.

        Args:
            window: as the face may stand.
            shown: what is seen through it.
            least: score that the opposite must reach.
        """
        small = resized(shown, CLOSE_SIDE, CLOSE_SIDE)
        cells = self.far(np.stack([small, small[::-1, ::-1]]))
        upright = _Close(window, shown, _seen(cells, 0, window))
        window = window.turned(180)
        opposite = _Close(window, shown[::-1, ::-1], _seen(cells, 1, window))
        least = max(least, UPSIDE_DOWN, _score(upright.face))
        return opposite if _score(opposite.face) >= least else upright


@dataclass(frozen=True, slots=True)
class _Close:
    """A window in which a face would be upright, what it shows, and the face that YuNet sees."""

    window: Window
    shown: GreyImage
    face: Face | None


def _seen(cells: yunet.Cells, number: int, window: Window, side: int = CLOSE_SIDE) -> Face | None:
    face = yunet.face_in_the_middle(cells, number, side)
    return face and window.shown(face, side)


def _agreed(near: Face | None, far: Face | None) -> Face | None:
    """One face of what BlazeFace and YuNet see; None if that is not enough."""
    beside = BESIDE_SURE if _score(near) >= SURE else BESIDE_DOUBTFUL
    if near and far and near.score >= DOUBTFUL and far.score >= beside:
        return replace(near, features=far.features)
    return replace(far, agreed=False) if far and far.score >= YUNET_ALONE else None


def _score(face: Face | None) -> float:
    return face.score if face else 0.0


def _askew(face: Face | None, window: Window) -> float:
    """Degrees by which a face is turned in a window; 0 if they are few."""
    if face is None:
        return 0.0
    degrees = (face.roll - window.turn + 180) % 360 - 180
    return degrees if abs(degrees) > ASKEW else 0.0
