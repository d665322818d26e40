"""What is broken and sent: whole inputs of every kind, all of them drawn or made up."""

import base64
import json
import random
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from PIL import Image

from benchmarks.form import END, FORM, fields, part
from benchmarks.reliability import files
from benchmarks.reliability.mutator import Mutator
from benchmarks.reliability.sent import Input
from tests.drawn import draw_face
from tests.pictures import encoded, png_chunk
from tests.running import DIMENSION, MADE

_PNG_HEAD = 8


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of input.

    Attributes:
        whole: some that are not broken.
        sent: how a broken one is sent.
        weight: its share of all inputs; each feature file costs a process of its own.
        mended: puts checksums right again, so that what is broken lies behind them.
        any_end: whether the server may close the connection without a word.
    """

    whole: Callable[[], Sequence[bytes]]
    sent: Callable[[bytes, random.Random], Input]
    weight: int
    mended: Callable[[bytes], bytes] | None = None
    any_end: bool = False


def make(kind: str, seed: int, number: int) -> Input:
    """The broken input of a kind, a seed and a number: always the same one."""
    # Text, since Python seeds with it alike on every machine and version.
    chance = random.Random(f"{seed}/{kind}/{number}")
    of = KINDS[kind]
    wholes = of.whole()
    broken = Mutator(chance).broken(chance.choice(wholes), chance.choice(wholes))
    if of.mended and chance.random() < 0.5:
        broken = of.mended(broken)
    return of.sent(broken, chance)


def kinds_in_turn(seed: int, kinds: Sequence[str]) -> Iterator[str]:
    """Kinds without end, mixed, each as often as it weighs."""
    chance = random.Random(f"{seed}/kinds")
    weights = [KINDS[kind].weight for kind in kinds]
    while True:
        yield from chance.choices(kinds, weights, k=100)


# Pictures


def _face(size: int = 128, smile: float = 0) -> Image.Image:
    return draw_face(size, smile=smile).convert("RGB")


def _picture(file_format: str, mode: str = "RGB", frames: int = 1, **options: Any) -> bytes:
    first, *rest = (_face(smile=smile).convert(mode) for smile in range(frames))
    if rest:
        options |= {"save_all": True, "append_images": rest}
    return encoded(first, file_format, **options)


def _pictures(file_format: str, *variants: dict[str, Any]) -> Callable[[], Sequence[bytes]]:
    return cache(lambda: [_picture(file_format, **options) for options in variants])


def _raw_picture(media_type: str) -> Callable[[bytes, random.Random], Input]:
    def sent(data: bytes, chance: random.Random) -> Input:
        target = "/v1/anonymize" + chance.choice(("", "", "?faces=all", "?aligned=true"))
        return Input(target=target, kind=media_type, body=data)

    return sent


def with_sums(data: bytes) -> bytes:
    """A PNG whose chunks have right checksums again, as far as its lengths can be followed."""
    made, at = bytearray(data[:_PNG_HEAD]), _PNG_HEAD
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        end = at + 8 + length
        if end + 4 > len(data):
            break
        made += png_chunk(data[at + 4 : at + 8], data[at + 8 : end])
        at = end + 4
    return bytes(made) + data[at:]


# Bodies


@cache
def _forms() -> Sequence[bytes]:
    picture = encoded(_face(), quality=80)
    image = part("image", picture, '; filename="face.jpg"\r\nContent-Type: image/jpeg')
    stored = fields(store="true", subject="anna", session="a", captured_at="2026-01-01T09:30:00Z")
    return [image + END, stored + image + END, image * 3 + END]


def _form(data: bytes, chance: random.Random) -> Input:
    several = data.count(b'name="image"') > 1 or chance.random() < 0.2
    target = "/v1/anonymize/batch" if several else "/v1/anonymize"
    return Input(target=target, kind=FORM, body=data)


_BODIES: tuple[tuple[str, bytes, dict[str, Any]], ...] = (
    ("/v1/anonymize/batch", b"images", {"images": [{"image": "PICTURE"}, {"image": "PICTURE"}]}),
    ("/v1/anonymize", b"store", {"image": "PICTURE", "store": True, "subject": "anna"}),
    ("/v1/anonymize", b"image", {"image": "PICTURE"}),
    (
        "/v1/features",
        b"features",
        MADE | {"features": [{"subject": "a", "embedding": [0.5] * DIMENSION}]},
    ),
    ("/v1/audits", b"quick", {"model": "faceveil", "quick": True, "folds": 2, "seed": 1}),
    ("/v1/subjects/lookup", b"subject", {"subject": "anna"}),
    ("/v1/subjects/erase", b"subject", {"subject": "anna"}),
)
"""Where a body is sent, a word that tells it, and the body."""


@cache
def _jsons() -> Sequence[bytes]:
    picture = base64.b64encode(encoded(_face(), quality=60)).decode()
    return [json.dumps(body).replace("PICTURE", picture).encode() for _, _, body in _BODIES]


def _json(data: bytes, chance: random.Random) -> Input:
    fitting = (path for path, word, _ in _BODIES if b'"%b"' % word in data)
    path = next(fitting, "/v1/subjects/lookup")
    if path == "/v1/subjects/lookup":
        path = chance.choice((path, "/v1/subjects/erase"))
    return Input(target=path, kind="application/json", body=data)


_QUERIES = (
    b"/v1/features?limit=10&subject=0123456789abcdef0123456789abcdef&embedding_format=base64",
    b"/v1/features/export?format=csv&subject=0123456789abcdef0123456789abcdef",
    b"/v1/features/018f0000-0000-7000-8000-000000000000",
    b"/v1/audits?limit=10",
    b"/v1/models/faceveil?version=4.1.0",
    b"/v1/subjects/erasures/018f0000-0000-7000-8000-000000000000",
    b"/v1/anonymize?faces=all&level=strict&embedding_format=base64&aligned=false",
)


def _query(data: bytes, chance: random.Random) -> Input:
    # What would end the request line is sent encoded: lines are another kind's matter.
    target = "".join(
        chr(byte) if 33 <= byte < 127 and chr(byte) != "#" else f"%{byte:02X}"
        for byte in data[:4096]
    )
    method = "POST" if b"anonymize" in data else chance.choice(("GET", "GET", "GET", "DELETE"))
    body = encoded(_face(), "PNG") if method == "POST" else b""
    return Input(method, "/" + target.removeprefix("/"), "image/png" if body else "", body)


# Requests, byte by byte

_SHAPES = (
    b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nX-API-Key: KEY\r\nAccept: */*\r\n\r\n",
    b"HEAD /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n",
    b"POST /v1/subjects/lookup HTTP/1.1\r\nHost: localhost\r\nX-API-Key: KEY\r\n"
    b'Content-Type: application/json\r\nContent-Length: 18\r\n\r\n{"subject":"anna"}',
    b"POST /v1/anonymize HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer KEY\r\n"
    b"Content-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nnone\r\n0\r\nA: b\r\n\r\n",
    b"POST /v1/anonymize HTTP/1.0\r\nX-API-Key: KEY\r\nExpect: 100-continue\r\n"
    b"Content-Type: image/gif\r\nContent-Length: 4\r\n\r\nGIF8",
    b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nOrigin: http://a.example\r\n"
    b"Access-Control-Request-Method: POST\r\n\r\n",
    b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
)


def _raw(data: bytes, _: random.Random) -> Input:
    return Input(raw=data)


KINDS: dict[str, Kind] = {
    "jpeg": Kind(
        _pictures("JPEG", {"quality": 80}, {"progressive": True}, {"mode": "L"}, {"mode": "CMYK"}),
        _raw_picture("image/jpeg"),
        10,
    ),
    "png": Kind(
        _pictures("PNG", {}, {"mode": "P"}, {"mode": "RGBA"}, {"mode": "I;16"}, {"frames": 3}),
        _raw_picture("image/png"),
        10,
        with_sums,
    ),
    "webp": Kind(
        _pictures("WEBP", {"quality": 60}, {"lossless": True}, {"mode": "RGBA"}, {"frames": 2}),
        _raw_picture("image/webp"),
        10,
    ),
    "bmp": Kind(_pictures("BMP", {}, {"mode": "P"}, {"mode": "1"}), _raw_picture("image/bmp"), 10),
    "gif": Kind(_pictures("GIF", {}, {"frames": 3}), _raw_picture("image/gif"), 10),
    "tiff": Kind(
        _pictures(
            "TIFF",
            {},
            {"compression": "tiff_lzw"},
            {"compression": "jpeg"},
            {"compression": "packbits", "mode": "L"},
            {"compression": "group4", "mode": "1"},
            {"compression": "tiff_deflate", "frames": 2},
        ),
        _raw_picture("image/tiff"),
        10,
    ),
    "form": Kind(_forms, _form, 12),
    "json": Kind(_jsons, _json, 12),
    "query": Kind(lambda: _QUERIES, _query, 8),
    "npz": Kind(files.npzs, files.npz, 1),
    "csv": Kind(files.csvs, lambda data, _: files.features(data, ".csv"), 1),
    "parquet": Kind(files.parquets, lambda data, _: files.features(data, ".parquet"), 1),
    "http": Kind(lambda: _SHAPES, _raw, 5, any_end=True),
}
