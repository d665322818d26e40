import numpy as np
import pytest

from faceveil.engine.job import ReadFace, ReadPicture
from faceveil.guarantee import nearest
from faceveil.prior import Prior
from faceveil.streams.stream import SeenFace, Stream
from faceveil.vision.face import Box
from tests.fakes import PROVED, CodebookSession, fake_card

CARD = fake_card(**PROVED)
WORDS = CodebookSession.codewords
NOISE = np.random.default_rng(0)


def face(x: float, word: int) -> ReadFace:
    """A face at a place that shows a standard expression, with new noise."""
    embedding = WORDS[word] + NOISE.normal(0, 2, 4)
    return ReadFace(Box(x, 100, 80, 80), None, embedding.tolist(), np.eye(3)[word].tolist())


def frame(*faces: ReadFace) -> ReadPicture:
    return ReadPicture(640, 480, "noisy", len(faces), list(faces), {})


def stream(vectors: int = 8) -> Stream:
    return Stream(CARD, "noisy", Prior.of("wild", CARD.labels, None), vectors=vectors, faces=4)


def test_a_hundred_frames_of_a_face_release_one_vector_an_expression() -> None:
    watched = stream()
    gone: list[SeenFace] = []
    for at in range(100):
        [seen], _ = watched.see(frame(face(100 + at, at // 50)), at / 25)
        assert seen.track == 1
        if seen.embedding is not None:
            gone.append(seen)
    assert [seen.released for seen in gone] == [1, 2]
    shown = nearest(np.array([seen.embedding for seen in gone]), WORDS)
    assert shown.tolist() == [0, 1]
    assert watched.summary().released == 2


def test_every_face_has_vectors_of_its_own() -> None:
    watched = stream(vectors=1)
    for at in range(10):
        seen, _ = watched.see(frame(face(100, at % 3), face(400, at % 3)), at / 25)
        assert [one.released for one in seen] == [1, 1]
        assert all((one.embedding is not None) == (at == 0) for one in seen)


def test_who_wants_no_vectors_gets_moods_alone() -> None:
    [seen], _ = stream(vectors=0).see(frame(face(100, 1)), 0.0)
    assert seen.embedding is None
    assert seen.released == 0
    assert CARD.labels[seen.mood.label] == "happiness"


def test_a_summary_tells_how_long_each_mood_was_shown_and_holds_no_vector() -> None:
    watched = stream()
    for at in range(101):
        watched.see(frame(face(100, 0 if at < 50 else 2)), at / 25)
    told = watched.summary()
    assert (told.frames, told.tracks, told.released) == (101, 1, 2)
    assert told.seconds == pytest.approx(4.0)
    assert sum(told.moods.values()) == pytest.approx(4.0)
    assert told.moods["surprise"] == pytest.approx(2.0, abs=0.5)
    assert told.moods["happiness"] == 0


def test_what_is_known_of_a_face_goes_with_its_track() -> None:
    watched = stream()
    watched.see(frame(face(100, 0)), 0.0)
    assert watched.see(frame(), 2.0)[1] == [1]
    [seen], _ = watched.see(frame(face(100, 0)), 2.1)
    assert (seen.track, seen.released) == (2, 1)
    assert seen.embedding is not None
