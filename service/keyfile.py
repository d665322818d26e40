"""Secret keys in files: made at the first start, readable by their owner only."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

KEY_BYTES = 32


def load_or_make_key(path: Path) -> bytes:
    """Reads the key file; at the first start, makes it, readable by its owner only.

    Raises:
        OSError: if the folder or file cannot be read or written.
        ValueError: if the file holds no key of ours.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        _make_key(path)
    try:
        key = bytes.fromhex(path.read_text().strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(f"{path} does not hold {KEY_BYTES} bytes in hexadecimal")
    return key


def _make_key(path: Path) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent) as draft:  # mode 600
        draft.write(secrets.token_hex(KEY_BYTES).encode() + b"\n")
        draft.flush()
        # Of two processes that start at once, one links its whole key and both read that one.
        with contextlib.suppress(FileExistsError):
            os.link(draft.name, path)
