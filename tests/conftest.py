"""What many tests share: the application in this process, and the real server in another."""

import contextlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from faceveil.api.components import Components
from faceveil.app import create_app
from faceveil.environment import PREFIX
from faceveil.settings import OTHER_VARIABLES, Settings
from faceveil.store.database import Database, open_database
from tests.databases import keeping_settings, postgres_database
from tests.drawn import draw_face
from tests.fakes import StillDetector, fake_engine
from tests.pictures import encoded
from tests.running import RunningServer, running_server

# Whoever runs the tests may have a server configured in the same shell.
for name in list(os.environ):
    if name.upper().startswith(PREFIX) and name not in OTHER_VARIABLES:
        del os.environ[name]

# How long an example takes says more about the machine's other work than about ours.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

HERE = "http://127.0.0.1"
"""Without keys, the application answers requests to this machine only."""

BODY_LIMIT = 6 * 2**20
BODY_SECONDS = 2.0


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an application of a test's own."""
    return Settings(state_directory=tmp_path / "state")


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a new, empty store that keeps what it is asked to, on either database."""
    if request.param == "sqlite":
        yield keeping_settings(tmp_path / "state")
        return
    with postgres_database() as url:
        yield keeping_settings(tmp_path / "state", url)


@pytest.fixture
def database(kept: Settings) -> Iterator[Database]:
    """A new, empty database with its tables."""
    with contextlib.closing(open_database(kept)) as opened:
        yield opened


@pytest.fixture
def keeper(kept: Settings) -> Iterator[TestClient]:
    """Speaks with an application that keeps what it is asked to, and needs no key yet."""
    app = create_app(kept, fake_engine(StillDetector()))
    with TestClient(app, base_url=HERE) as client:
        yield client


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """The application with the shipped model."""
    return create_app(Settings(state_directory=tmp_path_factory.mktemp("state")))


@pytest.fixture(scope="session")
def client(app: FastAPI) -> Iterator[TestClient]:
    """Speaks with the application, without a network between."""
    with TestClient(app, base_url=HERE) as client:
        yield client


@pytest.fixture
def components(app: FastAPI, client: TestClient) -> Components:
    """What the application's requests share."""
    components: Components = app.state.components
    return components


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The real server with the shipped model, and with limits that a test can reach."""
    limits = {
        "FACEVEIL_LIMITS__BODY_BYTES": str(BODY_LIMIT),
        "FACEVEIL_LIMITS__BODY_SECONDS": str(BODY_SECONDS),
    }
    with running_server(tmp_path_factory.mktemp("server"), limits) as running:
        yield running


@pytest.fixture(scope="session")
def face_jpeg() -> bytes:
    """A drawn face as a JPEG file."""
    return encoded(draw_face(256), quality=95)


@pytest.fixture
def logging_put_back() -> Iterator[None]:
    """For tests that have the service configure this process's logging."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def anyio_backend() -> str:
    """Asynchronous tests run where the service does."""
    return "asyncio"
