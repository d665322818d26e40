"""Work for worker processes, which load it by its name."""

import json
import os
import signal
import time
from typing import Any

from faceveil.model.bundle import BundleError
from faceveil.pool.duty import Ask
from faceveil.problems import NoFace

PATIENCE_S = 30.0


class Errands:
    """Does what a job's first member says with the others."""

    def do(self, job: list[Any], ask: Ask) -> bytes:
        """Answers a list."""
        return json.dumps(self._done(job, ask)).encode()

    def rehearse(self) -> None:
        """Has nothing that is loaded late."""

    def _done(self, job: list[Any], ask: Ask) -> list[Any]:
        match job:
            case ["pid"]:
                return [os.getpid()]
            case ["give back", *values]:
                return values
            case ["ask", *questions]:
                return [ask(question.encode()).decode() for question in questions]
            case ["refuse", detail]:
                raise NoFace(detail)
            case ["fail"]:
                raise LookupError("what the picture says")
            case ["hang"]:
                time.sleep(PATIENCE_S)
            case ["burn"]:
                until = time.monotonic() + PATIENCE_S
                while time.monotonic() < until:
                    pass
            case ["take", count]:
                return [len(bytearray(count))]
            case ["environment"]:
                return sorted(os.environ)
        os._exit(7)


def load() -> Errands:
    """What the tests' workers do."""
    return Errands()


def fail(text: str) -> Errands:
    """Cannot be loaded, for a reason that is known."""
    raise BundleError(text)


def stumble() -> Errands:
    """Cannot be loaded, for a reason that nobody thought of."""
    raise LookupError("no model")


def die() -> Errands:
    """Dies while it loads."""
    os.kill(os.getpid(), signal.SIGKILL)
    return Errands()
