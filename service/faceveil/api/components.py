"""What the composition root built, and all requests share."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from faceveil.access.door import Door
from faceveil.access.lookups import LookUps
from faceveil.clips.places import ClipPlaces
from faceveil.engine.engine import Engine
from faceveil.jobs.client import Jobs
from faceveil.settings import Settings
from faceveil.store.store import Store
from faceveil.streams.places import Places
from faceveil.telemetry.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Opened:
    """What is opened at start: the store, the door before it, look-ups of keys, the way to jobs."""

    store: Store
    door: Door
    lookups: LookUps
    jobs: Jobs


@dataclass(slots=True)
class Components:
    """Everything that requests share.

    Attributes:
        settings: all of them.
        metrics: what is counted.
        streams: the places for streams.
        clips: the places for clips.
        engine: what reads images; None while it is not loaded.
        opened: what is opened at start; None while it is not.
        stopping: whether the server was told to stop: nobody is to be sent here any more.
    """

    settings: Settings
    metrics: Metrics
    streams: Places
    clips: ClipPlaces
    engine: Engine | None = None
    opened: Opened | None = None
    stopping: bool = False


def components_of(request: HTTPConnection) -> Components:
    """The components of the app that serves this request."""
    components: Components = request.app.state.components
    return components
