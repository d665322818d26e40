"""The formats of image files that are read, each by a plugin of Pillow's.

All plugins are imported here: Pillow would load every one it has when it first met a format whose
plugin is not there yet, which takes long, and reads files that a confined reader cannot.
"""

import importlib
from importlib.util import find_spec

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

NAMES = "JPEG, PNG, WebP, AVIF, BMP, GIF or TIFF"
"""Of those that are always read."""

_HEIF = find_spec("pi_heif") is not None
"""Whether the optional decoder of HEIC is installed."""

STARTS_THREADS = _HEIF
"""Whether a decoder starts threads: libde265 decodes HEIC in one of its own, whatever is asked."""

_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def _loaded() -> tuple[str, ...]:
    plugins = [
        JpegImagePlugin.JpegImageFile,
        PngImagePlugin.PngImageFile,
        WebPImagePlugin.WebPImageFile,
        BmpImagePlugin.BmpImageFile,
        GifImagePlugin.GifImageFile,
        TiffImagePlugin.TiffImageFile,
    ]
    if AvifImagePlugin.SUPPORTED:
        # One thread a picture: readers run side by side.
        AvifImagePlugin.DEFAULT_MAX_THREADS = 1
        plugins.append(AvifImagePlugin.AvifImageFile)
    formats = [str(plugin.format) for plugin in plugins]
    if _HEIF:
        register = importlib.import_module("pi_heif").register_heif_opener
        register(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
        formats.append("HEIF")
    return tuple(formats)


FORMATS = _loaded()
"""Pillow's names of them."""

# Pillow would warn of a JPEG of 108 megapixels: `decode` bounds what a header may announce.
Image.MAX_IMAGE_PIXELS = None


def unknown(data: bytes) -> str:
    """What to tell of data that is in none of the formats."""
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS and not _HEIF:
        return (
            "The data is a HEIC image, which this server reads only with the extra `heic`. Send it "
            "as a JPEG: phones save one with the setting 'most compatible', and browsers turn it "
            "into one on upload to a field that accepts image/jpeg."
        )
    return f"The data is no {NAMES} image. Send one of these."
