"""What can go wrong for a client besides being refused, and the root of it all.

FaceVeilError
├── Unreachable         no connection, or it broke
├── TimedOut            no answer in time
├── UnexpectedAnswer    an answer that no FaceVeil gives, as of a proxy on the way
├── AuditEnded          the audit that was waited for failed, or was cancelled
└── Problem             the server refused: see `faceveil.client.problems`
"""

from email.utils import parsedate_to_datetime
from time import time

import httpx2


class FaceVeilError(Exception):
    """All that a client raises of its own."""


class Unreachable(FaceVeilError):
    """The server cannot be reached, or the connection broke."""


class TimedOut(FaceVeilError):
    """There was no answer, or no end of what was waited for, within the time."""


class UnexpectedAnswer(FaceVeilError):
    """What answered is no FaceVeil, or one that this client does not understand.

    Attributes:
        status: of HTTP.
        retry_after: seconds to wait before the next try, where the answer says so.
    """

    def __init__(self, message: str, status: int, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class AuditEnded(FaceVeilError):
    """The audit that was waited for failed, or was cancelled; the message says why."""


def retry_after(response: httpx2.Response) -> float | None:
    """The seconds of Retry-After, or until the moment that it names (RFC 9110, section 10.2.3)."""
    given = response.headers.get("Retry-After", "")
    try:
        return float(given) if given.isdigit() else max(0.0, _moment(given) - time())
    except ValueError:
        return None


def _moment(given: str) -> float:
    return parsedate_to_datetime(given).timestamp()
