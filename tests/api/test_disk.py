"""No image touches the disk."""

import os
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from tests.drawn import draw_face
from tests.pictures import encoded

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT

_watchers: list[list[str]] = []


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _watchers:
        path, mode, flags = arguments
        if flags & _WRITING or (mode and set(mode) & set("wax+")):
            for opened in _watchers:
                opened.append(str(path))


sys.addaudithook(_audit)  # for good: Python has no way to take one away


@pytest.fixture
def opened() -> Iterator[list[str]]:
    """Every file that this process opens to write while the test runs."""
    paths: list[str] = []
    _watchers.append(paths)
    yield paths
    _watchers.remove(paths)


def _noisy_face() -> Image.Image:
    face = np.asarray(draw_face(250).resize((1000, 1000)).convert("RGB"), int)
    noise = np.random.default_rng(0).integers(-8, 9, face.shape)
    return Image.fromarray((face + noise).clip(0, 255).astype(np.uint8))


FILES = {name: encoded(_noisy_face(), name) for name in ("PNG", "TIFF", "BMP")}


def test_the_watch_sees_a_file_spooled_to_disk(opened: list[str]) -> None:
    with tempfile.SpooledTemporaryFile(max_size=1) as spooled:
        spooled.write(b"more than one byte")
    assert opened


@pytest.mark.parametrize("file_format", FILES)
@pytest.mark.parametrize("path", ["/v1/anonymize", "/v1/anonymize/batch"])
def test_a_large_upload_stays_in_memory(
    client: TestClient, opened: list[str], path: str, file_format: str
) -> None:
    assert len(FILES[file_format]) > 2**20
    response = client.post(path, files={"image": ("face", FILES[file_format])})
    assert response.status_code == 200
    assert "embedding" in response.text
    assert opened == []
