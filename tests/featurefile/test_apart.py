"""A process of its own reads a stranger's file: bounded, without secrets, and never believed."""

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from faceveil import featurefile
from faceveil.confinement.landlock import landlock_version
from faceveil.featurefile import Bounds, FileError
from faceveil.featurefile import apart as other_side
from faceveil.featurefile.apart import TooCostlyError, read_apart
from faceveil.problems import NotInstalled

BOUNDS = Bounds(rows=1000, unpacked=2**20)


def _small() -> bytes:
    return featurefile.npz(
        {"embedding": np.eye(3), "subject": ["ann", "bob", "ann"], "session": ["s", None, "s"]}
    )


def test_a_file_comes_out_as_it_does_in_this_process() -> None:
    found, here = (
        read_apart(_small(), ".NPZ", BOUNDS),
        featurefile.read(io.BytesIO(_small()), ".npz"),
    )
    np.testing.assert_array_equal(found.embedding, here.embedding)
    assert found.embedding.dtype == here.embedding.dtype
    assert found.labels == here.labels


def test_columns_are_chosen_there_too() -> None:
    found = read_apart(b"subject,age,e0\na,1,2\nb,3,4\n", ".csv", BOUNDS, "e*")
    assert (found.dimensions, found.ignored) == (("e0",), ("age",))


@pytest.mark.parametrize(("data", "suffix"), [(b"words", ".npz"), (b"", ".csv"), (b"x", ".exe")])
def test_what_is_wrong_with_a_file_comes_back_as_a_sentence(data: bytes, suffix: str) -> None:
    with pytest.raises(FileError, match=r"\.$") as refusal:
        read_apart(data, suffix, BOUNDS)
    assert not isinstance(refusal.value, TooCostlyError)


def test_the_kernel_ends_one_that_takes_too_much_memory() -> None:
    packed = io.BytesIO()
    np.savez_compressed(packed, embedding=np.zeros((100, 1_200_000)), subject=["a"] * 100)
    with pytest.raises(TooCostlyError, match="more memory or time"):
        read_apart(packed.getvalue(), ".npz", Bounds(rows=1000, unpacked=2**30))


def test_a_reader_that_ends_before_it_meets_the_file_is_replaced_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = (
        "import os, pathlib, sys; tried = pathlib.Path(sys.argv[1]);"
        "tried.exists() or (tried.touch(), os.abort());"
        "os.execv(sys.argv[2], sys.argv[2:])"
    )
    first = (sys.executable, "-c", program, str(tmp_path / "tried"))
    monkeypatch.setattr(other_side, "_COMMAND", (*first, *other_side._COMMAND))
    assert read_apart(_small(), ".npz", BOUNDS).embedding.shape == (3, 3)


@pytest.mark.skipif(not landlock_version(), reason="this kernel has no Landlock")
def test_a_reader_with_every_wall_serves_where_all_are_required() -> None:
    assert read_apart(_small(), ".npz", BOUNDS, None, "required").embedding.shape == (3, 3)


def test_one_that_lacks_a_wall_that_is_required_never_meets_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_seccomp = (
        "from faceveil.featurefile import reader\n"
        "def lacking(**_): raise OSError\n"
        "reader.forbid_system_calls = lacking\n"
        "reader.main()"
    )
    monkeypatch.setattr(other_side, "_COMMAND", (sys.executable, "-c", without_seccomp))
    assert read_apart(_small(), ".npz", BOUNDS).embedding.shape == (3, 3)
    with pytest.raises(NotInstalled, match="confined"):
        read_apart(b"never seen", ".npz", BOUNDS, None, "required")


@pytest.mark.parametrize("program", ["import os; os.abort()", "print('?')"])
def test_readers_that_never_start_are_told(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(other_side, "_COMMAND", (sys.executable, "-c", program))
    with pytest.raises(OSError, match=r"does not start|Broken pipe"):  # read first, or written
        read_apart(_small(), ".npz", BOUNDS)


def _answering(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    start = "import os, sys, json, time; out = sys.stdout.buffer; out.write(b'+'); out.flush();"
    monkeypatch.setattr(other_side, "_COMMAND", (sys.executable, "-c", start + program))


@pytest.mark.parametrize(
    "program",
    [
        "os.abort()",
        "out.write(b'words\\n')",
        "out.write(b'{}\\n')",
        """out.write(b'{"shape": [1, 1], "labels": {}}\\n' + bytes(4))""",
        """out.write(b'{"labels": {"subject": {"values": ["a"], "rows": [1]}}}\\n')""",
        """out.write(b'{"shape": [9000, 1]}\\n' + bytes(36000))""",
        "[out.write(bytes(2**20)) for _ in range(100)]",
        """out.write(b'{"shape": [1, 1], "labels": {"subject": {"values": ["a"], "rows": [0]}}'"""
        """ + b' ' * 2**21 + b'}\\n' + bytes(4))""",
    ],
)
def test_an_answer_that_is_none_is_not_believed(
    program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _answering(program, monkeypatch)
    with pytest.raises(FileError):
        read_apart(b"x", ".npz", BOUNDS)


def test_one_that_never_answers_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(other_side, "WALL_S", 1.0)
    _answering("time.sleep(600)", monkeypatch)
    with pytest.raises(TooCostlyError):
        read_apart(b"x", ".npz", BOUNDS)


def test_it_knows_no_secret_and_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEVEIL_NOISE__KEY", "s" * 32)
    program = (
        "import json, os, resource as r; from faceveil.featurefile import reader;"
        "reader.forbid_system_calls = lambda **_: None; reader.confine('.npz');"
        "print(json.dumps([sorted(os.environ), [r.getrlimit(n)[1] for n in "
        "(r.RLIMIT_AS, r.RLIMIT_CPU, r.RLIMIT_FSIZE, r.RLIMIT_CORE, r.RLIMIT_NPROC)]]))"
    )
    answer = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-P", "-c", program],
        env=other_side._environment(),
        capture_output=True,
        check=True,
    )
    environment, limits = json.loads(answer.stdout)
    assert not [name for name in environment if name.startswith("FACEVEIL")]
    assert limits == [768 * 2**20, 20, 0, 0, 0]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists a process's threads")
@pytest.mark.parametrize("suffix", [".npz", ".csv", ".parquet"])
def test_no_thread_is_left_outside_of_its_walls(suffix: str) -> None:
    program = (
        "import os; from faceveil.featurefile import reader;"
        "reader.shut_in = lambda: print(len(os.listdir('/proc/self/task'))) or {};"
        f"reader.confine({suffix!r})"
    )
    answer = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-P", "-c", program],
        env=other_side._environment(),
        capture_output=True,
        check=True,
    )
    assert answer.stdout == b"1\n"


@pytest.mark.parametrize("suffix", [".npz", ".csv", ".parquet"])
def test_landlock_alone_keeps_one_that_is_taken_over_from_files(suffix: str) -> None:
    if not landlock_version():
        pytest.skip("this kernel has no Landlock")
    program = (
        "from faceveil.featurefile import reader; reader.forbid_system_calls = lambda **_: None;"
        f"reader.confine({suffix!r}); open('/etc/passwd')"
    )
    tried = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-P", "-c", program],
        env=other_side._environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert tried.stderr.strip().endswith(
        "PermissionError: [Errno 13] Permission denied: '/etc/passwd'"
    )


def test_moments_of_any_time_zone_are_read_without_its_file() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    moments = pyarrow.array([0, None], pyarrow.timestamp("us", "Asia/Kathmandu"))
    table = {"subject": ["a", "b"], "captured_at": moments, "e0": [1.0, 2.0], "e1": [1.0, 2.0]}
    file = io.BytesIO()
    parquet.write_table(pyarrow.table(table), file)
    found = read_apart(file.getvalue(), ".parquet", BOUNDS)
    assert found.labels["captured_at"] == ["1970-01-01T00:00:00+00:00", None]
