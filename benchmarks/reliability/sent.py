"""A request as it is sent, built from its parts or given whole."""

from dataclasses import dataclass

from benchmarks.reliability.wire import request


@dataclass(frozen=True, slots=True)
class Input:
    """A request that is to be sent.

    Attributes:
        method: of HTTP.
        target: path and query.
        kind: its content type, or nothing.
        body: of the request.
        raw: all of the request, where it is none that can be built from the rest.
    """

    method: str = "POST"
    target: str = "/v1/anonymize"
    kind: str = ""
    body: bytes = b""
    raw: bytes | None = None

    def written(self, key: str) -> bytes:
        """As it goes over the wire, with a key."""
        if self.raw is not None:
            return self.raw.replace(b"KEY", key.encode())
        headers = {"X-API-Key": key} | ({"Content-Type": self.kind} if self.kind else {})
        return request(self.method, self.target, headers, self.body)
