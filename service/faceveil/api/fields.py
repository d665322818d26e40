"""Fields that several resources take: whose a feature is, when it was taken, what made it."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

from faceveil import labels


def _printable(given: str) -> str:
    name = labels.plain(given)
    if not name.isprintable() or not name:
        raise ValueError("it must be printable, and not blank")
    return name


def _known(given: object) -> object:
    return labels.known(given) if isinstance(given, str) else given


def _written(given: object) -> object:
    # Pydantic takes numbers for seconds since 1970 too, which the document does not promise.
    if isinstance(given, datetime) or (isinstance(given, str) and "T" in given.upper()):
        return given
    raise ValueError("it must be written as in 2026-01-31T09:30:00Z")


def _in_our_time(moment: datetime) -> datetime:
    if not datetime(1970, 1, 1, tzinfo=UTC) <= moment <= datetime.now(UTC) + timedelta(days=1):
        raise ValueError("it must be after 1970 and not in the future")
    return moment.astimezone(UTC)


SubjectName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=256,
        description="The app's own name for the person, white space around it aside. It is hashed "
        "with a secret key at once, and never stored, logged or answered. Or a pseudonym as "
        "lookups and exports write it.",
    ),
    AfterValidator(_printable),
]
SessionLabel = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9._:-]{1,64}$",
        description="What was taken in one go: never separated in an audit. It is stored as it is: "
        "never put a name into it.",
    ),
]
Moment = Annotated[AwareDatetime, BeforeValidator(_written)]
"""A moment as RFC 3339 writes it, with its time zone."""

Captured = Annotated[
    Moment,
    Field(description="When the picture was taken (RFC 3339); without it, now."),
    AfterValidator(_in_our_time),
]


Unknown = BeforeValidator(_known)
"""On what may be None: an empty text, and what numpy and pandas write for nothing, are that too."""

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9._ +-]{1,128}$")]
"""The name of a model, with or without its version, of a version, a level or an emotion."""

Dimensions = Annotated[
    str | None,
    Field(
        description="Which columns of a table are dimensions: names, `PREFIX*` or ranges such as "
        "`e0:e15`, with commas; the others are left out. Without it, those that are numbered e0, "
        "e1, ... are, and a table with any others is refused.",
    ),
]
