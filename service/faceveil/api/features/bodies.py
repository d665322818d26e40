"""How embeddings come in: JSON or a file, checked against the card of the model that made them."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from faceveil.api.callers import Caller
from faceveil.api.fields import Captured, Dimensions, SessionLabel, SubjectName, Unknown
from faceveil.api.files import read_columns
from faceveil.api.levels import chosen_level
from faceveil.featurefile import Columns, FileError, check_values
from faceveil.http.forms import FORM, FileField, Form, Multipart
from faceveil.http.intake import JSON, Intake, Raw, parse_json
from faceveil.model.card import Card
from faceveil.problems import FieldError, InvalidParameters, UnfitFeatures, UnknownModel
from faceveil.store import subjects
from faceveil.store.features import Made, NewFeature
from faceveil.store.store import Store

_JSON_ROWS = 10_000
"""Rows that JSON may bring; more come in a file, which takes a tenth of the memory to read."""

_JSON_BYTES = 8 * 2**20
"""Of JSON: the process that answers everybody reads it."""

_MADE_OF = ("model", "version", "level")

_MEMBERS = 8
"""Commas that an embedding needs beside its numbers, and some to spare."""
_CHARACTERS_OF_NAMES = 256


class FeatureBody(BaseModel):
    """One embedding as JSON."""

    model_config = ConfigDict(extra="forbid")

    embedding: list[float] = Field(min_length=1, max_length=1024)
    subject: SubjectName
    emotion: Annotated[str | None, Unknown] = Field(
        None, max_length=64, description="One of the model's labels."
    )
    session: Annotated[SessionLabel | None, Unknown] = None
    captured_at: Annotated[Captured | None, Unknown] = None


class FeaturesBody(BaseModel):
    """Embeddings of one model as JSON."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(max_length=64, description="Name of the model that made them.")
    version: str = Field(max_length=32, description="Its version.")
    level: str = Field(max_length=64, description="The privacy level that they were made at.")
    features: list[FeatureBody] = Field(min_length=1, max_length=_JSON_ROWS)


class FeaturesForm(BaseModel):
    """A file of embeddings of one model."""

    model_config = FORM

    file: Annotated[FileField, Field(description="An .npz, .csv or .parquet file.")]
    model: str = Field(max_length=64, description="Name of the model that made them.")
    version: str = Field(max_length=32, description="Its version.")
    level: str = Field(max_length=64, description="The privacy level that they were made at.")
    columns: Dimensions = None


_COLUMNS: dict[str, TypeAdapter[Any]] = {
    "subject": TypeAdapter(list[SubjectName]),
    "emotion": TypeAdapter(list[str | None]),
    "session": TypeAdapter(list[SessionLabel | None]),
    "captured_at": TypeAdapter(list[Captured | None]),
}
"""What is said of an embedding, in the order of `NewFeature`, and how a file must say it."""

_EXAMPLE: dict[str, Any] = {
    "model": "faceveil",
    "version": "1.0.0",
    "level": "balanced",
    "features": [{"subject": "person 17", "emotion": "fear", "embedding": [0.0] * 16}],
}

FEATURES = Intake[bytes | Form](
    # Parsed later, on a thread: a list that is long takes a while.
    Raw(
        {JSON: FeaturesBody},
        lambda limits: min(limits.import_bytes, _JSON_BYTES),
        example=_EXAMPLE,
    ),
    Multipart(FeaturesForm, lambda limits: limits.import_bytes),
    otherwise="Send JSON, or a form with a 'file' (.npz, .csv, .parquet), 'model', 'version' and "
    "'level'.",
)


@dataclass(frozen=True, slots=True)
class Given:
    """Embeddings that fit their model.

    Attributes:
        made: what made them.
        embedding: float32, (N, D), finite.
        columns: by the names of `_COLUMNS`, N values each; None for what is unknown.
    """

    made: Made
    embedding: NDArray[np.float32]
    columns: Mapping[str, Sequence[Any]]

    @property
    def digest(self) -> bytes:
        """SHA-256 over all of it: to tell two requests apart."""
        sha = hashlib.sha256(self.embedding.astype("<f4").tobytes())
        for column in self.columns.values():
            sha.update(repr(list(column)).encode())
        return sha.digest()

    def identified(self, tenant: str, store: Store) -> list[NewFeature]:
        """The same with pseudonyms in place of names; a pseudonym of the tenant's stays.

        Raises:
            UnfitPseudonym: if a subject is a pseudonym of another key or tenant.
        """
        names, *others = self.columns.values()
        known = subjects.identify(store.database, store.pseudonyms, tenant, set(names))
        rows = zip(names, self.embedding, *others, strict=True)
        return [NewFeature(known[name], *rest) for name, *rest in rows]


async def read_features(caller: Caller) -> Callable[[], Given]:
    """Takes in the body of a request that brings embeddings.

    Returns:
        What reads the embeddings in it and checks them; it blocks.

    Raises:
        UnfitFeatures: if they are not as their model's card says, or what is told of them is not.
        UnknownModel: if their model is not installed here.
        NotInstalled: if the file is Parquet, and reading that is not installed.
        LevelTooLoose, BodyTooLarge, BodyTimeout, MalformedRequest, InvalidParameters,
            UnsupportedContentType.
    """
    limits = caller.settings.limits
    body = await FEATURES.read(caller.request, limits)
    if isinstance(body, bytes):
        longest = max(card.dimension for card in caller.engine.cards)
        commas = _JSON_ROWS * (longest + _MEMBERS) + _CHARACTERS_OF_NAMES
        return lambda: _of_json(body, commas, caller)
    if missing := sorted(set(_MADE_OF) - body.fields.keys()):
        raise InvalidParameters(
            "Say what made the embeddings: the form's fields 'model', 'version' and 'level'.",
            errors=[FieldError(field=f"body.{name}", message="Required.") for name in missing],
        )
    file, chosen = body.files["file"][0], body.fields.get("columns")
    made, card = _made(caller, *(body.fields[name] for name in _MADE_OF))
    return lambda: _of_columns(read_columns(file, caller.settings, chosen), made, card)


def _of_json(data: bytes, commas: int, caller: Caller) -> Given:
    body = parse_json(FeaturesBody, data, commas)
    made, card = _made(caller, body.model, body.version, body.level)
    rows = body.features
    lengths = {len(row.embedding) for row in rows}
    if lengths != {card.dimension}:
        raise _wrong_length(card, max(lengths - {card.dimension}))
    columns = {name: [getattr(row, name) for row in rows] for name in _COLUMNS}
    return _fitting(Given(made, _float32([row.embedding for row in rows]), columns), card)


def _of_columns(columns: Columns, made: Made, card: Card) -> Given:
    size, dimension = columns.embedding.shape
    if dimension != card.dimension:
        raise _wrong_length(card, dimension)
    _check_made(columns, made)
    checked = {name: _column(columns, name, size) for name in _COLUMNS}
    return _fitting(Given(made, columns.embedding.astype(np.float32), checked), card)


def _check_made(columns: Columns, made: Made) -> None:
    """Refuses a file that says itself that another model or level made a row, as exports do."""
    fitting = {
        "model": (made.model, f"{made.model} {made.version}"),
        "level": (made.level,),
    }
    for name, said in fitting.items():
        for row, label in enumerate(columns.labels.get(name) or ()):
            if label is not None and label not in said:
                raise UnfitFeatures(
                    f"`{name}`, row {row}: the file says another than the form, '{said[-1]}'. What "
                    "several models or levels made comes in as many requests."
                )


def _column(columns: Columns, name: str, size: int) -> list[Any]:
    """A column of labels; None where they are unknown."""
    labels = columns.labels.get(name) or [None] * size
    try:
        checked: list[Any] = _COLUMNS[name].validate_python(labels)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False, include_context=False)[0]
        raise UnfitFeatures(f"`{name}`, row {first['loc'][0]}: {first['msg']}.") from None
    return checked


def _made(caller: Caller, model: str, version: str, level: str) -> tuple[Made, Card]:
    engine = caller.engine
    for card in engine.cards:
        if (card.name, card.version) == (model, version):
            # The server's own level is of the model it serves; another model has its default.
            own = engine.level if card.name == engine.card.name else card.default_level
            own = own if own in card.levels else card.default_level
            level = chosen_level(card, own, caller.principal.level, level)
            return Made(model, version, level), card
    raise UnknownModel(UnknownModel.example)


def _float32(rows: list[list[float]]) -> NDArray[np.float32]:
    table = np.asarray(rows, np.float64)
    try:
        check_values(table)
    except FileError as problem:
        raise UnfitFeatures(f"{problem}") from None
    return table.astype(np.float32)


def _fitting(given: Given, card: Card) -> Given:
    for row, emotion in enumerate(given.columns["emotion"]):
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
