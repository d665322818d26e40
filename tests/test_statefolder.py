"""A state folder that cannot be used is told to whoever starts us, with what to do."""

import ctypes
import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from faceveil.statefolder import StateFolderError, must_be_usable, state_folder
from tests.running import COMMAND

_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 24, 1, 2


def _without_overrides() -> None:
    """Takes from root what no other user has: to read and write whatever the modes of files say."""
    for capability in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH):
        ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)


def _faceveil(state: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        [COMMAND, *command],
        env={**os.environ, "FACEVEIL_STATE_DIRECTORY": str(state)},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=_without_overrides if os.geteuid() == 0 else None,
        timeout=60,
    )


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder in use: a store and both keys are in it."""
    folder = tmp_path_factory.mktemp("used") / "state"
    assert _faceveil(folder, "keys", "rotate", "subject", "--yes").returncode == 0
    (folder / "noise.key").write_text("ab" * 32)
    (folder / "jobs.db").touch()
    (folder / "worker.lock").touch()
    return folder


@pytest.fixture
def modes(used: Path) -> Iterator[None]:
    """Puts back what a test does to the modes in the folder."""
    paths = [used, *used.iterdir()]
    before = [path.stat().st_mode for path in paths]
    yield
    for path, mode in zip(paths, before, strict=True):
        path.chmod(mode)


COMMANDS = [
    ("serve", "--port", "0"),
    ("worker",),
    ("keys", "create", "a", "--scope", "audit"),
    ("log", "verify"),
    ("keys", "rotate", "subject", "--yes"),
]


@pytest.mark.usefixtures("modes")
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_every_command_tells_of_a_folder_that_it_may_not_write(
    used: Path, command: tuple[str, ...]
) -> None:
    used.chmod(0o500)
    _tells_what_to_do(_faceveil(used, *command), used, used)


@pytest.mark.usefixtures("modes")
@pytest.mark.parametrize(
    "name",
    ["noise.key", "subject.key", "faceveil.db", "faceveil.db.lock", "jobs.db", "worker.lock"],
)
def test_the_server_tells_of_each_file_that_it_may_not_use(used: Path, name: str) -> None:
    (used / name).chmod(0o000 if name.endswith(".key") else 0o400)
    _tells_what_to_do(_faceveil(used, "serve", "--port", "0"), used, used / name)


def _tells_what_to_do(answer: subprocess.CompletedProcess[str], folder: Path, cause: Path) -> None:
    assert answer.returncode == 2, answer.stderr
    assert "Traceback" not in answer.stderr
    (sentence,) = (line for line in answer.stderr.splitlines() if not line.startswith("{"))
    user = os.geteuid()
    assert sentence.startswith(f"FACEVEIL_STATE_DIRECTORY: the folder {folder} cannot be used")
    for words in (
        f"the user id {user}",
        f"{cause}: Permission denied",
        f"chown -R {user} {folder}",
        "container",
        "chown -R 10001",
    ):
        assert words in sentence


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "state"):
        answer = _faceveil(folder, "keys", "list")
        assert answer.returncode == 2
        assert answer.stderr.startswith(f"FACEVEIL_STATE_DIRECTORY: the folder {folder} ")
        assert "Move away what is there" in answer.stderr


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.EACCES, "chown"),
        (errno.EPERM, "chown"),
        (errno.EROFS, "Mount a folder there that can be written"),
        (errno.ENOTDIR, "Move away"),
        (errno.ENOSPC, "Mend that"),
    ],
)
def test_each_reason_has_its_advice(tmp_path: Path, number: int, advice: str) -> None:
    def fail() -> None:
        raise OSError(number, os.strerror(number), str(tmp_path / "noise.key"))

    refusal = _refusal(tmp_path, fail)
    assert advice in refusal
    assert f"{tmp_path / 'noise.key'}: {os.strerror(number)}" in refusal
    assert "Errno" not in refusal


def test_a_sentence_is_told_once(tmp_path: Path) -> None:
    def fail() -> None:
        with state_folder(tmp_path):
            raise OSError(errno.EACCES, "reason")

    assert _refusal(tmp_path, fail).count("FACEVEIL_STATE_DIRECTORY") == 1


def _refusal(folder: Path, work: Callable[[], None]) -> str:
    with pytest.raises(StateFolderError) as refusal, state_folder(folder):
        work()
    return str(refusal.value)


def test_what_is_not_there_may_be_used_and_the_folder_is_the_owners(tmp_path: Path) -> None:
    with state_folder(tmp_path / "a" / "state") as folder:
        must_be_usable(folder, folder / "absent")
    assert folder.stat().st_mode & 0o777 == 0o700
