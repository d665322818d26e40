"""The bytes of an image file become an upright grey picture of a working size."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile

from faceveil.problems import PictureTooCostly, PictureTooLarge, UnreadableImage
from faceveil.vision.face import GreyImage
from faceveil.vision.formats import FORMATS, unknown
from faceveil.vision.structure import check_size, check_structure

WORKING_SIDE = 1000
"""Pixels. A longer side of twice this or more is reduced by a whole factor, to between this and
twice this: a 12-megapixel JPEG (4032 x 3024) decodes at a quarter of its scale."""

PANORAMA, LONGEST_PANORAMA = 3, 4
"""A picture that is longer than so many times its shorter side is reduced as if it were no longer,
so that the people in it keep some pixels; but to at most so many times the usual size."""

DRAFTED = 2
"""Pixels that a large JPEG may have, in those of another picture: it is decoded at half its scale,
or less."""

BAND_PIXELS = 4 * 2**20
"""Of a picture that is brought to grey at once; a larger one is taken apart."""

DEPTHS = (8, 10, 12, 14, 16)
"""Bits of a grey level that cameras give. A file may say 16 and hold fewer: its brightest pixel
tells how many."""

_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What undoes each Exif orientation (Exif 2.32, tag 274)."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture.

    Attributes:
        pixels: upright grey levels at working size, shape (h, w), uint8.
        width: of the upright original, in pixels.
        height: of the upright original, in pixels.
        scale: pixels of the original for one working pixel, at least 1.
    """

    pixels: GreyImage
    width: int
    height: int
    scale: float


def decode(data: bytes, *, max_pixels: int) -> Picture:
    """Decodes the first frame of an image file; reads only luma, for nothing else is used.

    Args:
        data: the file's bytes.
        max_pixels: most that its header may announce; a JPEG's of a longer side of twice
            WORKING_SIDE may announce DRAFTED times as many.

    Raises:
        PictureTooLarge: if there are more; nothing was decoded then.
        PictureTooCostly: if the file is built to take more work than its picture is worth.
        UnreadableImage: if the data is none of `FORMATS`, or broken.
    """
    check_structure(data)
    try:
        return _decoded(data, max_pixels)
    except UnreadableImage:
        if not data.startswith(_JPEG) or _JPEG_END in data[-_TRAILER:]:
            raise
        return _with_an_end(data, max_pixels)


_JPEG, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
_TRAILER = 64
"""Bytes that may follow a JPEG's end."""


def _with_an_end(data: bytes, max_pixels: int) -> Picture:
    """Reads a JPEG of which only the end marker is missing, as cameras and streams may leave it.

    Nothing else is missing if whatever stands in its place changes no pixel.

    Raises:
        UnreadableImage: if more is missing.
    """
    whole = data.rstrip(b"\xff")
    picture, other = (
        _decoded(whole + filling + _JPEG_END, max_pixels) for filling in (b"", bytes(range(64)))
    )
    if (picture.pixels != other.pixels).any():
        raise UnreadableImage(_BROKEN)
    return picture


_BROKEN = "The image is broken or cut short. Send the whole file again."


def _decoded(data: bytes, max_pixels: int) -> Picture:
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            width, height = image.size
            longer = _counted(width, height)
            drafted = longer >= 2 * WORKING_SIDE and isinstance(image, JpegImageFile)
            most = max_pixels * (DRAFTED if drafted else 1)
            if width * height > most:
                raise PictureTooLarge(
                    f"The picture is {width} x {height} pixels; at most {most} in all are "
                    "accepted. Scale it down."
                )
            check_size(image.format or "", width, height)
            if drafted:
                scaled = [max(1, side * WORKING_SIDE // longer) for side in (width, height)]
                image.draft("L", (scaled[0], scaled[1]))
            # A TIFF is turned upright as it is loaded, and says so only then.
            image.load()
            orientation = _orientation(image)
            grey = _to_grey(image)
    except (PictureTooLarge, PictureTooCostly):
        raise
    except UnidentifiedImageError:
        raise UnreadableImage(unknown(data)) from None
    except MemoryError:
        raise
    except Exception:
        # Pillow's plugins meet broken files with many kinds of exception (OSError, ValueError,
        # SyntaxError, struct.error, IndexError ...), some of which quote the file.
        raise UnreadableImage(_BROKEN) from None

    factor = _counted(*grey.size) // WORKING_SIDE
    if factor >= 2:
        grey = grey.reduce(factor)
    if orientation in _UPRIGHT:
        grey = grey.transpose(_UPRIGHT[orientation])
        if orientation >= 5:
            width, height = height, width
    pixels = np.asarray(grey)
    return Picture(pixels, width, height, max(width, height) / max(pixels.shape))


def _counted(width: int, height: int) -> int:
    """The longer side as it counts for the working size."""
    longer, shorter = max(width, height), min(width, height)
    return max(min(longer, PANORAMA * shorter), longer // LONGEST_PANORAMA)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:
        # A broken Exif block says nothing about the pixels: the picture is taken as it lies.
        return 1


def _to_grey(image: Image.Image) -> Image.Image:
    """Grey levels, 8 bits each.

    A large picture is brought to grey band by band: what it takes beside its own pixels, which may
    have four bytes each, is then little more than the grey ones.
    """
    if image.mode.startswith("I") or image.mode == "F":
        return _by_bands(image, partial(_from_deep, white=_white(image)))
    return _by_bands(image, _from_colours)


def _by_bands(image: Image.Image, convert: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """The same as `convert`, which turns each pixel by itself."""
    width, height = image.size
    if width * height <= BAND_PIXELS:
        return convert(image)
    grey = Image.new("L", image.size)
    for band in _bands(image):
        grey.paste(convert(image.crop(band)), band[:2])
    return grey


def _bands(image: Image.Image) -> Iterator[tuple[int, int, int, int]]:
    width, height = image.size
    rows = max(1, BAND_PIXELS // width)
    return ((0, top, width, min(top + rows, height)) for top in range(0, height, rows))


def _from_colours(image: Image.Image) -> Image.Image:
    if image.mode == "LAB":
        return image.getchannel("L")
    if image.has_transparency_data:
        # Transparent parts hide whatever colour they hold: a viewer shows the page behind them.
        page = Image.new("L", image.size, "white")
        over = image if image.mode == "RGBA" else image.convert("RGBA")
        page.paste(over.convert("L"), mask=over.getchannel("A"))
        return page
    return image.convert("L")


def _white(image: Image.Image) -> float:
    """The level of white in a picture of more than 8 bits: of the least depth that it fits into."""
    brightest = max(float(_deep_levels(image.crop(band)).max()) for band in _bands(image))
    if image.mode == "F" and brightest <= 1.0:
        return 1.0
    return next((2.0**bits - 1 for bits in DEPTHS if brightest < 2**bits), 2.0 ** DEPTHS[-1] - 1)


def _from_deep(image: Image.Image, white: float) -> Image.Image:
    """Brings 16-bit, 32-bit and float grey levels to 8 bits; `Image.convert` would clip them."""
    levels = _deep_levels(image)
    np.clip(levels, 0.0, white, out=levels)
    levels *= 255.0 / white
    levels += 0.5
    return Image.fromarray(levels.astype(np.uint8))


def _deep_levels(image: Image.Image) -> NDArray[np.float32]:
    levels: NDArray[np.float32] = np.array(image, dtype=np.float32)
    return np.nan_to_num(levels, copy=False)
