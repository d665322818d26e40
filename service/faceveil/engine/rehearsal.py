"""All kinds of pictures, read once: whatever libraries load only when they need it is loaded then.

A confined reader can open no file, so what it lacked would fail there, as if the picture were
broken.
"""

import base64
import contextlib
import encodings
import importlib
import io
import pkgutil
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from faceveil.engine.job import Order
from faceveil.model.card import Card
from faceveil.pool.duty import Ask
from faceveil.problems import NoFace, UnreadableImage
from faceveil.vision.align import align
from faceveil.vision.formats import FORMATS
from faceveil.vision.selection import Selection

_LATE = (
    *("ImageChops", "ImageColor", "ImageFile", "ImageMode", "ImagePalette", "ImageSequence"),
    *("MpoImagePlugin", "TiffTags"),
)
"""Modules that Pillow imports inside functions."""

_HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAVZtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAA"
    "AAAAAAAAACJpbG9jAAAAAERAAAEAAQAAAAABegABAAAAAAAAAA4AAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABo"
    "dmMxAAAAAA5waXRtAAAAAAABAAAA1mlwcnAAAAC3aXBjbwAAAHhodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEA"
    "GEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQArQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqSSmubgIaDAgAAAMAyAAA"
    "AwAIQGIAAQAHRAHBcrAiQAAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAABAAAAAQAAAABBwaXhpAAAAAAMI"
    "CAgAAAAXaXBtYQAAAAAAAAABAAEEgQIDBAAAABZtZGF0AAAACigBrwQY/ErXm8A="
)
"""A grey square: nothing that is installed could write one."""

_TAGS = {0x010E: "a picture", 0x0112: 6}


class _Reads(Protocol):
    def do(self, job: Order, ask: Ask) -> bytes: ...


def rehearse(reader: _Reads, card: Card, level: str) -> None:
    """Reads blank crops and pictures of all formats, whole and broken.

    Raises:
        Problem: if one cannot be read that should.
    """
    for name in _LATE:
        importlib.import_module(f"PIL.{name}")
    for text in pkgutil.iter_modules(encodings.__path__):
        if text.name.startswith(("utf", "latin", "ascii", "iso8859_1", "cp125", "unicode")):
            importlib.import_module(f"encodings.{text.name}")

    def no_noise(digests: bytes) -> bytes:
        return bytes(4 * card.dimension * (len(digests) // 32))

    files = _files((card.crop.width, card.crop.height))
    for file in files:
        reader.do(Order(file, True, level, 0.0), no_noise)
    for wanted in (Selection(), Selection("all", 2)):
        with contextlib.suppress(NoFace):
            reader.do(Order(files[0], False, level, 0.0, wanted), no_noise)
    if "HEIF" in FORMATS:
        with contextlib.suppress(NoFace):
            reader.do(Order(_HEIC, False, level, 0.0), no_noise)
    align(np.zeros((64, 64), np.uint8), (20.0, 30.0), (40.0, 31.0), card.crop)
    for broken in (b"no picture", files[0][:-20], "no base64"):
        with contextlib.suppress(UnreadableImage):
            reader.do(Order(broken, True, level, 0.0), no_noise)


def _files(size: tuple[int, int]) -> list[bytes]:
    grey = Image.new("L", size, 128)
    exif = Image.Exif()
    for tag, value in _TAGS.items():
        exif[tag] = value
    colour = grey.convert("RGB")
    files = [
        _file(grey, "JPEG"),
        _file(colour, "JPEG", progressive=True),
        _file(colour, "JPEG", exif=exif) if size[0] == size[1] else _file(colour, "JPEG"),
        _file(colour, "MPO", save_all=True, append_images=[colour]),
        _file(colour, "PNG"),
        _file(grey.convert("P"), "PNG", transparency=1),
        _file(grey.convert("RGBA"), "PNG"),
        _file(colour, "WEBP"),
        _file(colour, "WEBP", lossless=True),
        _file(colour, "BMP"),
        _file(grey, "GIF"),
        _file(_deep(grey), "TIFF"),
    ]
    if "AVIF" in FORMATS:
        files.append(_file(colour, "AVIF"))
    return files + [_file(grey, "TIFF", compression=name) for name in _TIFF_COMPRESSIONS]


_TIFF_COMPRESSIONS = (None, "jpeg", "tiff_lzw", "tiff_adobe_deflate", "packbits")


def _deep(grey: Image.Image) -> Image.Image:
    levels: NDArray[np.float32] = np.asarray(grey, np.float32)
    return Image.fromarray(levels)


def _file(image: Image.Image, file_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()
