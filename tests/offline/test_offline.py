"""Pictures and clips without a server: as the server reads them, and going on where it stopped."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from faceveil import Anonymizer
from faceveil.model.bundle import BundleError
from faceveil.offline.anonymizer import noise_key
from faceveil.offline.frames import SourceError, frames_of
from faceveil.problems import UnreadableImage
from faceveil.settings import Settings
from faceveil.statefolder import StateFolderError
from tests.clips.made import clip_of, clip_of_shots, grey
from tests.drawn import draw_face
from tests.offline.broker import running_broker
from tests.pictures import blank, encoded
from tests.running import COMMAND, RunningServer, running_server
from tests.streams.following import follow
from tests.streams.scene import Shot, shots


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state") / "own"


@pytest.fixture(scope="module")
def anonymizer(state: Path) -> Iterator[Anonymizer]:
    with Anonymizer(settings=Settings(state_directory=state)) as opened:
        yield opened


@pytest.fixture(scope="module")
def server(state: Path, anonymizer: Anonymizer) -> Iterator[RunningServer]:
    """Of the same state folder, once that has its key."""
    with running_server(state, {}) as running:
        yield running


@pytest.fixture(scope="module")
def clip() -> list[Shot]:
    return list(shots())


@pytest.fixture(scope="module")
def file(clip: list[Shot], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "two.mp4"
    path.write_bytes(clip_of_shots(clip))
    return path


def run(state: Path, *arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        [COMMAND, *map(str, arguments)],
        env={**os.environ, "FACEVEIL_STATE_DIRECTORY": str(state)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        **options,
    )


def test_a_picture_is_answered_as_by_the_server_with_the_same_noise(
    anonymizer: Anonymizer, server: RunningServer, face_jpeg: bytes
) -> None:
    here = anonymizer.read(face_jpeg).model_dump(mode="json", exclude_unset=True)
    there = server.client.post(
        "/v1/anonymize?faces=all", content=face_jpeg, headers={"Content-Type": "image/jpeg"}
    ).json()
    assert here == there
    assert len(there["faces"]) == 1


def test_many_pictures_are_answered_in_their_order_and_a_bad_one_spoils_no_other(
    anonymizer: Anonymizer, tmp_path: Path
) -> None:
    pictures = [draw_face(200 + 10 * number) for number in range(6)]
    answers = list(anonymizer.read_all([*pictures, b"none", tmp_path / "absent", blank()]))
    sizes = [answer.image.width for answer in answers if not isinstance(answer, Exception)]
    assert sizes == [200, 210, 220, 230, 240, 250, 256]
    assert isinstance(answers[6], UnreadableImage)
    assert isinstance(answers[7], FileNotFoundError)


def test_a_level_that_there_is_not_is_refused(state: Path) -> None:
    with pytest.raises(BundleError, match="none"):
        Anonymizer(level="none", settings=Settings(state_directory=state))


def test_no_new_key_is_made_beside_what_another_made(tmp_path: Path) -> None:
    settings = Settings(state_directory=tmp_path / "state")
    assert noise_key(settings) == noise_key(settings)
    (tmp_path / "state" / "faceveil.db").touch()
    (tmp_path / "state" / "noise.key").unlink()
    with pytest.raises(StateFolderError, match="keys restore"):
        noise_key(settings)


@pytest.mark.parametrize("by_server", [False, True], ids=["here", "by a server"])
def test_watch_follows_two_who_cross_in_a_clip(
    by_server: bool, server: RunningServer, state: Path, file: Path, clip: list[Shot]
) -> None:
    to = ["--to", f"http://{server.host}:{server.port}"] if by_server else []
    done = run(state, "watch", file, *to)
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    frames = [one for one in told if one["type"] == "frame"]
    assert [one["at"] for one in frames] == [round(number / 25, 3) for number in range(len(clip))]
    seen = follow(clip, frames)
    assert seen.people in ({1: {0}, 2: {1}}, {1: {1}, 2: {0}})
    assert seen.flicker >= 5 * seen.flicker_of_moods
    assert seen.right >= 0.9
    assert told[-1]["type"] == "ended"
    assert (told[-1]["frames"], told[-1]["tracks"]) == (len(clip), 2)


def test_who_wants_no_embeddings_of_a_server_gets_none(
    server: RunningServer, state: Path, tmp_path: Path
) -> None:
    short = tmp_path / "short.mp4"
    short.write_bytes(clip_of(grey(3)))
    url = f"http://{server.host}:{server.port}"
    done = run(state, "watch", short, "--to", url, "--vectors", 0)
    assert json.loads(done.stdout.splitlines()[0])["vectors"] == 0


def test_watch_tells_a_broker_the_mood_and_prints_nothing(state: Path, tmp_path: Path) -> None:
    short = tmp_path / "front door.mp4"
    short.write_bytes(clip_of_shots(shots(seconds=0.2)))
    with running_broker() as broker:
        done = run(state, "watch", short, "--mqtt", f"mqtt://127.0.0.1:{broker.port}")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    [told, *_] = [one for one in broker.messages if one.topic == "faceveil/front_door/state"]
    assert json.loads(told.payload)["faces"] == 2
    assert not any("embedding" in one.payload for one in broker.messages)


def test_a_folder_is_gone_on_with_where_it_was_stopped(
    state: Path, file: Path, tmp_path: Path
) -> None:
    folder, output = tmp_path / "in", tmp_path / "out.jsonl"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number:02}.jpg").write_bytes(encoded(draw_face(240 + number)))
    (folder / "bad.png").write_bytes(b"no picture")
    (folder / "note.txt").write_text("left alone")
    arguments = [str(COMMAND), "anonymize", str(folder), "-o", str(output)]
    environment = {**os.environ, "FACEVEIL_STATE_DIRECTORY": str(state)}
    # A shell's background jobs ignore Ctrl-C, and what they start inherits that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(  # noqa: S603 - our own command
        arguments, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        until = time.monotonic() + 300
        while not (output.exists() and output.read_text().count("\n") >= 3):
            assert time.monotonic() < until
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "goes on from here" in said
    before = output.read_text()
    done = run(state, *arguments[1:])
    assert done.returncode == 1
    assert "1 of 41 could not be read" in done.stderr
    after = output.read_text()
    assert after.startswith(before[: before.rindex("\n") + 1])
    told = [json.loads(line) for line in after.splitlines()]
    assert [Path(one["source"]).stem for one in told] == [*(f"{n:02}" for n in range(40)), "bad"]
    assert told[-1]["type"] == "refused"


def test_a_table_of_a_clip_has_what_was_released_and_no_more(
    state: Path, file: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.csv"
    done = run(state, "anonymize", file, "-o", output, "--vectors", 2, "--every", 5)
    assert done.returncode == 0, done.stderr
    header, *rows = output.read_text().splitlines()
    assert header.startswith("source,face,frame,at,track,")
    tracks = [row.split(",")[4] for row in rows]
    assert {"1", "2"} <= set(tracks)
    assert max(map(tracks.count, tracks)) <= 2
    assert not list(tmp_path.glob("*.part*"))


def test_a_picture_may_come_on_the_input(state: Path, face_jpeg: bytes) -> None:
    done = subprocess.run(  # noqa: S603 - our own command
        [COMMAND, "anonymize", "-"],
        env={**os.environ, "FACEVEIL_STATE_DIRECTORY": str(state)},
        input=face_jpeg,
        capture_output=True,
        check=True,
        timeout=120,
    )
    assert json.loads(done.stdout)["faces"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["anonymize", "x.jpg", "-o", "out.txt"], "end its name in .jsonl"),
        (["watch", "absent.mp4"], "There is no file absent.mp4"),
        (["watch", "{picture}", "--to", "ftp://x"], "An address begins with http"),
        (["watch", "{picture}", "--to", "http://127.0.0.1:9"], "cannot be reached"),
    ],
)
def test_what_cannot_be_done_is_said(
    state: Path, tmp_path: Path, arguments: list[str], words: str
) -> None:
    picture = tmp_path / "a.jpg"
    picture.write_bytes(encoded(blank()))
    done = run(state, *[one.format(picture=picture) for one in arguments])
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_no_clip_is_said_without_a_password(tmp_path: Path) -> None:
    broken = tmp_path / "a.mp4"
    broken.write_bytes(b"no clip")
    with pytest.raises(SourceError, match=r"a\.mp4 cannot be read"):
        list(frames_of(str(broken)))
    with pytest.raises(SourceError) as refused:
        list(frames_of("rtsp://user:secret@127.0.0.1:9/x"))
    assert "secret" not in str(refused.value)
