"""What an app asks of the service in a day, mixed, at a pace: the load of `make soak`."""

import base64
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from PIL import Image

from benchmarks.form import END, FORM, fields, part
from benchmarks.reliability.wire import Wire, request
from tests.drawn import draw_face
from tests.pictures import encoded

PEOPLE = 40
"""Whose features are stored and erased in turn, so that what is stored comes to a level."""

_HANG_S = 60.0


@dataclass(slots=True)
class Answers:
    """Since it was last emptied.

    Attributes:
        statuses: how often each.
        took_ms: of each answer.
        late: requests that could not be sent when it was their time, by more than a second.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    took_ms: list[float] = field(default_factory=list)
    late: int = 0

    @property
    def faults(self) -> int:
        """Answers of 500 and more, and none at all."""
        return sum(n for status, n in self.statuses.items() if status >= 500 or status < 200)


class Mix:
    """Draws requests: pictures of several sizes, batches, stores, lists, erasures."""

    def __init__(self, key: str) -> None:
        """Draws the pictures.

        Args:
            key: that is shown.
        """
        self._key = key
        self._pictures = [
            encoded(_scene(320, 240), "PNG"),
            encoded(_scene(640, 480), quality=88),
            encoded(_scene(480, 640), quality=88),
            encoded(_scene(1920, 1080), quality=80),
            encoded(_scene(600, 600), "WEBP", quality=80),
        ]
        small = base64.b64encode(encoded(_scene(200, 200), quality=80)).decode()
        self._batch = json.dumps({"images": [{"image": small}] * 4}).encode()
        self._kinds: tuple[tuple[int, Callable[[random.Random], bytes]], ...] = (
            (78, self._picture),
            (5, lambda _: self._post("/v1/anonymize/batch", "application/json", self._batch)),
            (9, self._store),
            (5, lambda _: request("GET", "/v1/features?limit=50", {"X-API-Key": self._key})),
            (3, self._erase),
        )
        self._weights = [weight for weight, _ in self._kinds]

    def draw(self, chance: random.Random) -> bytes:
        """A request, as it is sent."""
        ((_, make),) = chance.choices(self._kinds, self._weights)
        return make(chance)

    def _post(self, target: str, kind: str, body: bytes) -> bytes:
        return request("POST", target, {"X-API-Key": self._key, "Content-Type": kind}, body)

    def _picture(self, chance: random.Random) -> bytes:
        data = chance.choice(self._pictures)
        kinds = {b"\x89P": "image/png", b"RI": "image/webp"}
        return self._post("/v1/anonymize?faces=all", kinds.get(data[:2], "image/jpeg"), data)

    def _store(self, chance: random.Random) -> bytes:
        whose = fields(store="true", subject=f"person {chance.randrange(PEOPLE)}")
        image = part("image", self._pictures[1], '; filename="f"')
        return self._post("/v1/anonymize", FORM, whose + image + END)

    def _erase(self, chance: random.Random) -> bytes:
        body = json.dumps({"subject": f"person {chance.randrange(PEOPLE)}"}).encode()
        return self._post("/v1/subjects/erase", "application/json", body)


def _scene(width: int, height: int) -> Image.Image:
    side = min(width, height)
    canvas = Image.new("RGB", (width, height), (205, 200, 190))
    canvas.paste(draw_face(side).convert("RGB"), ((width - side) // 2, (height - side) // 2))
    return canvas


class Clients:
    """Connections that send the mix, all together at a pace, or each as fast as it is answered.

    Args:
        address: host and port.
        mix: what is sent.
        connections: how many.
        seed: of what is drawn.
    """

    def __init__(self, address: tuple[str, int], mix: Mix, connections: int, seed: int) -> None:
        self._address, self._mix = address, mix
        self._chances = [random.Random(f"{seed}/{number}") for number in range(connections)]
        self._lock = threading.Lock()
        self._answers = Answers()
        self._next_at = 0.0

    def collected(self) -> Answers:
        """The answers since this was last asked."""
        with self._lock:
            answers, self._answers = self._answers, Answers()
        return answers

    def run(self, seconds: float, pace: float | None = None) -> None:
        """Sends for a while.

        Args:
            seconds: how long.
            pace: requests a second; None for as many as are answered.
        """
        self._next_at = time.monotonic()
        end = self._next_at + seconds
        threads = [
            threading.Thread(target=self._work, args=(chance, end, pace))
            for chance in self._chances
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self, chance: random.Random, end: float, pace: float | None) -> None:
        wire = Wire(*self._address, _HANG_S)
        while (moment := self._moment(pace)) < end and time.monotonic() < end:
            time.sleep(max(0.0, moment - time.monotonic()))
            data = self._mix.draw(chance)
            began = time.perf_counter()
            status = wire.ask(data).status
            took_ms = (time.perf_counter() - began) * 1000
            with self._lock:
                self._answers.statuses[status] += 1
                self._answers.took_ms.append(took_ms)
        wire.close()

    def _moment(self, pace: float | None) -> float:
        """When this client sends next."""
        now = time.monotonic()
        if pace is None:
            return now
        with self._lock:
            if now - self._next_at > 1:
                self._answers.late += 1
                self._next_at = now  # what the machine missed is not made up for all at once
            moment = self._next_at
            self._next_at += 1 / pace
            return moment
