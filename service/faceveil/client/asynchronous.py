"""The client for asyncio and trio."""

import itertools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar, Unpack

import anyio
import anyio.to_thread
import httpx2

from faceveil.client import anonymizing, audits, clips, operations, storage
from faceveil.client.answers import Audit, Progress, StoredFeature
from faceveil.client.call import Call
from faceveil.client.errors import FaceVeilError, TimedOut
from faceveil.client.problems import refusal_of
from faceveil.client.retries import Retries
from faceveil.client.sending import (
    LOCAL,
    TIMEOUT_S,
    as_method,
    connection,
    told_plainly,
    written_whole,
)

P = ParamSpec("P")
T = TypeVar("T")


def _sent(
    make: Callable[P, Call[T]],
) -> Callable[Concatenate["AsyncClient", P], Coroutine[Any, Any, T]]:
    async def method(self: "AsyncClient", /, *args: P.args, **kwargs: P.kwargs) -> T:
        # On a thread: it reads files, and encodes pictures.
        return await self.send(await anyio.to_thread.run_sync(partial(make, *args, **kwargs)))

    as_method(method, make)
    return method


def _streamed(
    make: Callable[P, Call[T]],
) -> Callable[Concatenate["AsyncClient", P], AsyncIterator[T]]:
    async def method(self: "AsyncClient", /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
        call = await anyio.to_thread.run_sync(partial(make, *args, **kwargs))
        async for line in self.lines(call):
            yield line

    as_method(method, make)
    return method


class AsyncClient:
    """Speaks with a FaceVeil server, as `Client` does, without blocking the event loop.

    async with AsyncClient("https://faces.example", key="fv_...") as client:
        print((await client.anonymize("face.jpg")).face.emotion.label)
    """

    def __init__(
        self,
        url: str = LOCAL,
        key: str | None = None,
        *,
        timeout: float = TIMEOUT_S,
        retries: Retries = Retries(),  # noqa: B008 - frozen
        http: httpx2.AsyncClient | None = None,
    ) -> None:
        """Connects with the first call; takes what `Client` does."""
        self._http = http or httpx2.AsyncClient(**connection(url, key, timeout))
        self._retries = retries

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes its connections."""
        await self._http.aclose()

    anonymize = _sent(anonymizing.anonymize)
    anonymize_batch = _sent(anonymizing.anonymize_batch)
    store = _sent(anonymizing.store)
    video = _streamed(clips.video)

    import_features = _sent(storage.import_features)
    import_file = _sent(storage.import_file)
    list_features = _sent(storage.list_features)
    export_features = _sent(storage.export_features)
    get_feature = _sent(storage.get_feature)
    delete_feature = _sent(storage.delete_feature)
    look_up_subject = _sent(storage.look_up_subject)
    erase_subject = _sent(storage.erase_subject)
    get_receipt = _sent(storage.get_receipt)

    create_audit = _sent(audits.create_audit)
    audit_file = _sent(audits.audit_file)
    list_audits = _sent(audits.list_audits)
    get_latest_audit = _sent(audits.get_latest_audit)
    get_audit = _sent(audits.get_audit)
    get_audit_report = _sent(audits.get_audit_report)
    delete_audit = _sent(audits.delete_audit)

    create_token = _sent(operations.create_token)
    list_streams = _sent(operations.list_streams)
    list_log = _sent(operations.list_log)
    check_log = _sent(operations.check_log)
    list_models = _sent(operations.list_models)
    get_model = _sent(operations.get_model)
    health = _sent(operations.health)
    ready = _sent(operations.ready)
    metrics = _sent(operations.metrics)

    async def iter_features(
        self, **selection: Unpack[storage.Selection]
    ) -> AsyncIterator[StoredFeature]:
        """Goes through stored features, as `Client.iter_features` does."""
        cursor: str | None = ""
        while cursor is not None:
            page = await self.list_features(cursor=cursor, limit=storage.PAGE, **selection)
            for feature in page.features:
                yield feature
            cursor = page.next

    async def wait_for_audit(
        self,
        id: str,  # noqa: A002
        *,
        progress: Callable[[Progress], None] | None = None,
        every: float = 2.0,
        timeout: float | None = None,
    ) -> Audit:
        """Waits for the result of an audit, as `Client.wait_for_audit` does."""
        until = None if timeout is None else anyio.current_time() + timeout
        while not audits.has_ended(audit := await self.get_audit(id), progress):
            if until is not None and anyio.current_time() + every > until:
                raise TimedOut(f"The audit {id} takes longer than {timeout:g} s; it goes on.")
            await anyio.sleep(every)
        return audit

    async def send(self, call: Call[T]) -> T:
        """Sends a call until it is answered, or refused for good."""
        for tries in itertools.count(1):
            try:
                return call.read(await self._answer(call))
            except FaceVeilError as failure:
                wait = self._retries.wait(tries, failure) if call.patient else None
                if wait is None:
                    raise
            await anyio.sleep(wait)
        raise AssertionError

    async def lines(self, call: Call[T]) -> AsyncIterator[T]:
        """Sends a call until it is answered, or refused for good; reads each line as it comes."""
        for tries in itertools.count(1):
            begun = False
            try:
                async with self._answering(call) as response:
                    async for line in response.aiter_lines():
                        begun = True
                        yield call.read(httpx2.Response(response.status_code, text=line))
                return
            except FaceVeilError as failure:
                wait = None if begun else self._retries.wait(tries, failure)
                if wait is None:
                    raise
            await anyio.sleep(wait)

    async def _answer(self, call: Call[T]) -> httpx2.Response:
        async with self._answering(call) as response:
            if call.to is None:
                await response.aread()
            else:
                with written_whole(call.to) as file:
                    async for piece in response.aiter_bytes():
                        file.write(piece)
        return response

    @asynccontextmanager
    async def _answering(self, call: Call[T]) -> AsyncIterator[httpx2.Response]:
        """The answer to a call, while it comes; raises the refusal where it is one."""
        with told_plainly(self._http.base_url):
            async with self._http.stream(**call.options()) as response:
                if not response.is_success:
                    await response.aread()
                    raise refusal_of(response)
                yield response
