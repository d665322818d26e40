"""What the routes are handed: the components that the composition root built, and who asks."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Security
from fastapi.routing import APIRoute
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from fastapi.security.utils import get_authorization_scheme_param
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from faceveil.access.addresses import network_of
from faceveil.access.door import ANYONE, Door, Principal
from faceveil.access.keys import Scope
from faceveil.access.lookups import LookUps
from faceveil.engine.engine import Engine
from faceveil.jobs.client import Jobs
from faceveil.problems import NotReady, StorageOff
from faceveil.settings import Settings
from faceveil.store.store import Store
from faceveil.telemetry.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Opened:
    """What is opened at start: the store, the door before it, look-ups of keys, the way to jobs."""

    store: Store
    door: Door
    lookups: LookUps
    jobs: Jobs


@dataclass(slots=True)
class Components:
    """Everything that requests share.

    Attributes:
        settings: all of them.
        metrics: what is counted.
        engine: what reads images; None while it is not loaded.
        opened: what is opened at start; None while it is not.
        stopping: whether the server was told to stop: nobody is to be sent here any more.
    """

    settings: Settings
    metrics: Metrics
    engine: Engine | None = None
    opened: Opened | None = None
    stopping: bool = False


def components_of(request: Request) -> Components:
    """The components of the app that serves this request."""
    components: Components = request.app.state.components
    return components


# Routes that are asked most call these functions. Every dependency that FastAPI resolves, for
# others, costs a request as much as a hundredth of all the server's work for it.


def engine_of(request: Request) -> Engine:
    """The engine.

    Raises:
        NotReady: if it is not loaded.
    """
    engine = components_of(request).engine
    if engine is None:
        raise NotReady(NotReady.example)
    return engine


def store_of(request: Request) -> Store:
    """The store.

    Raises:
        NotReady: if it is not open.
    """
    return _opened(request).store


def _opened(request: Request) -> Opened:
    opened = components_of(request).opened
    if opened is None:
        raise NotReady(NotReady.example)
    return opened


# Asynchronous though they wait for nothing: a plain function would be run on a thread of a pool,
# and several such hops cost a request more than all else that it does on the event loop.


async def _components_of(request: Request) -> Components:
    return components_of(request)


async def _settings_of(request: Request) -> Settings:
    return components_of(request).settings


async def _engine_of(request: Request) -> Engine:
    return engine_of(request)


async def _store_of(request: Request) -> Store:
    return store_of(request)


async def _jobs_of(request: Request) -> Jobs:
    return _opened(request).jobs


ComponentsDep = Annotated[Components, Depends(_components_of)]
SettingsDep = Annotated[Settings, Depends(_settings_of)]
EngineDep = Annotated[Engine, Depends(_engine_of)]
StoreDep = Annotated[Store, Depends(_store_of)]
JobsDep = Annotated[Jobs, Depends(_jobs_of)]

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


def must_store(settings: Settings) -> None:
    """Lets pass where a retention has been chosen.

    Raises:
        StorageOff: otherwise; what nobody decided to erase would be kept for ever.
    """
    if settings.store.retention_days is None:
        raise StorageOff(StorageOff.example)


async def enter(request: Request, *scopes: Scope) -> Principal:
    """Who asks, if they may pass and have these scopes; nothing of the body is read.

    Raises:
        Unauthorized, Forbidden, RateExceeded: as `Door` and `Principal` do.
        NotReady: if the store is not open.
        Overloaded, StoreBusy: if the key cannot be looked up.
    """
    known: Principal | None = getattr(request.state, "principal", None)
    if known is not None:  # it has passed before, with this request
        known.require(*scopes)
        return known
    opened, settings = _opened(request), components_of(request).settings
    principal = await opened.lookups.principal(_given(request.headers))
    origin = request.headers.get("Origin")
    elsewhere = origin is not None and origin not in settings.access.origins
    # A proxy on this machine would pass the world in, under this machine's own name.
    elsewhere |= any(name in request.headers for name in _OF_PROXIES)
    opened.door.pass_in(principal, request.headers.get("Host", ""), elsewhere)
    principal.require(*scopes)
    request.state.principal = principal
    request.state.client = _client(request) if principal is ANYONE else principal.actor
    return principal


def _client(request: Request) -> str:
    """Whom to share fairly with, where nobody shows a key."""
    return network_of(request.client.host) if request.client else "nobody"


def charge(request: Request, principal: Principal, embeddings: int) -> None:
    """Counts the embeddings that are released to a request against the rate of its key."""
    _opened(request).door.charge(principal, embeddings)


def _given(headers: Headers) -> str | None:
    """The key that a request shows."""
    authorization = headers.get("Authorization", "").strip()
    scheme, credentials = get_authorization_scheme_param(authorization)
    if scheme.lower() == "bearer" and credentials:
        return credentials.strip()
    # Another scheme is for a proxy on the way. Alone it is a wrong key, not the lack of one.
    return headers.get("X-API-Key", "").strip() or authorization or None


def allowed(*scopes: Scope) -> Callable[..., Awaitable[Principal]]:
    """A dependency that lets pass whoever has these scopes, before any of the body is read."""

    async def principal_of(
        request: Request,
        # For the document; `enter` looks at the headers itself.
        _bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
        _header: Annotated[str | None, Security(_HEADER)],
    ) -> Principal:
        return await enter(request, *scopes)

    return principal_of


class AdmittingRoute(APIRoute):
    """A route of images, which while there is no room refuses before it looks at anything else.

    Under a load that is too large most requests end here, and what they cost is taken from those
    that were admitted.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's own handler behind the check."""
        handle = super().get_route_handler()

        async def checked(request: Request) -> Response:
            scheduler = engine_of(request).scheduler
            if scheduler.full:
                await enter(request, Scope.anonymize)
                scheduler.check(request.state.client)
            return await handle(request)

        return checked


AnyoneDep = Annotated[Principal, Depends(allowed())]
AnonymizerDep = Annotated[Principal, Depends(allowed(Scope.anonymize))]
ReaderDep = Annotated[Principal, Depends(allowed(Scope.read))]
WriterDep = Annotated[Principal, Depends(allowed(Scope.write))]
AuditorDep = Annotated[Principal, Depends(allowed(Scope.audit))]
ScraperDep = Annotated[Principal, Depends(allowed(Scope.metrics))]
