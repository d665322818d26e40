"""What the routes are handed: the components that the composition root built."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from service.engine.card import Card
from service.engine.filter import PrivacyFilter
from service.engine.scheduler import Scheduler
from service.problems import NotReady
from service.settings import Settings
from service.telemetry.metrics import Metrics
from service.vision.face import Detector


@dataclass(frozen=True, slots=True)
class Engine:
    """What is loaded at start: the detector, the filter, and the threads to run them on.

    `cards` are those of every installed bundle, one name's newest version last.
    """

    detector: Detector
    privacy_filter: PrivacyFilter
    cards: list[Card]
    scheduler: Scheduler


@dataclass(slots=True)
class Components:
    """Everything that requests share."""

    settings: Settings
    metrics: Metrics
    engine: Engine | None = None


def components_of(request: Request) -> Components:
    """The components of the app that serves this request."""
    components: Components = request.app.state.components
    return components


def _settings_of(request: Request) -> Settings:
    return components_of(request).settings


def _engine_of(request: Request) -> Engine:
    engine = components_of(request).engine
    if engine is None:
        raise NotReady(NotReady.example)
    return engine


ComponentsDep = Annotated[Components, Depends(components_of)]
SettingsDep = Annotated[Settings, Depends(_settings_of)]
EngineDep = Annotated[Engine, Depends(_engine_of)]
