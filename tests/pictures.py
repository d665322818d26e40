"""Picture files for tests: drawn faces in every disguise, and files that are meant to do harm."""

import base64
import io
import struct
import zlib
from typing import Any

from PIL import Image

from tests.drawn import draw_face

ORIENTATIONS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How an upright picture must be stored so that this Exif orientation turns it upright again."""

_ORIENTATION_TAG = 0x0112


HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAVZtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAA"
    "AAAAAAACJpbG9jAAAAAERAAAEAAQAAAAABegABAAAAAAAAAEsAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMx"
    "AAAAAA5waXRtAAAAAAABAAAA1mlwcnAAAAC3aXBjbwAAAHhodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDA"
    "H//wNwAAADAJAAAAMAAAMAHroCQGEAAQArQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqSSmubgIaDAgAAAMAyAAAAwAIQGIA"
    "AQAHRAHBcrAiQAAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAABAAAAAQAAAABBwaXhpAAAAAAMICAgAAAAXaX"
    "BtYQAAAAAAAAABAAEEgQIDBAAAAFNtZGF0AAAARygBrwQY/eYaqu6nmzLL1k1fCBnq+ZjlwC+cHFpDMP0ksaOeUd4BoCil"
    "imbGbevw2gytv+3tWFmx5znYKU0mquE8lyXHol6A"
)
"""A drawn face of 64 x 64 pixels; what is installed can only read it."""


def encoded(image: Image.Image, file_format: str = "JPEG", **options: Any) -> bytes:
    """The bytes of an image file."""
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def wide_face() -> Image.Image:
    """A drawn face left of the middle of a picture that is wider than high, 360 x 256."""
    image = Image.new("L", (360, 256), 205)
    image.paste(draw_face(256), (0, 0))
    return image


def crowd(count: int) -> Image.Image:
    """Drawn faces in a row, each larger than the one to its right."""
    sizes = [320 - 48 * index for index in range(count)]
    image = Image.new("L", (sum(sizes), sizes[0]), 205)
    left = 0
    for size in sizes:
        image.paste(draw_face(size), (left, 0))
        left += size
    return image


def turned_by_exif(image: Image.Image, orientation: int, file_format: str) -> bytes:
    """An image file whose pixels lie on their side, and whose Exif data says so."""
    turn = ORIENTATIONS[orientation]
    exif = Image.Exif()
    exif[_ORIENTATION_TAG] = orientation
    lying = image if turn is None else image.transpose(turn)
    return encoded(lying, file_format, exif=exif)


def blank(width: int = 256, height: int = 256) -> Image.Image:
    """A picture of nothing."""
    return Image.new("L", (width, height), 128)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG file, with its length and checksum."""
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def black_png(width: int, height: int, *chunks: bytes) -> bytes:
    """A whole and valid PNG of one bit a pixel, all black: large in pixels, small in bytes.

    `chunks` stand between the header and the pixels.
    """
    row = bytes(1 + (width + 7) // 8)
    packer = zlib.compressobj(9)
    pixels = b"".join([*(packer.compress(row) for _ in range(height)), packer.flush()])
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)),
            *chunks,
            png_chunk(b"IDAT", pixels),
            png_chunk(b"IEND", b""),
        ]
    )
