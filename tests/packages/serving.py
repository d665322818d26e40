"""Folders as a site on this machine, as a page finds them that needs no build step."""

import functools
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


class _Site(SimpleHTTPRequestHandler):
    def __init__(
        self, *args: Any, folders: Mapping[str, Path], headers: Mapping[str, str], **kwargs: Any
    ) -> None:
        self._folders, self._headers = folders, headers
        super().__init__(*args, **kwargs)

    def translate_path(self, path: str) -> str:
        first, _, rest = path.lstrip("/").partition("?")[0].partition("/")
        folder = self._folders.get(first)
        return super().translate_path(path) if folder is None else str(folder / rest)

    def end_headers(self) -> None:
        for name, value in self._headers.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        pass


@contextmanager
def serving(
    folders: Mapping[str, Path] | None = None, headers: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Serves the checkout; yields the site's address.

    Args:
        folders: others, by the first part of their paths.
        headers: of every answer.
    """
    handler = functools.partial(
        _Site, directory=str(ROOT), folders=folders or {}, headers=headers or {}
    )
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
