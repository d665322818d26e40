"""Calls of `/v1/features` and `/v1/subjects`: what is stored, and of whom."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Any, TypedDict, Unpack

from faceveil.client.answers import FeaturePage, Kept, Receipt, Stored, StoredFeature
from faceveil.client.call import Call, answered, given, new_key, nothing, path

PAGE = 1000
"""Most features that a page has."""


class Selection(TypedDict, total=False):
    """Which features; each member that is given narrows it.

    Attributes:
        model: name of the model that made them.
        version: of the model.
        level: privacy level.
        subject: pseudonym, as `look_up_subject` answers it; never a name.
        session: that they were stored with.
        emotion: that was read or imported.
        since: captured then or later.
        until: captured before then.
    """

    model: str
    version: str
    level: str
    subject: str
    session: str
    emotion: str
    since: datetime
    until: datetime


def import_features(
    features: Iterable[Mapping[str, Any]],
    *,
    model: str,
    version: str,
    level: str,
    idempotency_key: str | None = None,
) -> Call[Stored]:
    """Stores embeddings that were made elsewhere with a model of the server's: all, or none.

    Args:
        features: of each `embedding` and `subject`, and optionally `emotion`, `session` and
            `captured_at`; at most 10,000.
        model: name of the model that made them.
        version: its version.
        level: the privacy level that they were made at.
        idempotency_key: by which a repeat is known for a day; without one, a new one.

    Raises:
        FaceVeilError: see `faceveil.client.problems`.
    """
    rows = [_plain(feature) for feature in features]
    return Call(
        "POST",
        path("features"),
        answered(Stored),
        json={"model": model, "version": version, "level": level, "features": rows},
        idempotency_key=new_key(idempotency_key),
    )


def import_file(
    file: str | PathLike[str],
    *,
    model: str,
    version: str,
    level: str,
    columns: str | None = None,
    idempotency_key: str | None = None,
) -> Call[Stored]:
    """The same with a file: .npz, .csv or .parquet, as `export_features` writes.

    Args:
        file: its path.
        model: name of the model that made the embeddings.
        version: its version.
        level: the privacy level that they were made at.
        columns: which columns of a table are dimensions, as in `e0:e15`.
        idempotency_key: by which a repeat is known for a day; without one, a new one.

    Raises:
        FaceVeilError: see `faceveil.client.problems`.
        OSError: if the file cannot be read.
    """
    return Call(
        "POST",
        path("features"),
        answered(Stored),
        form={"model": model, "version": version, "level": level, "columns": columns},
        files=[upload("file", file)],
        idempotency_key=new_key(idempotency_key),
    )


def list_features(
    *, cursor: str | None = None, limit: int | None = None, **selection: Unpack[Selection]
) -> Call[FeaturePage]:
    """A page of the stored features, oldest first; `iter_features` goes through all.

    Args:
        cursor: `next` of the page before.
        limit: features a page, at most 1,000.
        selection: which features.

    Raises:
        FaceVeilError: see `faceveil.client.problems`.
    """
    query = {"cursor": cursor, "limit": limit, **selection}
    return Call("GET", path("features"), answered(FeaturePage), query=query)


def export_features(to: str | PathLike[str], **selection: Unpack[Selection]) -> Call[Path]:
    """Writes features to a file, .csv or .parquet, as they come.

    Args:
        to: the file; there is none where the export fails.
        selection: which features.

    Returns:
        Its path.

    Raises:
        FaceVeilError: see `faceveil.client.problems`.
        OSError: if it cannot be written.
    """
    file = Path(to)
    kind = "parquet" if file.suffix.lower() == ".parquet" else "csv"
    query = {"format": kind, **selection}
    return Call("GET", path("features", "export"), lambda _: file, query=query, to=file)


def get_feature(id: str) -> Call[StoredFeature]:  # noqa: A002
    """A stored feature.

    Raises:
        FaceVeilError: `UnknownFeature` if there is none of this id.
    """
    return Call("GET", path("features", id), answered(StoredFeature))


def delete_feature(id: str, *, idempotency_key: str | None = None) -> Call[None]:  # noqa: A002
    """Deletes a stored feature; it is gone from the store's files too.

    Raises:
        FaceVeilError: `UnknownFeature` if there is none of this id.
    """
    key = new_key(idempotency_key)
    return Call("DELETE", path("features", id), nothing, idempotency_key=key)


def look_up_subject(subject: str) -> Call[Kept]:
    """The pseudonym of a person, which selections take, and how much is stored.

    Args:
        subject: the app's own name for the person.

    Raises:
        FaceVeilError: see `faceveil.client.problems`.
    """
    return Call("POST", path("subjects", "lookup"), answered(Kept), json={"subject": subject})


def erase_subject(subject: str, *, idempotency_key: str | None = None) -> Call[Receipt]:
    """Erases all that is stored of a person.

    Args:
        subject: the app's own name for the person, or the pseudonym.
        idempotency_key: by which a repeat is known for a day; without one, a new one.

    Returns:
        The receipt.

    Raises:
        FaceVeilError: see `faceveil.client.problems`.
    """
    return Call(
        "POST",
        path("subjects", "erase"),
        answered(Receipt),
        json={"subject": subject},
        idempotency_key=new_key(idempotency_key),
    )


def get_receipt(id: str) -> Call[Receipt]:  # noqa: A002
    """The receipt of an erasure, again.

    Raises:
        FaceVeilError: `UnknownReceipt` if there is none of this id.
    """
    return Call("GET", path("subjects", "erasures", id), answered(Receipt))


def upload(field: str, file: str | PathLike[str]) -> tuple[str, tuple[str, bytes]]:
    """A file of a form; of its name only the suffix is sent, which tells its kind."""
    return field, (f"{field}{Path(file).suffix}", Path(file).read_bytes())


def _plain(feature: Mapping[str, Any]) -> dict[str, Any]:
    """A feature for JSON; its embedding may be an array, and its moment a datetime."""
    plain = dict(feature)
    plain["embedding"] = [float(value) for value in feature["embedding"]]
    return given(plain)
