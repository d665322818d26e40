"""How embeddings come in: JSON or a file, checked against the card of the model that made them."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.requests import Request

from service import featurefile
from service.access.door import Principal
from service.api.bodies import content_type, parse_json, patience, read_bytes, read_form
from service.api.deps import Engine
from service.api.keeping import Captured, SessionLabel, SubjectName, unfit
from service.api.levels import chosen_level
from service.engine.card import Card
from service.problems import NotInstalled, UnfitFeatures, UnknownModel, UnsupportedContentType
from service.settings import LimitSettings
from service.store import subjects
from service.store.features import Made, NewFeature
from service.store.store import Store

_JSON_ROWS = 10_000
"""Rows that JSON may bring; more come in a file, which takes a tenth of the memory to read."""

_UNPACKED = 4
"""Times the largest body that a file may unpack to."""

_FIELDS = frozenset({"model", "version", "level"})
_MEMBERS = 8
"""Commas that an embedding needs beside its numbers, and some to spare."""
_CHARACTERS_OF_NAMES = 256


class FeatureBody(BaseModel):
    """One embedding as JSON."""

    model_config = ConfigDict(extra="forbid")

    embedding: list[float] = Field(min_length=1, max_length=1024)
    subject: SubjectName
    emotion: str | None = Field(None, max_length=64, description="One of the model's labels.")
    session: SessionLabel | None = None
    captured_at: Captured | None = None


class FeaturesBody(BaseModel):
    """Embeddings of one model as JSON."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(max_length=64, description="Name of the model that made them.")
    version: str = Field(max_length=32, description="Its version.")
    level: str = Field(max_length=64, description="The privacy level that they were made at.")
    features: list[FeatureBody] = Field(min_length=1, max_length=_JSON_ROWS)


@dataclass(frozen=True, slots=True)
class Given:
    """Embeddings that fit their model.

    Attributes:
        made: what made them.
        embedding: float32, (N, D), finite.
        subject: N names.
        emotion: N labels of the model's, or None.
        session: N labels, or None.
        captured: N moments, or None.
    """

    made: Made
    embedding: NDArray[np.float32]
    subject: Sequence[str]
    emotion: Sequence[str | None]
    session: Sequence[str | None]
    captured: Sequence[datetime | None]

    @property
    def digest(self) -> bytes:
        """SHA-256 over all of it: to tell two requests apart."""
        sha = hashlib.sha256(self.embedding.astype("<f4").tobytes())
        for column in (self.subject, self.emotion, self.session, self.captured):
            sha.update(repr(list(column)).encode())
        return sha.digest()

    def identified(self, tenant: str, store: Store) -> list[NewFeature]:
        """The same with pseudonyms in place of names; a pseudonym of the tenant's stays.

        Raises:
            UnfitPseudonym: if a subject is a pseudonym of another key or tenant.
        """
        known = subjects.identify(store.database, store.pseudonyms, tenant, set(self.subject))
        columns = zip(
            self.subject, self.embedding, self.emotion, self.session, self.captured, strict=True
        )
        return [NewFeature(known[name], *rest) for name, *rest in columns]


async def read_features(
    request: Request, limits: LimitSettings, engine: Engine, principal: Principal, store: Store
) -> Given:
    """Reads the embeddings of a request and checks them.

    Raises:
        UnfitFeatures: if they are not as their model's card says, or what is told of them is not.
        UnknownModel: if their model is not installed here.
        NotInstalled: if the file is Parquet, and reading that is not installed.
        LevelTooLoose, BodyTooLarge, BodyTimeout, MalformedRequest, InvalidParameters,
            UnsupportedContentType.
    """
    kind = content_type(request)
    if kind == "application/json":
        async with patience(limits):
            data = await read_bytes(request, limits.import_bytes)
        longest = max(card.dimension for card in engine.cards)
        commas = _JSON_ROWS * (longest + _MEMBERS) + _CHARACTERS_OF_NAMES
        return await store.read(lambda: _of_json(data, commas, engine, principal))
    if kind == "multipart/form-data":
        async with patience(limits):
            form = await read_form(
                request, limits.import_bytes, frozenset({"file"}), _FIELDS, needed="file", most=1
            )
        for name in sorted(_FIELDS - form.fields.keys()):
            raise unfit(f"body.{name}", "Required.")
        file = form.files["file"][0]
        made, card = _made(engine, principal, **form.fields)
        return await store.read(
            lambda: _of_columns(read_columns(file.data, file.name, limits), made, card)
        )
    raise UnsupportedContentType(
        "Send JSON, or a form with a 'file' (.npz, .csv, .parquet), 'model', 'version' and 'level'."
    )


def read_columns(data: bytes, name: str, limits: LimitSettings) -> dict[str, Any]:
    """The columns of a file that was sent.

    Raises:
        UnfitFeatures: if it cannot be read, or holds too much.
        NotInstalled: if it is Parquet, and reading that is not installed.
    """
    bounds = featurefile.Bounds(limits.import_rows, _UNPACKED * limits.import_bytes)
    try:
        return featurefile.read(io.BytesIO(data), PurePath(name).suffix, bounds)
    except featurefile.NotInstalledError:
        raise NotInstalled(
            "This server cannot read Parquet: install `faceveil[parquet]`, or send .npz or .csv."
        ) from None
    except featurefile.FileError as problem:
        raise UnfitFeatures(f"The file does not fit: {problem}") from None


def _of_json(data: bytes, commas: int, engine: Engine, principal: Principal) -> Given:
    body = parse_json(FeaturesBody, data, commas)
    made, card = _made(engine, principal, body.model, body.version, body.level)
    rows = body.features
    lengths = {len(row.embedding) for row in rows}
    if lengths != {card.dimension}:
        raise _wrong_length(card, max(lengths - {card.dimension}))
    return _fitting(
        Given(
            made,
            _float32([row.embedding for row in rows]),
            [row.subject for row in rows],
            [row.emotion for row in rows],
            [row.session for row in rows],
            [row.captured_at for row in rows],
        ),
        card,
    )


def _of_columns(columns: dict[str, Any], made: Made, card: Card) -> Given:
    for name in ("embedding", "subject"):
        if name not in columns:
            raise UnfitFeatures(f"The file does not fit: `{name}` is missing.")
    try:
        table = np.asarray(columns["embedding"])
        if table.ndim != 2 or not len(table):
            raise UnfitFeatures(f"`embedding` must be a table of rows, not {table.shape}.")
        if table.shape[1] != card.dimension:
            raise _wrong_length(card, table.shape[1])
        embedding = _float32(table)
    except (TypeError, ValueError):
        raise UnfitFeatures("The embeddings are not a table of numbers.") from None
    size = len(embedding)
    subject: list[str] = _column(columns, "subject", size, TypeAdapter(list[SubjectName]))
    return _fitting(
        Given(
            made,
            embedding,
            subject,
            _column(columns, "emotion", size, TypeAdapter(list[str | None])),
            _column(columns, "session", size, TypeAdapter(list[SessionLabel | None])),
            _column(columns, "captured_at", size, TypeAdapter(list[Captured | None])),
        ),
        card,
    )


def _float32(rows: Any) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused as that
        return np.asarray(rows, np.float64).astype(np.float32)


def _column(columns: dict[str, Any], name: str, size: int, kind: TypeAdapter[Any]) -> list[Any]:
    """A column of labels, where an empty one says nothing."""
    if name not in columns:
        return [None] * size
    column = np.asarray(columns[name], dtype=object)
    if column.shape != (size,):
        raise UnfitFeatures(f"`{name}` must have one value for each of the {size} embeddings.")
    told = [None if value is None or str(value) == "" else str(value) for value in column]
    try:
        checked: list[Any] = kind.validate_python(told)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False, include_context=False)[0]
        raise UnfitFeatures(f"`{name}`, row {first['loc'][0]}: {first['msg']}.") from None
    return checked


def _made(
    engine: Engine, principal: Principal, model: str, version: str, level: str
) -> tuple[Made, Card]:
    for card in engine.cards:
        if (card.name, card.version) == (model, version):
            # The server's own level is of the model it serves; another model has its default.
            own = engine.level if card.name == engine.card.name else card.default_level
            own = own if own in card.levels else card.default_level
            return Made(model, version, chosen_level(card, own, principal.level, level)), card
    raise UnknownModel(UnknownModel.example)


def _fitting(given: Given, card: Card) -> Given:
    broken = np.flatnonzero(~np.isfinite(given.embedding).all(axis=1))
    if len(broken):
        raise UnfitFeatures(
            f"{len(broken)} embeddings hold numbers that are not finite; the first is row "
            f"{broken[0]} (counted from 0)."
        )
    for row, emotion in enumerate(given.emotion):
        if emotion is not None and emotion not in card.labels:
            raise UnfitFeatures(
                f"`emotion`, row {row}: {card.name} {card.version} knows {', '.join(card.labels)}."
            )
    return given


def _wrong_length(card: Card, found: int) -> UnfitFeatures:
    return UnfitFeatures(
        f"`embedding` must have {card.dimension} values a row for {card.name} {card.version}, "
        f"not {found}."
    )
