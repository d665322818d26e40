"""The runtime sends nothing to anybody, and keeps no id of this machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from faceveil.model.bundle import find_bundle
from faceveil.settings import Settings

GRAPH = find_bundle(Settings().model.directory, "faceveil") / "model.onnx"
QUIET = "import faceveil.runtime as r; r.open_session(open({0!r}, 'rb').read())"
PLAIN = "import onnxruntime as o; o.InferenceSession({0!r}, providers=['CPUExecutionProvider'])"


def _left_behind(program: str, home: Path) -> list[Path]:
    """Runs a program with a home of its own, as no test or CI; returns the files it left there."""
    quieted = {"CI", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS"}
    others = {name: value for name, value in os.environ.items() if name not in quieted}
    subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program.format(str(GRAPH))],
        env=others | {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")},
        cwd=Path(__file__).parents[1],
        check=True,
    )
    return [path for path in home.rglob("*") if path.is_file()]


def test_opening_a_session_leaves_no_telemetry_to_be_sent(tmp_path: Path) -> None:
    assert _left_behind(QUIET, tmp_path) == []


def test_the_watch_sees_what_the_runtime_keeps_when_nobody_quiets_it(tmp_path: Path) -> None:
    if not _left_behind(PLAIN, tmp_path):
        pytest.skip("this build of ONNX Runtime keeps nothing by itself")


@pytest.mark.parametrize("room", ["service", "training", "benchmarks"])
def test_only_the_boundary_imports_the_runtime(room: str) -> None:
    root = Path(__file__).parents[1]
    importing = [
        path.relative_to(root).as_posix()
        for path in (root / room).rglob("*.py")
        if "import onnxruntime" in path.read_text(encoding="utf-8")
    ]
    assert importing == (["service/faceveil/runtime.py"] if room == "service" else [])
