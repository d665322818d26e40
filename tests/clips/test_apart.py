"""A process of its own decodes a stranger's clip: confined, bounded, and never believed."""

import asyncio
import os
import signal
import struct
import sys
from collections.abc import Callable
from dataclasses import replace

import psutil
import pytest
from PIL import Image

from faceveil.clips import apart
from faceveil.clips.apart import decoder
from faceveil.clips.reader import Bounds, decoded
from faceveil.problems import (
    ClipTooCostly,
    ClipTooLarge,
    InternalError,
    NotInstalled,
    NotReady,
    Problem,
    UnreadableClip,
)
from tests.clips.made import clip_of, grey, spoken

BOUNDS = Bounds(seconds=60, frames=1000, pixels=1920 * 1088, cpu_s=60, memory_bytes=2**29, every=1)
CLIP = clip_of(grey(10))


def read(
    data: bytes, bounds: Bounds = BOUNDS, after: Callable[[int], None] = lambda pid: None
) -> list[tuple[float, bytes]]:
    """The frames of a clip, by a process that must have every wall.

    Args:
        data: the clip.
        bounds: what it may be.
        after: called with the process's id, once its first frame has come.
    """

    async def frames() -> list[tuple[float, bytes]]:
        async with decoder(bounds) as process:
            await process.begin(data, "required")
            found = []
            async for frame in process.frames():
                found.append(frame)
                if len(found) == 1:
                    after(process.pid)
            return found

    return asyncio.run(frames())


def refused(data: bytes, bounds: Bounds = BOUNDS) -> Problem:
    """The problem that a clip is refused with."""
    with pytest.raises(Problem) as refusal:
        read(data, bounds)
    return refusal.value


@pytest.mark.parametrize(
    ("kind", "codec"),
    [
        ("mp4", "mpeg4"),
        ("mov", "libx264"),
        ("mp4", "libx265"),
        ("webm", "libvpx"),
        ("webm", "libvpx-vp9"),
        ("matroska", "libsvtav1"),
    ],
)
def test_a_clip_is_decoded_behind_the_walls_as_it_is_in_this_process(kind: str, codec: str) -> None:
    clip = clip_of(grey(10), kind=kind, codec=codec)
    found = read(clip)
    assert found == list(decoded(clip, BOUNDS))
    assert [at for at, _ in found] == pytest.approx([number / 25 for number in range(10)])


def test_one_frame_in_so_many_is_read() -> None:
    assert read(CLIP, replace(BOUNDS, every=4)) == read(CLIP)[::4]


@pytest.mark.parametrize(
    ("clip", "words"),
    [
        (b"words that are none", "no MP4"),
        (clip_of(grey(4), kind="avi"), "no MP4"),
        (spoken(), "no pictures"),
        (CLIP[: len(CLIP) // 2], "cut short"),
        (CLIP[:48] + bytes(range(256)) * 40, "cut short"),
        (clip_of(grey(4), kind="matroska", codec="ffv1"), "codec"),
    ],
    ids=["words", "avi", "sound", "cut", "noise", "codec"],
)
def test_what_is_wrong_with_a_clip_is_said(clip: bytes, words: str) -> None:
    problem = refused(clip)
    assert isinstance(problem, UnreadableClip)
    assert words in problem.detail


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        (replace(BOUNDS, seconds=0.3), "0.3 seconds"),
        (replace(BOUNDS, frames=4), "every=3"),
        (replace(BOUNDS, pixels=64 * 63), "64 x 64 pixels"),
    ],
    ids=["seconds", "frames", "pixels"],
)
def test_a_clip_that_announces_too_much_is_not_begun(bounds: Bounds, words: str) -> None:
    problem = refused(CLIP, bounds)
    assert isinstance(problem, ClipTooLarge)
    assert words in problem.detail


@pytest.mark.parametrize(
    "bounds", [replace(BOUNDS, seconds=0.3), replace(BOUNDS, frames=4)], ids=["seconds", "frames"]
)
def test_a_clip_that_does_not_say_how_long_it_is_ends_at_the_bound(bounds: Bounds) -> None:
    endless = clip_of(grey(40), kind="webm", codec="libvpx", live="1")
    seen: list[int] = []
    with pytest.raises(ClipTooLarge):
        read(endless, bounds, seen.append)
    assert len(seen) == 1  # it was begun


@pytest.mark.parametrize(
    ("side", "problem"), [(128, ClipTooLarge), (512, UnreadableClip)], ids=["larger", "far larger"]
)
def test_frames_that_are_larger_than_the_header_says_are_not_read(
    side: int, problem: type[Problem]
) -> None:
    clip = clip_of([Image.new("L", (side, side))] * 2)
    lying = clip.replace(struct.pack(">HH", side, side), struct.pack(">HH", 64, 64))
    assert lying != clip
    assert isinstance(refused(lying, replace(BOUNDS, pixels=100 * 100)), problem)


def test_the_kernel_ends_one_that_takes_too_much_memory() -> None:
    large = clip_of([Image.effect_noise((1920, 1080), 60)] * 12, codec="libx264")
    problem = refused(large, replace(BOUNDS, memory_bytes=2**25))
    assert isinstance(problem, ClipTooCostly | UnreadableClip)  # some codecs do not say which


def test_the_kernel_ends_one_that_takes_too_much_time() -> None:
    def spin(pid: int) -> None:
        psutil.Process(pid).rlimit(psutil.RLIMIT_CPU, (0, 0))

    with pytest.raises(ClipTooCostly):
        read(clip_of(grey(90, 640, 480)), after=spin)


def test_one_that_is_killed_is_told_and_none_is_left() -> None:
    pids = []

    def kill(pid: int) -> None:
        pids.append(pid)
        os.kill(pid, signal.SIGKILL)

    with pytest.raises(ClipTooCostly):
        read(clip_of(grey(90, 640, 480)), after=kill)
    assert not psutil.pid_exists(pids[0])


def test_one_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "FRAME_S", 0.2)
    pids = []

    def stop(pid: int) -> None:
        pids.append(pid)
        os.kill(pid, signal.SIGSTOP)

    with pytest.raises(ClipTooCostly):
        read(clip_of(grey(90, 640, 480)), after=stop)
    assert not psutil.pid_exists(pids[0])


_SPEAK = (
    "import socket, sys; s = socket.socket(fileno=int(sys.argv[1]));"
    "say = lambda m: s.sendall(len(m).to_bytes(4) + m);"
    """say(b'+{"privileges": true, "landlock": true, "limits": true, "seccomp": true}');"""
)


@pytest.mark.parametrize(
    "says",
    [
        "b'f'",
        "b'f' + b'\\xff' * 9",  # at no time
        "b'?question'",
        "b'!words'",
        """b'!["no-face", "words"]'""",
        """b'!["unreadable-clip", "' + b'x' * 2000 + b'"]'""",
        "bytes(2**23)",
        "b''",
    ],
)
def test_what_talks_nonsense_is_not_believed(says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = f"{_SPEAK} say({says}); s.recv(1)"
    monkeypatch.setattr(apart, "_COMMAND", (sys.executable, "-c", program))
    with pytest.raises(ClipTooCostly):
        read(CLIP)


def test_an_exception_of_ours_is_no_fault_of_the_clip(monkeypatch: pytest.MonkeyPatch) -> None:
    program = f"{_SPEAK} say(b'xKeyError'); s.recv(1)"
    monkeypatch.setattr(apart, "_COMMAND", (sys.executable, "-c", program))
    with pytest.raises(InternalError):
        read(CLIP)


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        ("import os; os.abort()", NotReady),
        (_SPEAK.replace("true", "words"), NotReady),
        (_SPEAK.replace("true", "false"), NotInstalled),
    ],
    ids=["dead", "nonsense", "unwalled"],
)
def test_one_that_does_not_begin_as_it_must_is_told(
    program: str, problem: type[Problem], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "_COMMAND", (sys.executable, "-c", program))
    with pytest.raises(problem):
        read(CLIP)
