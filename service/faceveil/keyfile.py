"""Secret keys in files: made at the first start, readable by their owner only."""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

KEY_BYTES = 32


def new_key() -> bytes:
    """A key that nobody has."""
    return secrets.token_bytes(KEY_BYTES)


def read_key(path: Path) -> bytes:
    """Reads a key file.

    Raises:
        FileNotFoundError: if there is none.
        OSError: if it cannot be read.
        ValueError: if it holds no key of ours.
    """
    try:
        key = bytes.fromhex(path.read_text().strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(f"{path} does not hold {KEY_BYTES} bytes in hexadecimal")
    return key


def read_or_make_key(path: Path) -> bytes:
    """Reads the key file; where there is none, makes it, readable by its owner only.

    Raises:
        OSError: if the folder or file cannot be read or written.
        ValueError: if the file holds no key of ours.
    """
    if not path.exists():
        # Of two processes that start at once, one links its key and both read that one.
        with _draft(path, new_key()) as draft, contextlib.suppress(FileExistsError):
            os.link(draft.name, path)
    return read_key(path)


def write_key(path: Path, key: bytes) -> None:
    """Puts a key into its file, whole or not at all, in place of one that is there.

    Raises:
        OSError: if the folder or file cannot be written.
    """
    with _draft(path, key) as draft:
        os.link(draft.name, f"{draft.name}.new")
        Path(f"{draft.name}.new").replace(path)


@contextlib.contextmanager
def _draft(path: Path, key: bytes) -> Iterator[IO[bytes]]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent) as draft:  # mode 600
        draft.write(key.hex().encode() + b"\n")
        draft.flush()
        os.fsync(draft.fileno())
        yield draft
