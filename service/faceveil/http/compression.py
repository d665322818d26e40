"""Answers sent gzipped to whoever takes them so, by the routes that choose it."""

from fastapi.routing import APIRoute
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import Receive, Scope, Send

_LEAST = 1024
"""Bytes; a shorter answer fits in one packet as it is."""

_EFFORT = 6
"""Of 9; more takes twice as long and saves a hundredth."""


class CompressedRoute(APIRoute):
    """A route of long texts: cards, audits, reports.

    Routes choose it, rather than the application for all: an embedding's digits shrink by half
    only, at a cost that `/v1/anonymize` would feel. No answer holds a key, so there is nothing
    that the length of a compressed answer could give away to who chose a part of it (BREACH).
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        answer = GZipMiddleware(super().handle, minimum_size=_LEAST, compresslevel=_EFFORT)
        await answer(scope, receive, send)
