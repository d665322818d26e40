"""The HTTP server around the application: uvicorn, its start and its greeting."""

import socket
import sys

import uvicorn
from fastapi import FastAPI

from service.api.deps import Components
from service.app import create_app, load_engine
from service.engine.bundle import BundleError
from service.settings import Settings
from service.telemetry.logs import configure_logging


def run(settings: Settings) -> None:
    """Serves until told to stop.

    Exits with status 2 and a sentence if the model cannot be loaded, and with uvicorn's status
    if the address cannot be had.
    """
    configure_logging(settings.log)
    try:
        engine = load_engine(settings)
    except (BundleError, OSError, ValueError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        sys.exit(2)
    app = create_app(settings, engine)
    config = uvicorn.Config(
        app,
        host=settings.server.host,
        port=settings.server.port,
        log_config=None,
        access_log=False,  # our own line has the request's id
        server_header=False,
        date_header=True,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=30,
    )
    _Server(config, app).run()


class _Server(uvicorn.Server):
    """uvicorn's server, which greets once it listens."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts listening, then says where, with which model, and how to ask."""
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            print(_greeting(self._app.state.components, host, port), file=sys.stderr, flush=True)  # noqa: T201


def _greeting(components: Components, host: str, port: int) -> str:
    assert components.engine is not None
    privacy_filter = components.engine.privacy_filter
    card = privacy_filter.card
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - everywhere, so here too
        host = "127.0.0.1"
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{port}"
    return (
        f"\nFaceVeil answers at {address}\n"
        f"  model  {card.name} {card.version}, level {privacy_filter.level} ({card.terms})\n"
        f"  try    curl -F image=@face.jpg {address}/v1/anonymize\n"
    )
