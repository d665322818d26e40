"""The page's files, read once, under an address that changes with what is in them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"

PREFIX = "page"
"""First part of the path of every file but the page itself."""

_INDEX = "index.html"

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
}

_PACKED = ".gz"
"""Ends the name of a file that is stored, and sent, gzipped."""

VENDOR = "vendor/"
"""Files of others' making, or made of other folders; loaded when they are needed."""


@dataclass(frozen=True, slots=True)
class File:
    """One file.

    Attributes:
        content: its bytes.
        media_type: as it is answered.
        encoding: of the bytes, as HTTP names it; none where they are as they are.
    """

    content: bytes
    media_type: str
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """All files.

    Attributes:
        version: changes whenever a file does; part of their addresses, so that browsers may keep
            them for ever.
        files: by path below `static`.
    """

    version: str
    files: Mapping[str, File]
    index: str

    def shown_under(self, root_path: str) -> bytes:
        """The page itself.

        Args:
            root_path: under which a proxy shows the server; empty where none does. Plain
                characters, as `ProxyMiddleware` lets no others in.
        """
        folder = f"{PREFIX}/{self.version}"
        modules = sorted(
            name for name in self.files if name.endswith(".js") and not name.startswith(VENDOR)
        )
        preloads = "\n".join(
            f'<link rel="modulepreload" href="{folder}/{name}">' for name in modules
        )
        page = self.index.replace("{base}", f"{root_path}/" if root_path else "./")
        return page.replace("{folder}", folder).replace("{preloads}", preloads).encode()


@cache
def load_site() -> Site:
    """Reads all files."""
    found = {
        path.relative_to(STATIC).as_posix(): path.read_bytes()
        for path in sorted(STATIC.rglob("*"))
        if Path(path.name.removesuffix(_PACKED)).suffix in _TYPES
    }
    digest = hashlib.sha256()
    for name, content in found.items():
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    files = {name.removesuffix(_PACKED): _file(name, content) for name, content in found.items()}
    index = (STATIC / _INDEX).read_text(encoding="utf-8")
    return Site(digest.hexdigest()[:16], files, index)


def _file(name: str, content: bytes) -> File:
    packed = name.endswith(_PACKED)
    kind = _TYPES[Path(name.removesuffix(_PACKED)).suffix]
    return File(content, kind, "gzip" if packed else None)
