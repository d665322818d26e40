"""Who sends a request, once that one may, and what there is to answer it with."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Security
from fastapi.routing import APIRoute
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from fastapi.security.utils import get_authorization_scheme_param
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from faceveil.access.addresses import network_of
from faceveil.access.door import ANYONE, Door, Principal
from faceveil.access.keys import Scope
from faceveil.api.components import components_of
from faceveil.engine.engine import Engine
from faceveil.jobs.client import Jobs
from faceveil.problems import Forbidden, NotReady, StorageOff, Unauthorized
from faceveil.settings import Settings
from faceveil.store.store import Store
from faceveil.telemetry.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request, and what there is to answer it with.

    A route takes this one dependency: every further one that FastAPI resolves costs a request as
    much as a hundredth of all the server's work for it.

    Attributes:
        request: as it came; nothing of its body was read.
        principal: who that is, by the key.
        settings: all of them.
        metrics: what is counted.
        engine: what reads images.
        store: what is stored.
        jobs: the way to the workers.
        door: the door that the caller came in by.
    """

    request: Request
    principal: Principal
    settings: Settings
    metrics: Metrics
    engine: Engine
    store: Store
    jobs: Jobs
    door: Door

    @property
    def tenant(self) -> str:
        """Whose data is reached."""
        return self.principal.tenant

    def charge(self, embeddings: int) -> None:
        """Counts the embeddings that are released against the rate of the key."""
        self.door.charge(self.principal, embeddings)

    def must_store(self) -> None:
        """Lets pass where a retention has been chosen.

        Raises:
            StorageOff: otherwise; what nobody decided to erase would be kept for ever.
        """
        if self.settings.store.retention_days is None:
            raise StorageOff(StorageOff.example)


_BEARER = HTTPBearer(
    scheme_name="bearer", auto_error=False, description="A key made by `faceveil keys create`."
)
_OF_PROXIES = (
    "Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Prefix",
    "X-Forwarded-Proto",
    "X-Real-IP",
    "Via",
)

_HEADER = APIKeyHeader(
    name="X-API-Key", scheme_name="header", auto_error=False, description="The same key."
)


async def enter(request: Request, *scopes: Scope) -> Caller:
    """Who sends a request, if that one may pass and has these scopes; its body is not touched.

    Raises:
        Unauthorized, Forbidden, RateExceeded: as `Door` and `Principal` do.
        NotReady: if the model is not loaded, or the store not open.
        Overloaded, StoreBusy: if the key cannot be looked up.
    """
    principal: Principal | None = getattr(request.state, "principal", None)
    if principal is None:  # else it has passed before, with this request
        principal = await let_in(request, given_in(request.headers))
    components = components_of(request)
    engine, opened = components.engine, components.opened
    assert engine is not None
    assert opened is not None
    principal.require(*scopes)
    return Caller(
        request,
        principal,
        components.settings,
        components.metrics,
        engine,
        opened.store,
        opened.jobs,
        opened.door,
    )


async def let_in(connection: HTTPConnection, given: str | None) -> Principal:
    """Who connects, if that one may pass; `connection.state` then has the principal and client.

    Args:
        connection: a request, or a WebSocket that was not accepted yet.
        given: the key or token that it shows.

    Raises:
        Unauthorized, Forbidden, RateExceeded, NotReady, Overloaded, StoreBusy: as `enter` does.
    """
    components = components_of(connection)
    opened = components.opened
    if components.engine is None or opened is None:
        raise NotReady(NotReady.example)
    origin = connection.headers.get("Origin")
    listed = components.settings.access.origins
    own = origin is None or origin in listed or _is_own(origin, connection)
    # Behind a proxy its origin looks different from here: enough for the words of a refusal alone.
    unlisted = not own and connection.headers.get("Sec-Fetch-Site") != "same-origin"
    # A proxy on this machine would pass the world in, under this machine's own name.
    elsewhere = not own or any(name in connection.headers for name in _OF_PROXIES)
    try:
        principal = await opened.lookups.principal(given)
        opened.door.pass_in(principal, connection.headers.get("Host", ""), elsewhere)
        if unlisted and principal is ANYONE and connection.scope["type"] == "websocket":
            # A browser lets any page read a WebSocket: CORS does not hold there.
            raise Forbidden("A page of another origin opens no stream here without a key.")
    except (Unauthorized, Forbidden) as refusal:
        if unlisted:
            _tell_page(refusal)
        raise
    connection.state.principal = principal
    connection.state.client = _client(connection) if principal is ANYONE else principal.actor
    return principal


def _is_own(origin: str, connection: HTTPConnection) -> bool:
    """Whether the page that asks was loaded from this server itself, under the name it has here."""
    scheme = connection.url.scheme.replace("ws", "http")  # of a WebSocket
    return origin == f"{scheme}://{connection.headers.get('Host', '')}"


def _tell_page(refusal: Unauthorized | Forbidden) -> None:
    """Lets a page of an origin that is not listed read its refusal, and what is to be set."""
    if "CORS_ORIGINS" not in refusal.detail:
        refusal.detail += (
            " A page of another origin also needs its origin in the setting "
            "FACEVEIL_ACCESS__CORS_ORIGINS."
        )
    refusal.headers = {**refusal.headers, "Access-Control-Allow-Origin": "*"}


def _client(request: HTTPConnection) -> str:
    """Whom to share fairly with, where nobody shows a key."""
    return network_of(request.client.host) if request.client else "nobody"


def given_in(headers: Headers) -> str | None:
    """The key that a request shows."""
    authorization = headers.get("Authorization", "").strip()
    scheme, credentials = get_authorization_scheme_param(authorization)
    if scheme.lower() == "bearer" and credentials:
        return credentials.strip()
    # Another scheme is for a proxy on the way. Alone it is a wrong key, not the lack of one.
    return headers.get("X-API-Key", "").strip() or authorization or None


def allowed(*scopes: Scope) -> Callable[..., Awaitable[Caller]]:
    """A dependency that lets pass whoever has these scopes, before any of the body is read.

    Asynchronous, as every dependency here should be: a plain function would be run on a thread of a
    pool, and several such hops cost a request more than all else that it does on the event loop.
    """

    async def caller_of(
        request: Request,
        # For the document; `enter` looks at the headers itself.
        _bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
        _header: Annotated[str | None, Security(_HEADER)],
    ) -> Caller:
        return await enter(request, *scopes)

    return caller_of


class AdmittingRoute(APIRoute):
    """A route of images, which while there is no room refuses before it looks at anything else.

    Under a load that is too large most requests end here, and what they cost is taken from those
    that were admitted.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's own handler behind the check."""
        handle = super().get_route_handler()

        async def checked(request: Request) -> Response:
            engine = components_of(request).engine
            if engine is not None and engine.scheduler.full:
                await enter(request, Scope.anonymize)
                engine.scheduler.check(request.state.client)
            return await handle(request)

        return checked


AnyoneDep = Annotated[Caller, Depends(allowed())]
AnonymizerDep = Annotated[Caller, Depends(allowed(Scope.anonymize))]
ReaderDep = Annotated[Caller, Depends(allowed(Scope.read))]
WriterDep = Annotated[Caller, Depends(allowed(Scope.write))]
AuditorDep = Annotated[Caller, Depends(allowed(Scope.audit))]
ReviewerDep = Annotated[Caller, Depends(allowed(Scope.log))]
ScraperDep = Annotated[Caller, Depends(allowed(Scope.metrics))]
