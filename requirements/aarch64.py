"""Asks the package registry for each pinned requirement's wheel for 64-bit ARM, as in the image.

    python requirements/aarch64.py

writes aarch64.txt beside it: each wheel's file and its SHA-256, which the lock file must hold. It
fails where there is none: then the image needs a compiler on such a machine, and no Raspberry Pi
should be told to install it.
"""

import hashlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement

HERE = Path(__file__).parent
LOCK, ANSWER = HERE / "audit.txt", HERE / "aarch64.txt"

PYTHON = "3.12"
"""Of the image."""

ENVIRONMENT = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "aarch64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": f"{PYTHON}.0",
    "python_version": PYTHON,
    "sys_platform": "linux",
}

GLIBC = range(17, 37)
"""Minor versions of glibc 2 whose wheels run in the image: Debian 12 has 2.36."""


def wanted(lock: Path = LOCK) -> Iterator[str]:
    """The requirements of a lock file that count there, as `name==version`."""
    for line in lock.read_text(encoding="utf-8").splitlines():
        if re.match(r"\w", line):
            requirement = Requirement(line.rstrip(" \\"))
            if requirement.marker is None or requirement.marker.evaluate(ENVIRONMENT):
                yield f"{requirement.name}{requirement.specifier}"


def _download(to: str) -> None:
    platforms = ["manylinux2014_aarch64", *(f"manylinux_2_{minor}_aarch64" for minor in GLIBC)]
    subprocess.run(  # noqa: S603 - our own command
        [
            *(sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"),
            *("--implementation", "cp", "--python-version", PYTHON, "--dest", to),
            *(f"--platform={platform}" for platform in platforms),
            *wanted(),
        ],
        check=True,
    )


def main() -> None:
    """Writes the answer."""
    with tempfile.TemporaryDirectory() as folder:
        _download(folder)
        lines = [
            f"{wheel.name} {hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"
            for wheel in sorted(Path(folder).glob("*.whl"), key=lambda one: one.name.lower())
        ]
    ANSWER.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
