"""A proxy before the server: under which path it shows us, and for whom it asks."""

import ipaddress
from typing import Any, cast

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from faceveil.settings import MOST_OF_A_PATH, PREFIX_OF_PATHS, ServerSettings


class ProxyMiddleware:
    """Pure ASGI; tells the application its `root_path` and, of trusted proxies, the client.

    What `X-Forwarded-...` says is believed only where the connection itself comes from an address
    that the setting `server.trusted_proxies` names: anybody can write such a header.
    """

    def __init__(self, app: ASGIApp, server: ServerSettings) -> None:
        self._app = app
        self._root_path = server.root_path
        self._proxies = server.proxies
        # Reads X-Forwarded-For from its end, up to the first address that is no proxy of ours.
        self._for_clients = cast(
            ASGIApp, ProxyHeadersMiddleware(cast(Any, app), list(map(str, self._proxies)))
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        scope["root_path"] = self._root_path
        if not self._is_trusted(scope["client"]):
            await self._app(_with_slash(scope), receive, send)
            return
        # Of two, one may be what the client sent and the proxy passed on.
        given = Headers(scope=scope).getlist("X-Forwarded-Prefix")
        prefix = given[0].rstrip("/") if len(given) == 1 else ""
        if prefix and len(prefix) <= MOST_OF_A_PATH and PREFIX_OF_PATHS.fullmatch(prefix):
            scope["root_path"] = prefix
        await self._for_clients(_with_slash(scope), receive, send)

    def _is_trusted(self, client: tuple[str, int] | None) -> bool:
        if client is None:
            return False
        try:
            address = ipaddress.ip_address(client[0])
        except ValueError:
            return False
        return any(address in network for network in self._proxies)


def _with_slash(scope: Scope) -> Scope:
    """`/faceveil`, where that is the root path, is `/`, as `/faceveil/` is."""
    if scope["root_path"] and scope["path"] == scope["root_path"]:
        scope["path"] += "/"
    return scope
