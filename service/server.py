"""The HTTP server around the application: uvicorn, its start and its greeting."""

import socket
import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from service.access import keys
from service.access.first_key import see_to_first_key
from service.api.deps import Components
from service.app import create_app, load_engine
from service.engine.bundle import BundleError
from service.engine.job import Job, Work
from service.engine.processes import Processes
from service.listening import cannot_be_had, take_address
from service.problems import StoreBusy
from service.settings import Settings
from service.store.database import DatabaseError
from service.store.store import open_store


def run(settings: Settings, workers: Processes[Job, Work]) -> None:
    """Serves until told to stop.

    Args:
        settings: all of them.
        workers: what `fork_workers` returned.

    Exits with status 2 and a sentence if the address cannot be had, the model cannot be loaded, the
    store cannot be used or nobody would have to show a key.
    """
    try:
        sockets = take_address(settings.server.host, settings.server.port)
        store = open_store(settings)
        engine = load_engine(settings, workers)
        first_key = see_to_first_key(settings, store.database)
    except (BundleError, DatabaseError, StoreBusy, OSError, ValueError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        sys.exit(2)
    if first_key is not None:
        print(  # noqa: T201 - the one time that it is shown
            f"\nThe first key; it may do everything and is not shown again:\n\n  {first_key}",
            file=sys.stderr,
            flush=True,
        )
    app = create_app(settings, engine, store)
    config = uvicorn.Config(
        app,
        host=settings.server.host,
        port=settings.server.port,
        log_config=None,
        access_log=False,  # our own line has the request's id
        server_header=False,
        proxy_headers=False,  # `ProxyMiddleware` believes those that the settings trust
        date_header=True,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=30,
    )
    _Server(config, app).run(sockets)


class _Server(uvicorn.Server):
    """uvicorn's server, which greets once it listens."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts listening, then says where, with which model, and how to ask."""
        try:
            await super().startup(sockets)
        except OSError as problem:  # two can bind an address at once; one of them may listen
            await self.lifespan.shutdown()
            told = cannot_be_had(self.config.host, self.config.port, problem)
            print(told, file=sys.stderr)  # noqa: T201
            sys.exit(2)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            components: Components = self._app.state.components
            assert components.keeping is not None
            with components.keeping.store.database.read() as connection:
                keyed = keys.exist(connection)
            print(_greeting(components, host, port, keyed), file=sys.stderr, flush=True)  # noqa: T201


_EXAMPLE = Path("examples/face.jpg")
"""What a checkout has to send, from where `make serve` starts."""


def _greeting(components: Components, host: str, port: int, keyed: bool) -> str:
    assert components.engine is not None
    card = components.engine.card
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - everywhere, so here too
        host = "127.0.0.1"
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{port}"
    days = components.settings.store.retention_days
    kept = "nothing (FACEVEIL_STORE__RETENTION_DAYS chooses for how long)"
    header = "-H 'X-API-Key: fv_...' " if keyed else ""
    image = _EXAMPLE if _EXAMPLE.is_file() else "face.jpg"
    return (
        f"\nFaceVeil answers at {address}\n"
        f"  model  {card.name} {card.version}, level {components.engine.level} ({card.terms})\n"
        f"  keeps  {kept if days is None else f'what it is asked to store, for {days:g} days'}\n"
        f"  keys   {'needed' if keyed else 'none: this address answers whoever reaches it'}\n"
        f"  try    curl {header}-F image=@{image} {address}/v1/anonymize\n"
    )
