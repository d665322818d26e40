"""Checks how a picture's file is built, before anything is decoded.

A file of a few bytes can ask for hours of work: scans over pixels that do not change, millions of
empty segments, rows without width. Each format is walked along its own lengths, and no further
than its bounds: the walk costs a few thousand steps at most. What it does not understand it leaves
to the decoder, which refuses it better.
"""

import re
import struct
from collections.abc import Callable

from faceveil.problems import PictureTooCostly

LONGEST_SIDE = 65_535
"""Pixels, JPEG's own bound. A decoder keeps something for every row."""

MOST_SEGMENTS = 2_000
"""Of a JPEG before its end. A colour profile or XMP of 16 MB takes 256 of 64 KB; scans have a few
tables each."""
MOST_SCANS = 100
"""Of a JPEG. Encoders make about 10."""
MOST_FILL = 4_096
"""Fill bytes of a JPEG between two segments."""
MOST_CHUNKS = 10_000
"""Of a PNG or WebP. A PNG of 16 MB in chunks of 8 KB, the least that encoders write, has 2,000."""
MOST_BLOCKS = 1_000
"""Of a GIF before its first picture."""
MOST_STRIPS = 70_000
"""Strips or tiles of a TIFF: one a row at the longest side."""
MOST_ENTRIES = 1_000
"""Of a TIFF's directory."""
MOST_SAMPLES = 130_000_000
"""Of a JPEG of several scans, kept at two bytes each: 64 megapixels, with colour at a half."""
MOST_WEBP_PIXELS = 24_000_000
"""Of a WebP: decoding takes 16 bytes a pixel, and two of them at once fit into a gigabyte."""

MOST_HEIF_PIXELS = 25_000_000
"""Of a HEIC or AVIF, which takes as much: phones make 12 and 24 megapixels. The container of an
AVIF may say less than its picture has: then the reader's memory and time are the bound."""


def check_structure(data: bytes) -> None:
    """Refuses a file that is built to take more work than its picture is worth.

    Raises:
        PictureTooCostly: if a count of its parts is beyond what honest files have.
    """
    for magic, check in _CHECKS:
        if data.startswith(magic):
            try:
                check(data)
            except (struct.error, IndexError, OverflowError):
                return  # cut short, or lying about where things are: the decoder says so
            return


def check_size(file_format: str, width: int, height: int) -> None:
    """Refuses a picture that is too large for its format, or too long for any of ours.

    Args:
        file_format: Pillow's name of it.
        width: as the file's header announces it.
        height: as the file's header announces it.

    Raises:
        PictureTooCostly: if decoding would take too much time or memory.
    """
    if max(width, height) > LONGEST_SIDE:
        raise _too_costly(f"a side of more than {LONGEST_SIDE} pixels")
    if file_format in ("AVIF", "HEIF") and width * height > MOST_HEIF_PIXELS:
        raise _too_costly(f"more than {MOST_HEIF_PIXELS} pixels for an {file_format}")


def _too_costly(what: str) -> PictureTooCostly:
    return PictureTooCostly(
        f"The picture has {what}, which takes too much work to read. Save it anew as a plain JPEG "
        "or PNG."
    )


def _jpeg(data: bytes) -> None:
    at, segments, scans, frame = 2, 0, 0, b""
    while (at := _next_marker(data, at)) < len(data):
        filled = at
        while data[at] == 0xFF:
            at += 1
            if at - filled > MOST_FILL:
                raise _too_costly(f"more than {MOST_FILL} fill bytes in a row")
        marker = data[at]
        at += 1
        if marker == 0xD9:
            return
        segments += 1
        if segments > MOST_SEGMENTS:
            raise _too_costly(f"more than {MOST_SEGMENTS} segments")
        if marker in _WITHOUT_LENGTH:
            continue
        (length,) = struct.unpack_from(">H", data, at)
        if marker in _SEQUENTIAL or marker in _PROGRESSIVE:
            frame = data[at : at + length]
        if marker == 0xDA:
            scans += 1
            if scans > MOST_SCANS:
                raise _too_costly(f"more than {MOST_SCANS} scans")
        if marker in _PROGRESSIVE or (marker == 0xDA and scans == 2):
            _check_samples(frame)
        at += max(length, 2)


_SEQUENTIAL = (0xC0, 0xC1, 0xC9)
_PROGRESSIVE = (0xC2, 0xC6, 0xCA, 0xCE)
_WITHOUT_LENGTH = (0x01, 0xD8)
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7]")
"""Within a scan's coded data, 0xFF has a zero behind it, or is a restart of it."""


def _check_samples(frame: bytes) -> None:
    height, width, components = struct.unpack_from(">HHB", frame, 3)
    factors = [divmod(frame[9 + 3 * number], 16) for number in range(components)]
    widest = max((across for across, _ in factors), default=1) or 1
    highest = max((down for _, down in factors), default=1) or 1
    samples = sum(width * height * across * down // (widest * highest) for across, down in factors)
    if samples > MOST_SAMPLES:
        raise _too_costly("too many pixels for a JPEG of several scans")


def _next_marker(data: bytes, at: int) -> int:
    """Where the next marker stands, behind a scan's coded data or whatever else."""
    found = _NEXT_MARKER.search(data, at)
    return found.start() if found else len(data)


def _png(data: bytes) -> None:
    _walk_chunks(data, 8, ">I4x", 12, b"IEND", 0)


def _webp(data: bytes) -> None:
    if data[8:12] != b"WEBP":
        return
    if data[12:16] == b"VP8X":
        width = 1 + int.from_bytes(data[24:27], "little")
        height = 1 + int.from_bytes(data[27:30], "little")
    elif data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    else:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    if width * height > MOST_WEBP_PIXELS:
        raise _too_costly(f"more than {MOST_WEBP_PIXELS} pixels for a WebP")
    _walk_chunks(data, 12, "<4xI", 8, b"", 1)


def _walk_chunks(data: bytes, at: int, head: str, around: int, last: bytes, even: int) -> None:
    for _ in range(MOST_CHUNKS):
        if at + 8 > len(data):
            return
        (length,) = struct.unpack_from(head, data, at)
        if last and data[at + 4 : at + 8] == last:
            return
        at += around + length + (length & even)
    raise _too_costly(f"more than {MOST_CHUNKS} chunks")


def _gif(data: bytes) -> None:
    flags = data[10]
    at = 13 + (3 * 2 ** (1 + (flags & 7)) if flags & 0x80 else 0)  # behind the table of colours
    inside = False
    for _ in range(MOST_BLOCKS + 1):
        if not inside:
            if data[at] != 0x21:
                return
            at += 2
        inside = data[at] != 0
        at += 1 + data[at]
    raise _too_costly(f"more than {MOST_BLOCKS} blocks before its first frame")


def _tiff(data: bytes) -> None:
    order = "<" if data[:2] == b"II" else ">"
    big = data[2:4] in (b"\x2b\x00", b"\x00\x2b")
    word, count, size = ("Q", "Q", 20) if big else ("I", "H", 12)
    (at,) = struct.unpack_from(order + word, data, 8 if big else 4)
    (entries,) = struct.unpack_from(order + count, data, at)
    if entries > MOST_ENTRIES:
        raise _too_costly(f"more than {MOST_ENTRIES} entries in its directory")
    at += struct.calcsize(order + count)
    for entry in range(entries):
        tag, _, values = struct.unpack_from(f"{order}HH{word}", data, at + entry * size)
        if tag in _STRIPS and values > MOST_STRIPS:
            raise _too_costly(f"more than {MOST_STRIPS} strips")


_STRIPS = (273, 279, 324, 325)

_CHECKS: tuple[tuple[bytes, Callable[[bytes], None]], ...] = (
    (b"\xff\xd8\xff", _jpeg),
    (b"\x89PNG\r\n\x1a\n", _png),
    (b"RIFF", _webp),
    (b"GIF8", _gif),
    *((magic, _tiff) for magic in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
)
