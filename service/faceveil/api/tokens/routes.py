"""`/v1/tokens`: a key goes in; a token that ends soon and may less comes out."""

from datetime import UTC, datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from faceveil.access.keys import Scope
from faceveil.access.tokens import LONGEST_S
from faceveil.api.callers import AnyoneDep
from faceveil.api.levels import chosen_level
from faceveil.http.forms import FIELD_BYTES
from faceveil.http.intake import Intake, Json
from faceveil.http.openapi import BODY, STORED, answered
from faceveil.problems import LevelTooLoose

router = APIRouter(prefix="/v1/tokens", tags=["tokens"])

TokenScope = Literal["anonymize", "features:read", "features:write", "audit", "log", "metrics"]
"""All but `admin`."""


class TokenBody(BaseModel):
    """What a token is to be for."""

    model_config = ConfigDict(extra="forbid")

    scopes: list[TokenScope] = Field(
        ["anonymize"], min_length=1, max_length=6, description="What it may do; the key must too."
    )
    fewer: bool = Field(
        False,
        description="Whether scopes that the key has not are left out; the answer then says which "
        "are there. Without it, they are refused.",
    )
    level: str | None = Field(
        None,
        max_length=64,
        description="The loosest privacy level that it may ask for; without one, the key's.",
    )
    seconds: int = Field(
        900, ge=1, le=LONGEST_S, description="Seconds until it ends, and a stream that it opened."
    )


class Token(BaseModel):
    """A token, which is stored nowhere and shown this once."""

    token: str = Field(description="Show it as you would the key.")
    scopes: list[TokenScope]
    expires_at: datetime = Field(description="When it ends; sooner if its key is revoked.")


TOKEN = Intake[TokenBody](
    Json(TokenBody, lambda _: FIELD_BYTES, lambda _: 64, {"scopes": ["anonymize"], "seconds": 900}),
    otherwise="Send JSON, with the content type application/json.",
)

EXAMPLE = {
    "token": "fvt_WyI0ZjFkN2E4NGMzYjIiLFsiYW5vbnltaXplIl0sbnVsbCwxNzY3MjI1NjAwXQ"
    ".hV0Nn3gF0sM8l1m2rX5uT6yQ9wE4aZ7cB1dK3jL8pO0",
    "scopes": ["anonymize"],
    "expires_at": "2026-01-01T00:00:00Z",
}


@router.post(
    "",
    operation_id="createToken",
    summary="Make a short-lived token",
    status_code=201,
    responses=answered(
        "The token. It shares its key's rate, and ends with it.",
        EXAMPLE,
        *BODY,
        LevelTooLoose,
        *STORED,
        status=201,
    ),
    openapi_extra=TOKEN.documented(),
)
async def create_token(caller: AnyoneDep) -> Token:
    """Makes a token that ends soon, for a page: a key in a browser is public.

    Your own server asks for it with its key, and gives it to the page. It may never more than its
    key, and makes no tokens itself.
    """
    body = await TOKEN.read(caller.request, caller.settings.limits)
    if body.level is not None:
        engine = caller.engine
        chosen_level(engine.card, engine.level, caller.principal.level, body.level, "body.level")
    scopes = frozenset(map(Scope, body.scopes))
    if body.fewer:
        scopes = caller.principal.has_of(scopes) or scopes
    token, grant = caller.door.issue(caller.principal, scopes, body.level, body.seconds)
    expires = datetime.fromtimestamp(grant.until, UTC)
    told = [scope for scope in dict.fromkeys(body.scopes) if scope in scopes]
    return Token(token=token, scopes=told, expires_at=expires)
