"""From the bytes of an image file to upright grey pixels, or to one of three refusals."""

import warnings
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from faceveil.problems import PictureTooCostly, PictureTooLarge, UnreadableImage
from faceveil.vision import decode as decoding
from faceveil.vision import formats, structure
from faceveil.vision.decode import WORKING_SIDE, Picture, decode
from tests.drawn import draw_face
from tests.pictures import HEIC, ORIENTATIONS, black_png, encoded, turned_by_exif

MAX_PIXELS = 64_000_000
FACE = draw_face(64)
FORMATS = ["JPEG", "PNG", "WEBP", "AVIF", "BMP", "GIF", "TIFF"]

sides = st.one_of(st.integers(1, 64), st.integers(1, 5000))


def _decode(data: bytes) -> Picture:
    return decode(data, max_pixels=MAX_PIXELS)


def _corners(width: int, height: int) -> Image.Image:
    """Black, but white in the upper left quarter."""
    image = Image.new("L", (width, height), 0)
    image.paste(255, (0, 0, width // 2, height // 2))
    return image


@settings(max_examples=60)
@given(width=sides, height=sides, file_format=st.sampled_from(["JPEG", "PNG", "BMP"]))
def test_the_size_told_is_the_originals_and_the_scale_leads_back_to_it(
    width: int, height: int, file_format: str
) -> None:
    picture = _decode(encoded(Image.new("1", (width, height)).convert("L"), file_format))
    assert (picture.width, picture.height) == (width, height)
    assert picture.pixels.dtype == np.uint8
    assert min(max(picture.pixels.shape), 3 * min(picture.pixels.shape)) < 2 * WORKING_SIDE
    assert max(picture.pixels.shape) < 8 * WORKING_SIDE
    assert picture.scale >= 1
    for original, working in zip((height, width), picture.pixels.shape, strict=True):
        assert abs(working - original / picture.scale) <= 1


@settings(max_examples=40)
@given(
    width=st.integers(2, 80),
    height=st.integers(2, 80),
    orientation=st.sampled_from(list(ORIENTATIONS)),
    file_format=st.sampled_from(["PNG", "TIFF"]),
)
def test_whatever_exif_says_the_pixels_come_out_upright(
    width: int, height: int, orientation: int, file_format: str
) -> None:
    image = _corners(width, height)
    picture = _decode(turned_by_exif(image, orientation, file_format))
    assert (picture.width, picture.height) == (width, height)
    np.testing.assert_array_equal(picture.pixels, np.asarray(image))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_large_jpeg_is_reduced_and_turned(orientation: int) -> None:
    picture = _decode(turned_by_exif(_corners(4000, 3000), orientation, "JPEG"))
    assert (picture.width, picture.height, picture.scale) == (4000, 3000, 4)
    assert picture.pixels.shape == (750, 1000)
    assert picture.pixels[:370, :490].min() > 250
    assert picture.pixels[380:, :].max() < 5
    assert picture.pixels[:, 510:].max() < 5


MODES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "1": lambda image: image.convert("1", dither=Image.Dither.NONE),
    "P": lambda image: image.convert("P"),
    "LA": lambda image: image.convert("LA"),
    "RGB": lambda image: image.convert("RGB"),
    "RGBA": lambda image: image.convert("RGBA"),
    "CMYK": lambda image: image.convert("RGB").convert("CMYK"),
    "LAB": lambda image: Image.merge("LAB", [image] + [Image.new("L", image.size, 128)] * 2),
    "I;16": lambda image: Image.fromarray(np.asarray(image).astype(np.uint16) * 257),
    "I": lambda image: Image.fromarray(np.asarray(image).astype(np.int32) * 257),
    "F": lambda image: Image.fromarray(np.asarray(image).astype(np.float32) / 255),
}


@pytest.mark.parametrize("mode", MODES)
def test_black_and_white_stay_so_in_every_mode(mode: str) -> None:
    image = _corners(40, 30)
    stored = MODES[mode](image)
    assert stored.mode == mode
    picture = _decode(encoded(stored, "TIFF" if mode != "P" else "PNG"))
    np.testing.assert_allclose(picture.pixels, np.asarray(image), atol=1)


@pytest.mark.parametrize("top", [1.0, 255.0, 65535.0])
def test_the_range_of_a_float_picture_is_told_by_its_brightest_pixel(top: float) -> None:
    ramp = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
    picture = _decode(encoded(Image.fromarray(ramp * np.float32(top)), "TIFF"))
    np.testing.assert_array_equal(picture.pixels.ravel(), np.arange(256))


@pytest.mark.parametrize(
    ("kind", "file_format"), [(np.uint16, "TIFF"), (np.uint16, "PNG"), (np.int32, "TIFF")]
)
def test_sixteen_bits_keep_their_eight_highest(kind: type[np.integer], file_format: str) -> None:
    ramp = (np.arange(256) * 257).astype(kind).reshape(16, 16)
    picture = _decode(encoded(Image.fromarray(ramp), file_format))
    np.testing.assert_array_equal(picture.pixels.ravel(), np.arange(256))


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
@pytest.mark.parametrize("bits", [10, 12, 14])
def test_grey_of_fewer_bits_in_a_file_of_sixteen_is_not_black(bits: int, file_format: str) -> None:
    ramp = (np.arange(256) * (2**bits - 1) / 255).round().astype(np.uint16).reshape(16, 16)
    picture = _decode(encoded(Image.fromarray(ramp), file_format))
    np.testing.assert_array_equal(picture.pixels.ravel(), np.arange(256))


def test_a_float_picture_may_hold_what_is_no_number() -> None:
    levels = np.array([[np.nan, 1.0], [0.5, -np.inf]], np.float32)
    picture = _decode(encoded(Image.fromarray(levels), "TIFF"))
    assert picture.pixels.tolist() == [[0, 255], [128, 0]]


def test_transparent_parts_are_seen_on_white() -> None:
    image = Image.new("RGBA", (2, 1), (0, 0, 0, 255))
    image.putpixel((1, 0), (0, 0, 0, 0))
    assert _decode(encoded(image, "PNG")).pixels.tolist() == [[0, 255]]


@pytest.mark.parametrize("mode", ["1", "P", "RGB", "RGBA", "CMYK", "LAB", "I", "F", "I;16"])
def test_a_large_picture_comes_out_as_it_would_in_one_piece(
    mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = _speckled(mode)
    whole = decoding._to_grey(image)
    monkeypatch.setattr(decoding, "BAND_PIXELS", 100)
    assert np.array_equal(np.asarray(decoding._to_grey(image)), np.asarray(whole))


def _speckled(mode: str) -> Image.Image:
    rng = np.random.default_rng(0)
    if mode in {"I", "F", "I;16"}:
        top, kind = {"F": (0.7, np.float32), "I": (70_000, np.int32), "I;16": (60_000, np.uint16)}[
            mode
        ]
        return Image.fromarray((rng.random((37, 23)) * top).astype(kind))
    colours = Image.fromarray(rng.integers(0, 256, (37, 23, 4), np.uint8))
    if mode == "LAB":
        return Image.merge("LAB", colours.split()[:3])
    image = colours.convert("RGB").convert(mode) if mode != "RGBA" else colours
    if mode == "P":
        image.info["transparency"] = 3
    return image


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "TIFF", "PNG"])
def test_only_the_first_frame_is_read(file_format: str) -> None:
    frames = [Image.new("RGB", (32, 24), grey) for grey in ("black", "white", "grey")]
    options = {"save_all": True, "append_images": frames[1:]}
    picture = _decode(encoded(frames[0], file_format, **options))
    assert picture.pixels.max() < 5


def test_a_picture_of_the_largest_size_is_read_and_a_larger_one_is_not() -> None:
    data = black_png(100, 50)
    assert decode(data, max_pixels=5000).width == 100
    with pytest.raises(PictureTooLarge, match="100 x 50"):
        decode(data, max_pixels=4999)


def test_a_jpeg_of_108_megapixels_is_read_at_a_part_of_its_scale() -> None:
    picture = _decode(encoded(Image.new("L", (12_000, 9_000), 99)))
    assert (picture.width, picture.height, picture.scale) == (12_000, 9_000, 8)
    assert picture.pixels.shape == (1125, 1500)
    with pytest.raises(PictureTooLarge, match="53000000"):
        decode(encoded(Image.new("L", (12_000, 9_000), 99)), max_pixels=26_500_000)


def test_people_in_a_panorama_keep_their_pixels() -> None:
    panorama, longer = (_decode(encoded(Image.new("L", (x, 1200)))) for x in (12_000, 60_000))
    assert panorama.pixels.shape == (600, 6000)
    assert max(longer.pixels.shape) < 8 * WORKING_SIDE


def test_too_many_pixels_are_refused_from_the_header_alone() -> None:
    header = black_png(9000, 9000)[:60]
    with pytest.raises(PictureTooLarge):
        _decode(header)


@pytest.mark.parametrize("name", ["ICO", "PPM", "TGA", "PDF", "ICNS", "JPEG2000"])
def test_formats_that_are_not_offered_are_not_read(name: str) -> None:
    with pytest.raises(UnreadableImage, match="no JPEG, PNG, WebP, AVIF, BMP, GIF or TIFF"):
        _decode(encoded(FACE.convert("RGB"), name))


def test_a_jpeg_without_its_end_marker_is_read_and_one_that_lacks_more_is_not() -> None:
    for options in ({}, {"progressive": True}, {"restart_marker_rows": 1}):
        whole = encoded(FACE, **options)
        picture = _decode(whole)
        for missing in (1, 2):
            np.testing.assert_array_equal(_decode(whole[:-missing]).pixels, picture.pixels)
        for missing in (6, 60, len(whole) // 2):
            with pytest.raises(UnreadableImage, match="cut short"):
                _decode(whole[:-missing])


def test_heic_is_read_where_its_decoder_is() -> None:
    pytest.importorskip("pi_heif")
    picture = _decode(HEIC)
    assert np.abs(picture.pixels - np.asarray(FACE, np.float32)).mean() < 8


def test_who_sends_heic_where_it_is_not_read_is_told_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decoding, "FORMATS", ("JPEG", "PNG"))
    monkeypatch.setattr(formats, "_HEIF", False)
    with pytest.raises(UnreadableImage, match=r"extra `heic`.*JPEG"):
        _decode(HEIC)


def test_avif_and_heic_are_bounded_before_they_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(structure, "MOST_HEIF_PIXELS", 64 * 64 - 1)
    files = [encoded(FACE, "AVIF")] + ([HEIC] if "HEIF" in formats.FORMATS else [])
    for file in files:
        with pytest.raises(PictureTooCostly, match="4095 pixels"):
            _decode(file)


def _outcome(data: bytes) -> None:
    """Decodes; the three refusals are as good as a picture, anything else is not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of broken metadata; the service logs them
        try:
            picture = _decode(data)
        except (PictureTooLarge, PictureTooCostly, UnreadableImage):
            return
    assert picture.pixels.ndim == 2
    assert picture.pixels.size > 0


MAGIC = [b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\x40\0\0\0WEBPVP8 ", b"BM"]
MAGIC += [
    b"\0\0\0\x1cftypavif",
    b"\0\0\0\x1cftypheic",
    b"GIF89a",
    b"II*\0\x08\0\0\0",
    b"MM\0*\0\0\0\x08",
    b"MM\0+\0\x08\0\0",
]


@settings(max_examples=300)
@given(magic=st.sampled_from(MAGIC), data=st.binary(max_size=400))
def test_arbitrary_bytes_are_refused_or_read_and_never_crash(magic: bytes, data: bytes) -> None:
    _outcome(magic + data)


WHOLE = [encoded(FACE.convert("RGB"), name) for name in FORMATS]
WHOLE += [HEIC]
WHOLE += [turned_by_exif(FACE, 6, name) for name in ("JPEG", "PNG", "WEBP", "TIFF")]
WHOLE += [encoded(FACE.convert("1"), "TIFF", compression="group4")]
WHOLE += [encoded(FACE, "TIFF", compression=name) for name in ("jpeg", "tiff_lzw", "tiff_deflate")]
WHOLE += [encoded(FACE.convert("P"), name, transparency=7) for name in ("PNG", "GIF")]
mutations = st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=6), st.integers(0, 6))


@settings(max_examples=400)
@given(whole=st.sampled_from(WHOLE), changes=st.lists(mutations, min_size=1, max_size=6))
def test_a_damaged_file_is_refused_or_read_and_never_crashes(
    whole: bytes, changes: list[tuple[float, bytes, int]]
) -> None:
    for where, new, removed in changes:
        # Most of what can be misread stands near the beginning.
        at = int(where**3 * len(whole))
        whole = whole[:at] + new + whole[at + removed :]
    _outcome(whole)


@given(whole=st.sampled_from(WHOLE), share=st.floats(0, 1, exclude_max=True))
def test_a_file_cut_short_is_refused_or_read_and_never_crashes(whole: bytes, share: float) -> None:
    _outcome(whole[: int(share * len(whole))])
