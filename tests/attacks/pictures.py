"""Small files that ask for a great deal of work, made anew each time."""

import struct
import zlib
from collections.abc import Callable

from PIL import Image

from tests.pictures import encoded, png_chunk

_GREY = Image.new("L", (64, 64), 128)


def _jpeg_with(filling: bytes) -> bytes:
    whole = encoded(_GREY)
    return whole[:2] + filling + whole[2:]


def empty_scans(count: int = 20_000, side: int = 8000) -> bytes:
    """A progressive grey JPEG whose scans change nothing and visit every block."""
    whole = bytearray(encoded(_GREY, progressive=True))
    frame = whole.index(b"\xff\xc2")
    whole[frame + 5 : frame + 9] = struct.pack(">HH", side, side)
    # One run of 32767 blocks without a coefficient after the other would be the least of codes.
    table = b"\xff\xc4" + struct.pack(">HB", 20, 0x10) + b"\x01" + bytes(15) + b"\xe0"
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x00" + bytes(8)
    return bytes(whole[:-2]) + table + scan * count + b"\xff\xd9"


def _png(width: int, height: int, *chunks: bytes) -> bytes:
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    packer = zlib.compressobj(9)
    rows = packer.compress(bytes(height * (1 + (width + 7) // 8))) + packer.flush()
    pixels = png_chunk(b"IDAT", rows)
    return b"\x89PNG\r\n\x1a\n" + b"".join([header, *chunks, pixels, png_chunk(b"IEND", b"")])


def _chunks(chunk: bytes, count: int) -> bytes:
    return _png(64, 64, chunk * count)


def _tiff_of_rows(rows: int = 2_000_000) -> bytes:
    """One strip a row, all of them the same eight bytes."""
    tags = [
        (256, 4, 1, 8),
        (257, 4, 1, rows),
        (258, 3, 1, 1),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, rows, 200),
        (277, 3, 1, 1),
        (278, 4, 1, 1),
        (279, 4, rows, 200),
    ]
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    head = b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)
    return head.ljust(200, b"\0") + bytes(4 * rows)


def _gif_of_comments(count: int = 3_000_000) -> bytes:
    whole = encoded(_GREY, "GIF")
    table = 13 + 3 * 2 ** (1 + (whole[10] & 7))
    return whole[:table] + b"\x21\xfe\x01x\x00" * count + whole[table:]


def _large_webp() -> bytes:
    return encoded(Image.new("RGB", (8000, 8000)), "WEBP", lossless=True, method=0, quality=0)


PICTURES: dict[str, Callable[[], bytes]] = {
    "a progressive JPEG of 20,000 empty scans": empty_scans,
    "a JPEG of 4 million empty comments": lambda: _jpeg_with(b"\xff\xfe\x00\x02" * 4_000_000),
    "a JPEG of 4 million empty APP12": lambda: _jpeg_with(b"\xff\xec\x00\x02" * 4_000_000),
    "a JPEG of 16 MB of fill": lambda: _jpeg_with(b"\xff" * 16_000_000),
    "a PNG of a million empty chunks": lambda: _chunks(png_chunk(b"abCd", b""), 1_000_000),
    "a PNG of a million texts": lambda: _chunks(png_chunk(b"tEXt", b"a\0b"), 1_000_000),
    "a PNG 1 pixel wide": lambda: _png(1, 64_000_000),
    "a TIFF of 2 million strips": _tiff_of_rows,
    "a GIF of 3 million comments": _gif_of_comments,
    "a WebP of 64 megapixels": _large_webp,
}
