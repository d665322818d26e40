"""Every kind of picture, good or hostile, over HTTP: the right answer or a clear refusal."""

import base64
import json
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.api.refusals import assert_refused
from tests.drawn import draw_face
from tests.pictures import (
    ORIENTATIONS,
    black_png,
    blank,
    encoded,
    png_chunk,
    turned_by_exif,
    wide_face,
)
from tests.running import RunningServer

PATH = "/v1/anonymize"
SECRET = "Erika Mustermann"
FACE = draw_face(256)


@pytest.fixture(scope="module")
def upright(server: RunningServer) -> dict[str, float]:
    """Where the face is in a plain picture of it."""
    return _box(server, encoded(FACE, "PNG"))


def _post(server: RunningServer, data: bytes, kind: str = "image/png") -> Any:
    return server.client.post(PATH, content=data, headers={"Content-Type": kind})


def _box(server: RunningServer, data: bytes) -> dict[str, float]:
    response = _post(server, data)
    assert response.status_code == 200, response.text
    (face,) = response.json()["faces"]
    box: dict[str, float] = face["box"]
    return box


def _deep(scale: float, kind: str) -> Image.Image:
    return Image.fromarray((np.asarray(FACE, float) * scale).astype(kind))


def _seen_through_a_hole() -> Image.Image:
    hole = Image.new("L", FACE.size, 0)
    ImageDraw.Draw(hole).rectangle((16, 0, 240, 256), fill=255)
    picture = FACE.convert("RGBA")
    picture.putalpha(hole)
    return picture


def _followed_by_nothing(file_format: str) -> bytes:
    pages = [blank().convert("RGB"), blank().convert("RGB")]
    return encoded(FACE.convert("RGB"), file_format, save_all=True, append_images=pages)


PICTURES_OF_THE_FACE = {
    "JPEG": encoded(FACE),
    "colour JPEG": encoded(FACE.convert("RGB")),
    "CMYK JPEG": encoded(FACE.convert("RGB").convert("CMYK")),
    "progressive JPEG": encoded(FACE, progressive=True),
    "JPEG of several pictures": _followed_by_nothing("MPO"),
    "PNG": encoded(FACE, "PNG"),
    "RGBA PNG": encoded(FACE.convert("RGBA"), "PNG"),
    "partly transparent PNG": encoded(_seen_through_a_hole(), "PNG"),
    "grey PNG with alpha": encoded(FACE.convert("LA"), "PNG"),
    "palette PNG": encoded(FACE.convert("P"), "PNG"),
    "palette PNG with a transparent colour": encoded(FACE.quantize(32), "PNG", transparency=3),
    "1-bit PNG": encoded(FACE.convert("1"), "PNG"),
    "16-bit PNG": encoded(_deep(257, "uint16"), "PNG"),
    "animated PNG": _followed_by_nothing("PNG"),
    "palette GIF": encoded(FACE.convert("P"), "GIF"),
    "animated GIF": _followed_by_nothing("GIF"),
    "WebP": encoded(FACE, "WEBP"),
    "animated WebP": _followed_by_nothing("WEBP"),
    "BMP": encoded(FACE, "BMP"),
    "TIFF": encoded(FACE, "TIFF"),
    "16-bit TIFF": encoded(_deep(257, "uint16"), "TIFF"),
    "32-bit TIFF": encoded(_deep(257, "int32"), "TIFF"),
    "float TIFF from 0 to 1": encoded(_deep(1 / 255, "float32"), "TIFF"),
    "float TIFF from 0 to 255": encoded(_deep(1, "float32"), "TIFF"),
    "float TIFF from 0 to 65535": encoded(_deep(257, "float32"), "TIFF"),
    "CMYK TIFF": encoded(FACE.convert("RGB").convert("CMYK"), "TIFF"),
    "compressed TIFF": encoded(FACE, "TIFF", compression="tiff_lzw"),
    "TIFF of several pages": _followed_by_nothing("TIFF"),
}


@pytest.mark.parametrize("kind", PICTURES_OF_THE_FACE)
def test_the_face_is_found_where_it_is_in_a(
    server: RunningServer, upright: dict[str, float], kind: str
) -> None:
    assert _box(server, PICTURES_OF_THE_FACE[kind]) == pytest.approx(upright, abs=6)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_picture_turned_by_exif_is_answered_upright(
    server: RunningServer, upright: dict[str, float], file_format: str, orientation: int
) -> None:
    response = _post(server, turned_by_exif(wide_face(), orientation, file_format))
    answer = response.json()
    assert answer["image"] == {"width": 360, "height": 256}
    assert answer["faces"][0]["box"] == pytest.approx(upright, abs=3)


def test_a_large_picture_is_answered_in_its_own_pixels(
    server: RunningServer, upright: dict[str, float]
) -> None:
    response = _post(server, encoded(FACE.resize((3000, 3000))))
    answer = response.json()
    assert answer["image"] == {"width": 3000, "height": 3000}
    expected = {side: value * 3000 / 256 for side, value in upright.items()}
    assert answer["faces"][0]["box"] == pytest.approx(expected, abs=50)


def test_a_picture_without_a_face_is_told_so(server: RunningServer) -> None:
    assert_refused(_post(server, encoded(blank(), "PNG")), 422, "no-face")


@pytest.mark.parametrize("kind", ["image/jpeg", "image/png", "image/heic"])
def test_a_text_file_is_no_image(server: RunningServer, kind: str) -> None:
    response = _post(server, f"Dear {SECRET}, enclosed you find".encode(), kind)
    assert_refused(response, 422, "unreadable-image", without=SECRET)


def test_an_unread_format_is_refused_with_those_that_are_read(server: RunningServer) -> None:
    response = _post(server, encoded(FACE, "ICO"))
    problem = assert_refused(response, 422, "unreadable-image")
    assert "JPEG, PNG, WebP, AVIF, BMP, GIF or TIFF" in problem["detail"]


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP"])
def test_a_truncated_file_is_refused(server: RunningServer, file_format: str) -> None:
    whole = encoded(FACE.convert("RGB"), file_format)
    response = _post(server, whole[: len(whole) * 2 // 3])
    assert_refused(response, 422, "unreadable-image")


def test_four_hundred_million_pixels_are_refused_before_they_are_decoded(
    server: RunningServer,
) -> None:
    picture = black_png(20_000, 20_000)
    assert len(picture) < 100_000
    assert_refused(_post(server, picture), 413, "picture-too-large")


def test_a_hundred_million_pixels_are_refused_with_the_limit(server: RunningServer) -> None:
    problem = assert_refused(_post(server, black_png(10_000, 10_000)), 413, "picture-too-large")
    assert "10000 x 10000" in problem["detail"]
    assert "64000000" in problem["detail"]


def test_text_that_unpacks_to_a_hundred_megabytes_is_refused(server: RunningServer) -> None:
    text = png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(100_000_000), 9))
    assert_refused(_post(server, black_png(64, 64, text)), 422, "unreadable-image")


def test_five_megabytes_of_json_that_are_no_image_are_refused(server: RunningServer) -> None:
    text = base64.b64encode(SECRET.encode() * 240_000).decode()
    body = json.dumps({"image": text}).encode()
    assert 5_000_000 < len(body) < 6_000_000
    response = _post(server, body, "application/json")
    assert_refused(response, 422, "unreadable-image", without=text[:32])


def test_five_megabytes_of_json_that_are_no_object_are_refused(server: RunningServer) -> None:
    body = json.dumps([SECRET] * 260_000).encode()
    response = _post(server, body, "application/json")
    assert_refused(response, 422, "invalid-parameters", without=SECRET)
