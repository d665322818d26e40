"""The composition root: settings go in, the whole application comes out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI

from service.api import anonymize, health, models
from service.api.deps import Components, Engine
from service.api.errors import answer_problems
from service.api.middleware import RequestMiddleware
from service.engine.bundle import BundleError, find_bundle, list_bundles, load_bundle, read_card
from service.engine.cpus import usable_cores
from service.engine.filter import PrivacyFilter
from service.engine.noise import KeyedNoise, load_or_make_key
from service.engine.scheduler import Scheduler
from service.settings import Settings
from service.telemetry.metrics import Metrics
from service.vision.detect import BlazeFace

_DESCRIPTION = """\
Reads the mood of a face and withholds whose it is. POST an image: back come the emotion and a \
short embedding, made by a model trained against re-identification. The image is neither stored \
nor logged. What re-identification risk remains, and under which attackers, is in the model's \
card: `GET /v1/models`.
"""


def create_app(settings: Settings, engine: Engine | None = None) -> FastAPI:
    """Builds the application.

    Args:
        settings: all of them.
        engine: what answers; without one, it is loaded when the application starts.
    """
    components = Components(settings, Metrics())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        components.engine = loaded = engine or load_engine(settings)
        scheduler = loaded.scheduler
        components.metrics.watch_queue(lambda: scheduler.waiting, lambda: scheduler.busy)
        try:
            yield
        finally:
            components.engine = None
            scheduler.close()

    app = FastAPI(
        title="FaceVeil",
        version=version("faceveil"),
        description=_DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        lifespan=lifespan,
        # A redirect would have the client send the face once more, to wherever Host says.
        redirect_slashes=False,
        # The usual pages load their scripts from elsewhere; the document itself is enough here.
        docs_url=None,
        redoc_url=None,
    )
    app.state.components = components
    for resource in (anonymize, models, health):
        app.include_router(resource.router)
    answer_problems(app)
    app.add_middleware(RequestMiddleware, metrics=components.metrics)
    return app


def load_engine(settings: Settings) -> Engine:
    """Loads the model and the detector and warms them up.

    Raises:
        BundleError: if the configured model or the detector is absent or broken, or the model has
            no such level.
        OSError, ValueError: if the noise key cannot be read or made.
    """
    chosen = settings.model
    bundle = load_bundle(find_bundle(chosen.directory, chosen.name, chosen.version))
    secret = settings.noise.key
    key = (
        secret.get_secret_value().encode()
        if secret
        else load_or_make_key(settings.state_directory / "noise.key")
    )
    privacy_filter = PrivacyFilter.load(bundle, KeyedNoise(key), chosen.level)
    return Engine(
        detector=_load_detector(chosen.directory / "detector" / "blazeface-short" / "model.onnx"),
        privacy_filter=privacy_filter,
        cards=[read_card(folder) for folder in list_bundles(chosen.directory).values()],
        scheduler=Scheduler(
            threads=settings.engine.threads or usable_cores(),
            queue=settings.engine.queue,
            deadline_s=settings.engine.deadline_s,
        ),
    )


def _load_detector(path: Path) -> BlazeFace:
    try:
        return BlazeFace(path)
    except Exception as error:  # ONNX Runtime's errors have no narrower base
        raise BundleError(f"The detector {path} cannot be loaded: {error}") from error
