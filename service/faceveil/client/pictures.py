"""Pictures as callers have them: a file's path or bytes, or a picture of Pillow's."""

from __future__ import annotations

import io
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, Union

if TYPE_CHECKING:
    from PIL.Image import Image

Picture: TypeAlias = Union[str, "PathLike[str]", bytes, "Image"]
"""A path, the bytes of an image file, or a picture of Pillow's."""

_OF_PNG = frozenset({"1", "L", "LA", "I;16", "P", "RGB", "RGBA"})


def file_of(picture: Picture) -> bytes:
    """The bytes of an image file.

    A picture of Pillow's becomes a PNG, which loses nothing: turned upright, and without what a
    camera wrote into it.

    Raises:
        OSError: if the file cannot be read.
    """
    if isinstance(picture, bytes):
        return picture
    if isinstance(picture, str | PathLike):
        return Path(picture).read_bytes()
    from PIL import ImageOps  # who has such a picture has Pillow

    upright = ImageOps.exif_transpose(picture)
    plain = upright if upright.mode in _OF_PNG else upright.convert("RGB")
    written = io.BytesIO()
    plain.save(written, "PNG", compress_level=1, exif=b"")
    return written.getvalue()
