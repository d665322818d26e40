"""A real browser before a real server. Where there is no Chromium, what needs one is skipped."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from faceveil.installation import MODELS
from faceveil.model.bundle import find_bundle, read_card
from tests.drawn import draw_face
from tests.pictures import encoded
from tests.running import RunningServer, running_server

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)

KEEPING = {"FACEVEIL_STORE__RETENTION_DAYS": "30"}

_REFUSED = "Failed to load resource:"
"""What Chromium says of every refusal, and of a server that is away; the page tells it itself."""

AXE = Path(__file__).parents[2] / "packages" / "node_modules" / "axe-core" / "axe.min.js"

EXAMPLES = Path(__file__).parents[2] / "examples"
MADE_FACES = (EXAMPLES / "happy.jpg", EXAMPLES / "surprised.jpg")

CARD = read_card(find_bundle(MODELS, "faceveil"))
"""Of the model that answers."""

Open = Callable[..., Page]

PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def keeping_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A real server that stores what it is asked to, and needs no key."""
    with running_server(tmp_path_factory.mktemp("page"), KEEPING) as running:
        yield running


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, with a camera that sees a drawn face.

    No longer than a module: while it runs, no other test's event loop can.
    """
    if not CHROMIUM:
        pytest.skip("a browser is needed: apt-get install chromium")
    clip = tmp_path_factory.mktemp("camera") / "clip.mjpeg"
    clip.write_bytes(encoded(draw_face(480), quality=95) * 30)
    arguments = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={clip}",
        "--disable-dev-shm-usage",
    ]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield opened
        opened.close()


@pytest.fixture
def open_page(browser: Browser, keeping_server: RunningServer) -> Iterator[Open]:
    """Opens a tab of the page; at the end, the browser must have had nothing to complain of."""
    complaints: list[str] = []
    with contextlib.ExitStack() as opened:

        def open_(
            tab: str = "",
            *,
            server: RunningServer | None = None,
            language: str = "en-US",
            theme: str = "light",
            width: int = 1280,
            strict: bool = True,
        ) -> Page:
            context = browser.new_context(
                viewport={"width": width, "height": 900},
                locale=language,
                color_scheme="dark" if theme == "dark" else "light",
                bypass_csp=not strict,
            )
            opened.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on(
                "console",
                lambda message: (
                    complaints.append(message.text)
                    if message.type in ("error", "warning")
                    and not message.text.startswith(_REFUSED)
                    else None
                ),
            )
            asked = server or keeping_server
            page.goto(f"http://{asked.host}:{asked.port}/#{tab}")
            return page

        yield open_
    assert complaints == []


@pytest.fixture
def face_file(tmp_path: Path, face_jpeg: bytes) -> Path:
    """A drawn face as a file to choose."""
    file = tmp_path / "somebody.jpg"
    file.write_bytes(face_jpeg)
    return file


def serious(page: Page) -> list[Any]:
    """What axe-core finds that hinders people, in a page that was opened with `strict=False`."""
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        (one["id"], [node["html"][:120] for node in one["nodes"]][:5])
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


def both_read(page: Page) -> None:
    """Shows two made faces side by side."""
    file = page.locator('input[type="file"]')
    file.set_input_files(MADE_FACES[0])
    page.locator('[data-key="compare"]').click()
    file.set_input_files(MADE_FACES[1])
    expect(page.locator(".kept")).to_have_count(2)


def shown(share: float) -> str:
    """A share as the page writes it in English."""
    return f"{share:.1%}" if 0 < share < 0.0995 else f"{share:.0%}"
