"""An environment for each peer, made once into a folder that git ignores."""

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".bench"
REQUIREMENTS = Path(__file__).with_name("peers") / "requirements"


def environment(name: str, cache: Path = CACHE) -> Path:
    """The Python of a peer's environment, which is made if its pins have changed or it is new.

    Raises:
        subprocess.CalledProcessError: if its packages cannot be installed.
    """
    pins = REQUIREMENTS / f"{name}.txt"
    folder = cache / name
    python = folder / "bin" / "python"
    stamp = folder / "made-from"
    digest = hashlib.sha256(pins.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == digest:
        return python
    print(f"making an environment for {name} ...", file=sys.stderr)
    venv.create(folder, with_pip=True, clear=True)
    command = [str(python), "-m", "pip", "install", "-q", "-r", str(pins)]
    subprocess.run(command, check=True)  # noqa: S603 - our own command line
    stamp.write_text(digest)
    return python


def pinned(name: str, package: str) -> str:
    """The version of a package that a peer's environment holds."""
    for line in (REQUIREMENTS / f"{name}.txt").read_text().splitlines():
        if line.startswith(f"{package}=="):
            return line.removeprefix(f"{package}==").split()[0]
    raise ValueError(f"{name} pins no {package}")
