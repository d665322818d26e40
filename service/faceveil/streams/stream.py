"""One stream: frames go in as they are read, faces come out with their numbers and moods."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faceveil.engine.job import ReadFace, ReadPicture
from faceveil.model.card import Card
from faceveil.prior import Prior
from faceveil.streams.moods import Mood, MoodFilter
from faceveil.streams.releases import Releases, Terms
from faceveil.streams.tracks import Track, Tracks


@dataclass(frozen=True, slots=True)
class SeenFace:
    """A face in a frame.

    Attributes:
        face: as the frame alone tells it.
        track: its number.
        since: when the track began, in seconds.
        mood: over time.
        embedding: what is released of it with this frame; None where nothing is.
        released: embeddings of the track so far, this one included.
    """

    face: ReadFace
    track: int
    since: float
    mood: Mood
    embedding: list[float] | None
    released: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What a stream showed, without a vector or a time of day: the safer thing to keep.

    Attributes:
        frames: that were read.
        seconds: from the first to the last.
        tracks: faces, each as often as it came anew.
        released: embeddings.
        moods: seconds by label, of all tracks together.
    """

    frames: int
    seconds: float
    tracks: int
    released: int
    moods: dict[str, float]


@dataclass(slots=True)
class _Known:
    moods: MoodFilter
    releases: Releases
    last: tuple[float, int] | None = None


class Stream:
    """Follows the faces of one stream; keeps no embedding and no picture."""

    def __init__(self, card: Card, level: str, prior: Prior, *, vectors: int, faces: int) -> None:
        """Begins.

        Args:
            card: of the model.
            level: that frames are read at.
            prior: by which frames were answered.
            vectors: embeddings released of a track, at most.
            faces: in a frame, at most.
        """
        self.terms = Terms(card.guarantee, card.levels[level].sigma, vectors)
        self._labels = card.labels
        self._expected = _shares(prior, card.labels)
        self._tracks = Tracks(2 * faces)
        self._known: dict[int, _Known] = {}
        self._frames = self._released = self._numbers = 0
        self._span: tuple[float, float] | None = None
        self._moods = np.zeros(len(card.labels))

    def see(self, done: ReadPicture, at: float) -> tuple[list[SeenFace], list[int]]:
        """Takes in a frame.

        Args:
            done: what was read of it, by the stream's prior.
            at: seconds, not before the frame before.

        Returns:
            Its faces, in the same order, and the tracks that ended.
        """
        self._frames += 1
        self._span = (self._span[0] if self._span else at, at)
        tracks, ended = self._tracks.see([face.box for face in done.faces], at)
        for track in ended:
            self._known.pop(track.number, None)
        pairs = zip(done.faces, tracks, strict=True)
        return [self._seen(face, track, at) for face, track in pairs], [
            track.number for track in ended
        ]

    def summary(self) -> Summary:
        """What was seen so far."""
        began, ended = self._span or (0.0, 0.0)
        return Summary(
            self._frames,
            ended - began,
            self._numbers,
            self._released,
            dict(zip(self._labels, self._moods.tolist(), strict=True)),
        )

    def _seen(self, face: ReadFace, track: Track, at: float) -> SeenFace:
        known = self._known.get(track.number)
        if known is None:
            known = _Known(MoodFilter(self._expected), Releases(self.terms))
            self._known[track.number] = known
            self._numbers += 1
        emotion = np.array(face.emotion, np.float64)
        mood = known.moods.see(emotion, at)
        if known.last:
            before, label = known.last
            self._moods[label] += at - before
        known.last = at, mood.label
        goes = known.releases.may_go(face.embedding, int(emotion.argmax()))
        self._released += goes
        embedding = face.embedding if goes else None
        return SeenFace(face, track.number, track.began, mood, embedding, known.releases.count)


def _shares(prior: Prior, labels: list[str]) -> NDArray[np.float64]:
    """The share of each emotion that answers expect; equal ones where the card does not say."""
    if prior.expected is None:
        return np.full(len(labels), 1 / len(labels))
    return np.array([prior.expected[label] for label in labels])
