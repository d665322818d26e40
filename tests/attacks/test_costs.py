"""Pictures that are built to cost: each is refused, quickly, and the server serves on."""

import threading
from pathlib import Path

import httpx2
import psutil
import pytest
from PIL import Image

from faceveil.problems import PictureTooCostly
from faceveil.vision.decode import decode
from tests.attacks.pictures import PICTURES
from tests.drawn import draw_face
from tests.pictures import encoded
from tests.running import RunningServer, running_server

MOST_PIXELS = 64_000_000


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> "RunningServer":  # type: ignore[misc]
    limits = {"FACEVEIL_LIMITS__BODY_BYTES": str(32 * 2**20), "FACEVEIL_ENGINE__WORKERS": "1"}
    with running_server(tmp_path_factory.mktemp("attacked"), limits) as server:
        yield server


def _peak_bytes(server: RunningServer) -> int:
    """The most that any of its processes ever had resident, summed."""
    whole = psutil.Process(server.process.pid)
    total = 0
    for process in [whole, *whole.children(recursive=True)]:
        with open(f"/proc/{process.pid}/status") as status:  # noqa: PTH123
            (peak,) = [line.split()[1] for line in status if line.startswith("VmHWM")]
        total += int(peak) * 1024
    return total


@pytest.mark.parametrize("name", PICTURES)
def test_a_costly_picture_is_refused_before_it_is_decoded(name: str) -> None:
    with pytest.raises(PictureTooCostly):
        decode(PICTURES[name](), max_pixels=MOST_PIXELS)


def _sent_from(address: str, server: RunningServer, image: bytes) -> httpx2.Response:
    """A picture as another client sends it: one that sent a costly one has to wait."""
    transport = httpx2.HTTPTransport(local_address=address)
    with httpx2.Client(base_url=server.client.base_url, transport=transport, timeout=60) as client:
        return client.post("/v1/anonymize", files={"image": image})


def test_the_server_refuses_them_all_and_reads_on(
    attacked: RunningServer, face_jpeg: bytes
) -> None:
    for number, make in enumerate(PICTURES.values(), start=1):
        answer = _sent_from(f"127.0.1.{number}", attacked, make())
        assert answer.status_code == 422, answer.text
        assert answer.json()["type"] == "urn:faceveil:problem:picture-too-costly"
        assert _sent_from("127.0.0.1", attacked, face_jpeg).status_code == 200
    assert _peak_bytes(attacked) < 1e9


LARGEST = {
    "a PNG with transparency": lambda: encoded(
        Image.new("RGBA", (8000, 8000), (90, 90, 90, 128)), "PNG", compress_level=1
    ),
    "a WebP": lambda: encoded(
        Image.new("RGB", (4000, 6000), (90, 90, 90)), "WEBP", lossless=True, method=0, quality=0
    ),
}


@pytest.mark.parametrize("name", LARGEST)
def test_two_of_the_largest_pictures_at_once_fit_into_a_gigabyte(tmp_path: Path, name: str) -> None:
    largest = LARGEST[name]()
    most, answers = 0.0, []
    with running_server(tmp_path, {"FACEVEIL_ENGINE__WORKERS": "2"}) as server:
        whole = psutil.Process(server.process.pid)

        def send() -> None:
            answers.append(server.client.post("/v1/anonymize", files={"image": largest}))

        senders = [threading.Thread(target=send) for _ in range(2)]
        for sender in senders:
            sender.start()
        while any(sender.is_alive() for sender in senders):
            family = [whole, *whole.children(recursive=True)]
            most = max(most, sum(process.memory_full_info().pss for process in family))
    assert [answer.json()["type"] for answer in answers] == ["urn:faceveil:problem:no-face"] * 2
    assert 4e8 < most < 1e9, "pages that processes share are counted once"


def _thumbnails(count: int) -> bytes:
    whole = encoded(draw_face(64))
    segment = b"\xff\xe2\xff\xff" + bytes(0xFFFD)
    return whole[:2] + segment * count + whole[2:]


HONEST = {
    "a JPEG of 64 megapixels": lambda: encoded(Image.new("RGB", (9248, 6920)), quality=50),
    "a progressive one": lambda: encoded(Image.new("RGB", (9248, 6920)), progressive=True),
    "a JPEG with 200 full segments before its pixels": lambda: _thumbnails(200),
    "a panorama": lambda: encoded(Image.new("L", (30_000, 400)), "PNG"),
    "a TIFF of strips": lambda: encoded(
        Image.new("L", (3000, 4000)), "TIFF", compression="packbits"
    ),
    "a WebP of 24 megapixels": lambda: encoded(
        Image.new("RGB", (6000, 4000)), "WEBP", method=0, quality=10
    ),
    "an MPO, as phones write": lambda: encoded(
        draw_face(64).convert("RGB"),
        "MPO",
        save_all=True,
        append_images=[draw_face(64).convert("RGB")],
    ),
}


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_picture_is_read_within_the_bounds(attacked: RunningServer, name: str) -> None:
    answer = attacked.client.post("/v1/anonymize", files={"image": HONEST[name]()})
    assert answer.status_code == 200 or answer.json()["type"].endswith(":no-face"), answer.text
