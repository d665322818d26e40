"""The client for programs that wait."""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar, Unpack

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


def _sent(make: Callable[P, Call[T]]) -> Callable[Concatenate["Client", P], T]:
    def method(self: "Client", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.send(make(*args, **kwargs))

    as_method(method, make)
    return method


def _streamed(make: Callable[P, Call[T]]) -> Callable[Concatenate["Client", P], Iterator[T]]:
    def method(self: "Client", /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        return self.lines(make(*args, **kwargs))

    as_method(method, make)
    return method


class Client:
    """Speaks with a FaceVeil server.

    Connections are kept open from call to call, so make one client and close it at the end:

        with Client("https://faces.example", key="fv_...") as client:
            print(client.anonymize("face.jpg").face.emotion.label)

    It may be used by several threads. What it raises is in `faceveil.client.errors`.
    """

    def __init__(
        self,
        url: str = LOCAL,
        key: str | None = None,
        *,
        timeout: float = TIMEOUT_S,
        retries: Retries = Retries(),  # noqa: B008 - frozen
        http: httpx2.Client | None = None,
    ) -> None:
        """Connects with the first call.

        Args:
            url: where the server answers.
            key: made by `faceveil keys create`; None where the server needs none.
            timeout: seconds for each step of a request: to connect, to send, to wait for an answer.
            retries: when a request is sent again.
            http: speaks HTTP in place of one of its own, as with a proxy or certificates; it knows
                the address, the key and the timeout.
        """
        self._http = http or httpx2.Client(**connection(url, key, timeout))
        self._retries = retries

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes its connections."""
        self._http.close()

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

    def iter_features(self, **selection: Unpack[storage.Selection]) -> Iterator[StoredFeature]:
        """Goes through stored features, oldest first, page by page.

        Args:
            selection: which features.

        Raises:
            FaceVeilError: see `faceveil.client.problems`.
        """
        cursor: str | None = ""
        while cursor is not None:
            page = self.list_features(cursor=cursor, limit=storage.PAGE, **selection)
            yield from page.features
            cursor = page.next

    def wait_for_audit(
        self,
        id: str,  # noqa: A002
        *,
        progress: Callable[[Progress], None] | None = None,
        every: float = 2.0,
        timeout: float | None = None,
    ) -> Audit:
        """Waits for the result of an audit.

        Args:
            id: of the audit, as `create_audit` answers it.
            progress: called with how far it is, whenever that was asked.
            every: seconds between two questions.
            timeout: seconds to wait at most; None for as long as it takes.

        Returns:
            The audit with its result.

        Raises:
            FaceVeilError: `AuditEnded` if it failed or was cancelled, `TimedOut` if it takes
                longer; it then goes on.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while not audits.has_ended(audit := self.get_audit(id), progress):
            if until is not None and time.monotonic() + every > until:
                raise TimedOut(f"The audit {id} takes longer than {timeout:g} s; it goes on.")
            time.sleep(every)
        return audit

    def send(self, call: Call[T]) -> T:
        """Sends a call until it is answered, or refused for good."""
        for tries in itertools.count(1):
            try:
                return call.read(self._answer(call))
            except FaceVeilError as failure:
                wait = self._retries.wait(tries, failure) if call.patient else None
                if wait is None:
                    raise
            time.sleep(wait)
        raise AssertionError

    def lines(self, call: Call[T]) -> Iterator[T]:
        """Sends a call until it is answered, or refused for good; reads each line as it comes."""
        for tries in itertools.count(1):
            begun = False
            try:
                with self._answering(call) as response:
                    for line in response.iter_lines():
                        begun = True
                        yield call.read(httpx2.Response(response.status_code, text=line))
                return
            except FaceVeilError as failure:
                wait = None if begun else self._retries.wait(tries, failure)
                if wait is None:
                    raise
            time.sleep(wait)

    def _answer(self, call: Call[T]) -> httpx2.Response:
        with self._answering(call) as response:
            if call.to is None:
                response.read()
            else:
                with written_whole(call.to) as file:
                    for piece in response.iter_bytes():
                        file.write(piece)
        return response

    @contextmanager
    def _answering(self, call: Call[T]) -> Iterator[httpx2.Response]:
        """The answer to a call, while it comes; raises the refusal where it is one."""
        with (
            told_plainly(self._http.base_url),
            self._http.stream(**call.options()) as response,
        ):
            if not response.is_success:
                response.read()
                raise refusal_of(response)
            yield response
