"""The composition root: settings go in, the whole application comes out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from faceveil.access.door import Door, is_loopback
from faceveil.access.lookups import LookUps
from faceveil.access.tokens import Tokens
from faceveil.api.anonymize import routes as anonymize
from faceveil.api.audits import routes as audits
from faceveil.api.components import Components, Opened
from faceveil.api.device import routes as device
from faceveil.api.features import routes as features
from faceveil.api.health import routes as health
from faceveil.api.log import routes as log
from faceveil.api.models import routes as models
from faceveil.api.streams import routes as streams
from faceveil.api.subjects import routes as subjects
from faceveil.api.tokens import routes as tokens
from faceveil.api.video import routes as video
from faceveil.clips.places import ClipPlaces
from faceveil.engine.engine import Engine, load_engine
from faceveil.http.errors import answer_problems
from faceveil.http.middleware import RequestMiddleware
from faceveil.http.openapi import DocumentedApp
from faceveil.http.proxies import ProxyMiddleware
from faceveil.http.room import BodyRoom
from faceveil.jobs.client import Jobs
from faceveil.jobs.supervisor import Supervisor
from faceveil.page import routes as page
from faceveil.pool.cpus import usable_cores
from faceveil.settings import Settings
from faceveil.store.store import Store, open_store
from faceveil.streams.places import Places
from faceveil.telemetry.metrics import Metrics

_DESCRIPTION = """\
Reads the mood of a face and withholds whose it is. POST an image. The answer is the emotion and \
a short embedding, made by a model trained against re-identification. The image is neither stored \
nor logged. The model's card says what risk of re-identification remains, and under which \
attackers: `GET /v1/models`; an audit measures what is stored: `POST /v1/audits`. HEAD is answered \
wherever GET is.

The code is Apache-2.0. What a model may be used for is on its card too, and is narrower: \
`faceveil`, the default one, is for non-commercial research only; `open` is for any use, with \
attribution.
"""

_LICENCE = {
    "name": "Apache-2.0 (the code); each model has terms of its own, on its card",
    "identifier": "Apache-2.0 AND LicenseRef-FaceVeil-Models",
}


def create_app(
    settings: Settings, engine: Engine | None = None, store: Store | None = None
) -> DocumentedApp:
    """Builds the application.

    Args:
        settings: all of them.
        engine: what reads faces; without one, it is loaded when the application starts.
        store: what is kept; without one, it is opened when the application starts. The application
            closes both when it stops.
    """
    most = settings.clips.most
    clips = ClipPlaces(usable_cores() if most is None else most)
    components = Components(settings, Metrics(), Places(settings.streams.most), clips)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        opened = store or open_store(settings)
        components.engine = loaded = engine or load_engine(settings, opened.keys.noise)
        supervisor = Supervisor()
        jobs = Jobs(opened.database, supervisor.wanted if settings.audit.own_worker else _nothing)
        door = _door(settings, opened)
        components.opened = Opened(opened, door, LookUps(door, opened), jobs)
        scheduler = loaded.scheduler
        await scheduler.open()
        components.metrics.watch_queue(lambda: scheduler.waiting, lambda: scheduler.busy)
        components.metrics.streams.set_function(lambda: components.streams.taken)
        components.metrics.clips.set_function(lambda: components.clips.taken)
        if settings.audit.own_worker and _works_by_itself(settings):
            supervisor.wanted()
        await opened.run(partial(_go_on, opened, jobs))
        try:
            yield
        finally:
            components.engine = components.opened = None
            await scheduler.close()
            await asyncio.to_thread(supervisor.close)
            await asyncio.to_thread(jobs.close)
            await asyncio.to_thread(opened.close)

    app = DocumentedApp(
        title="FaceVeil",
        version=version("faceveil"),
        description=_DESCRIPTION,
        license_info=_LICENCE,
        servers=[{"url": "/", "description": "The server that has this document."}],
        lifespan=lifespan,
        # A redirect would have the client send the face once more, to wherever Host says.
        redirect_slashes=False,
        # The usual pages load their scripts from elsewhere; the document itself is enough here.
        docs_url=None,
        redoc_url=None,
    )
    app.state.components = components
    resources = (anonymize, streams, video, features, subjects, audits, log, models, tokens, health)
    for resource in resources:
        app.include(resource.router)
    app.include(device.router)
    if settings.page:
        app.include(page.router)
    answer_problems(app, components.metrics)
    if settings.access.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.access.origins,
            allow_methods=["GET", "HEAD", "POST", "DELETE"],
            allow_headers=["*"],
            expose_headers=["Location", "Retry-After", "Server-Timing", "X-Request-ID"],
        )
    room = BodyRoom(settings.limits)
    app.add_middleware(RequestMiddleware, metrics=components.metrics, room=room)
    if settings.server.root_path or settings.server.proxies:
        app.add_middleware(ProxyMiddleware, server=settings.server)
    return app


def _go_on(store: Store, jobs: Jobs) -> None:
    """Finishes what a server that was killed had begun."""
    store.scrubber.wake()
    jobs.resume()


def _door(settings: Settings, store: Store) -> Door:
    loopback = is_loopback(settings.server.host)
    # Neither key alone makes a token, and none outlives the level that it was made under.
    secret = store.keys.subject + store.keys.noise + (settings.model.level or "").encode()
    return Door(
        store.database,
        may_stand_open=loopback or settings.access.open,
        only_from_here=not settings.access.open,
        grace_s=settings.access.grace_s,
        tokens=Tokens(secret),
    )


def _works_by_itself(settings: Settings) -> bool:
    return settings.store.retention_days is not None or settings.audit.schedule is not None


def _nothing() -> None:
    """For jobs that somebody else's workers do."""
