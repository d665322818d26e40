"""The header Idempotency-Key: what it must be, and what it stands for."""

import re
from typing import Any

from starlette.requests import Request

from faceveil.http.errors import unfit
from faceveil.store.replays import Idempotency
from faceveil.store.store import Store

IDEMPOTENCY_KEY = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,128}")

IDEMPOTENCY_PARAMETER: dict[str, Any] = {
    "name": IDEMPOTENCY_KEY,
    "in": "header",
    "description": "Any string that is new for each new request. For a day, repeating the request "
    "gets the first answer and writes nothing twice.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[\\x21-\\x7e]+$"},
}


def idempotency_key(request: Request) -> str | None:
    """The request's Idempotency-Key, with or without the quotes of a structured field.

    Raises:
        InvalidParameters: if it is too long, or not of visible ASCII characters.
    """
    given = request.headers.get(IDEMPOTENCY_KEY)
    if given is None:
        return None
    key = given.strip().strip('"')
    if not _KEY.fullmatch(key):
        raise unfit(f"header.{IDEMPOTENCY_KEY}", "It must be 1 to 128 visible ASCII characters.")
    return key


def idempotency_under(key: str | None, store: Store, *request: bytes) -> Idempotency | None:
    """The key with a fingerprint of what is requested under it; None without a key."""
    return None if key is None else Idempotency(key, store.pseudonyms.fingerprint(*request))
