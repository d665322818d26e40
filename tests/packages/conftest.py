"""The npm packages, where `make test` could install what they need."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PACKAGES = Path(__file__).parents[2] / "packages"

NODE = shutil.which("node") or ""

needs_node = pytest.mark.skipif(
    not (NODE and (PACKAGES / "node_modules" / ".bin" / "tsc").exists()),
    reason="`make test` installs what npm packages need, where there is npm",
)


def run(*command: str | Path, within: Path, text: str | None = None, **variables: str) -> str:
    """What a program says; it must succeed.

    Args:
        command: the program and its arguments.
        within: the folder in which it runs.
        text: its standard input.
        variables: of its environment, beside our own.
    """
    done = subprocess.run(  # noqa: S603 - programs of our own choosing
        list(command),
        cwd=within,
        input=text,
        capture_output=True,
        text=True,
        timeout=600,
        env=os.environ | {"NO_COLOR": "1"} | variables,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
