"""The HTTP server around the application: uvicorn, its start, its greeting and its end."""

import asyncio
import contextlib
import logging
import math
import os
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any, cast

import uvicorn
from fastapi import FastAPI

from faceveil.access import keys
from faceveil.access.first_key import see_to_first_key
from faceveil.api.components import Components
from faceveil.app import create_app
from faceveil.engine.engine import load_engine
from faceveil.engine.readers import Workers
from faceveil.http.connections import Connections
from faceveil.http.descriptors import raise_limit
from faceveil.http.protocol import bounded_protocol
from faceveil.http.websockets import BoundedWebSocket
from faceveil.listening import cannot_be_had, take_address
from faceveil.model.bundle import BundleError
from faceveil.model.card import Card
from faceveil.problems import StoreBusy
from faceveil.settings import Settings
from faceveil.store.database import DatabaseError
from faceveil.store.store import open_store
from faceveil.telemetry.logs import write_behind

CLOSING_S = 5.0
"""Seconds in which everything is closed after the last answer."""

logger = logging.getLogger("faceveil")


def run(settings: Settings, workers: Workers) -> None:
    """Serves until told to stop.

    Args:
        settings: all of them.
        workers: what `start_workers` returned.

    Exits with status 2 and a sentence if the address cannot be had, the model cannot be loaded, the
    store cannot be used or nobody would have to show a key; with status 1 once nothing can read
    images any more.
    """
    try:
        with contextlib.ExitStack() as opened:
            opened.callback(workers.kill)
            sockets = take_address(settings.server.host, settings.server.port)
            for taken in sockets:
                opened.enter_context(taken)
            store = open_store(settings)
            opened.callback(store.close)
            engine = load_engine(settings, store.keys.noise, workers)
            first_key = see_to_first_key(settings, store.database)
            opened.pop_all()
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
    limits = settings.limits
    connections = _connections(settings)
    protocol = bounded_protocol(connections, limits.head_bytes, limits.head_seconds)
    config = uvicorn.Config(
        app,
        http=cast(Any, protocol),
        ws=BoundedWebSocket,
        ws_max_size=settings.streams.frame_bytes,
        ws_per_message_deflate=False,  # frames are compressed as they come
        host=settings.server.host,
        port=settings.server.port,
        log_config=None,
        access_log=False,  # our own line has the request's id
        server_header=False,
        proxy_headers=False,  # `ProxyMiddleware` believes those that the settings trust
        date_header=True,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=math.ceil(settings.server.stop_s),
    )
    write_behind()
    server = _Server(config, app, connections)
    workers.on_failure = server.give_up
    server.run(sockets)
    if workers.failed:
        sys.exit(1)


def _connections(settings: Settings) -> Connections:
    limits = settings.limits
    most = min(limits.connections, raise_limit())
    if most < limits.connections:
        found = {"connections": most, "wanted": limits.connections}
        logger.warning("the limit of open files allows fewer connections (ulimit -n)", extra=found)
    of_an_address = limits.connections_per_address or max(1, most // 4)
    return Connections(most, of_an_address, settings.server.proxies)


class _Server(uvicorn.Server):
    """uvicorn's server, which greets once it listens, and ends in bounded time."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, connections: Connections) -> None:
        super().__init__(config)
        self._components: Components = app.state.components
        self._settings = self._components.settings.server
        self._connections = connections
        self._stopping_since: float | None = None

    def give_up(self) -> None:
        """Stops serving at once."""
        self.should_exit = self.force_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts listening, then says where, with which model, and how to ask."""
        try:
            await super().startup(sockets)
        except OSError as problem:  # two can bind an address at once; one of them may listen
            await self.lifespan.shutdown()
            sentence = cannot_be_had(self.config.host, self.config.port, problem)
            print(sentence, file=sys.stderr)  # noqa: T201
            sys.exit(2)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            assert self._components.opened is not None
            with self._components.opened.store.database.read() as connection:
                keyed = keys.exist(connection)
            print(_greeting(self._components, host, port, keyed), file=sys.stderr, flush=True)  # noqa: T201

    async def on_tick(self, counter: int) -> bool:
        """Looks after the connections; once told to stop, goes on for as long as it drains."""
        if counter % 10 == 0:
            self._connections.sweep(asyncio.get_running_loop().time())
        if not await super().on_tick(counter):
            return False
        now = time.monotonic()
        if self._stopping_since is None:
            self._stopping_since = now
            self._components.stopping = True
        return self.force_exit or now >= self._stopping_since + self._settings.drain_s

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stops listening, has what is in hand answered or refused, and closes everything.

        Whatever hangs in that, a reader or a database that does not answer, ends with the process:
        what was acknowledged is on the disk.
        """
        patience = threading.Timer(self._settings.stop_s + CLOSING_S, _end)
        patience.daemon = True
        patience.start()
        await super().shutdown(sockets)


def _end() -> None:
    logger.error("something did not end in time; the process ends without it")
    time.sleep(0.1)  # for the log
    os._exit(1)


_EXAMPLE = Path("examples/face.jpg")
"""What a checkout has to send, from where `make serve` starts."""


def _of_keys(components: Components, keyed: bool) -> str:
    if keyed:
        return "needed"
    if components.settings.access.open:
        return "none: everybody who reaches this address is answered"
    return "none: only programs on this machine are answered"


def _of_terms(card: Card) -> str:
    if card.for_research_only:
        return f"{card.terms}\n         FACEVEIL_MODEL__USE=anyone serves a model for any use"
    return card.terms


def _greeting(components: Components, host: str, port: int, keyed: bool) -> str:
    assert components.engine is not None
    card = components.engine.card
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - everywhere, so here too
        host = "127.0.0.1"
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{port}"
    days = components.settings.store.retention_days
    nothing = "nothing (FACEVEIL_STORE__RETENTION_DAYS chooses for how long)"
    header = "-H 'X-API-Key: fv_...' " if keyed else ""
    image = _EXAMPLE if _EXAMPLE.is_file() else "face.jpg"
    page = f"  page   open {address} in a browser\n" if components.settings.page else ""
    return (
        f"\nFaceVeil answers at {address}\n{page}"
        f"  model  {card.name} {card.version}, level {components.engine.level}, "
        f"prior {components.engine.prior.name}\n"
        f"  terms  {_of_terms(card)}\n"
        f"  keeps  {nothing if days is None else f'what it is asked to store, for {days:g} days'}\n"
        f"  keys   {_of_keys(components, keyed)}\n"
        f"  try    curl {header}-F image=@{image} {address}/v1/anonymize\n"
    )
