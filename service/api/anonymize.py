"""`/v1/anonymize`: an image goes in, an emotion and a privacy-filtered embedding come out."""

import asyncio
import base64
import time
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import partial
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request, Response
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from service.api.answers import (
    AnonymizedBatch,
    AnonymizedFace,
    AnonymizedImage,
    BatchItem,
    Emotion,
    FaceBox,
    ImageSize,
    ModelUsed,
)
from service.api.bodies import (
    IMAGE_TYPES,
    ImageBody,
    Upload,
    read_batch,
    read_image,
)
from service.api.deps import Components, ComponentsDep, Engine, EngineDep, SettingsDep
from service.api.errors import documented, problem_example
from service.api.examples import EXAMPLE_IMAGE
from service.engine.filter import Reading
from service.problems import (
    BodyTimeout,
    BodyTooLarge,
    FieldError,
    InvalidParameters,
    MalformedRequest,
    NoFace,
    NotAligned,
    NotReady,
    Overloaded,
    PictureTooLarge,
    Problem,
    UnreadableImage,
    UnsupportedContentType,
)
from service.settings import Settings
from service.vision.crops import Crops, find_crops

router = APIRouter(prefix="/v1/anonymize", tags=["anonymize"])


class Faces(StrEnum):
    """Which faces of a picture are answered."""

    largest = "largest"
    all = "all"


class EmbeddingFormat(StrEnum):
    """How an embedding is written."""

    float = "float"
    base64 = "base64"


class AnonymizeQuery(BaseModel):
    """How the images are to be read."""

    model_config = {"extra": "forbid"}

    faces: Faces = Field(
        Faces.largest, description="The largest face, or all of them up to `limit`."
    )
    limit: int | None = Field(
        None, ge=1, le=1024, description="With faces=all: at most so many, the largest first."
    )
    embedding_format: EmbeddingFormat = Field(
        EmbeddingFormat.float, description="Numbers, or base64 of little-endian float32."
    )
    aligned: bool = Field(
        False,
        description="The image already is an aligned crop of the size in the model's card: "
        "no face is looked for.",
    )


QueryDep = Annotated[AnonymizeQuery, Query()]


@dataclass(frozen=True, slots=True)
class _Work:
    """What a worker thread brings back: crops, readings, and seconds by stage."""

    crops: Crops
    readings: list[Reading]
    seconds: dict[str, float]


_BINARY = {"type": "string", "format": "binary"}
_JSON_IMAGE = {"image": "/9j/4AAQSkZJRgABAQ..."}

_PROBLEMS = (
    MalformedRequest,
    BodyTimeout,
    BodyTooLarge,
    PictureTooLarge,
    UnsupportedContentType,
    InvalidParameters,
    UnreadableImage,
    NotAligned,
    NoFace,
    Overloaded,
    NotReady,
)
_BATCH_PROBLEMS = (
    MalformedRequest,
    BodyTimeout,
    BodyTooLarge,
    UnsupportedContentType,
    InvalidParameters,
    Overloaded,
    NotReady,
)


def _object_of(member: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {member: schema},
        "required": [member],
        "additionalProperties": False,
    }


def _some(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema, "minItems": 1}


@router.post(
    "",
    operation_id="anonymize",
    summary="Read one image",
    responses={
        200: {
            "description": "The faces of the image. `Server-Timing` tells the milliseconds by "
            "stage: queue, decode, detect, infer.",
            "content": {"application/json": {"example": EXAMPLE_IMAGE}},
        },
        **documented(*_PROBLEMS),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {"schema": _object_of("image", _BINARY)},
                **{kind: {"schema": _BINARY} for kind in IMAGE_TYPES},
                "application/json": {
                    "schema": ImageBody.model_json_schema(),
                    "example": _JSON_IMAGE,
                },
            },
        }
    },
)
async def anonymize(
    request: Request,
    response: Response,
    query: QueryDep,
    components: ComponentsDep,
    engine: EngineDep,
    settings: SettingsDep,
) -> AnonymizedImage:
    """Finds the faces in an image and answers the emotion and the embedding of each.

    The image comes as the multipart field `image`, as the raw body with its image content type,
    or as base64 in JSON: JPEG, PNG, WebP, BMP, GIF or TIFF (first frame). It is kept in memory
    only while it is read, and is never written or logged.
    """
    limit = _face_limit(query, settings)
    with engine.scheduler.admit():
        upload = await read_image(request, settings.limits)
        work = partial(_read, upload, engine, settings, query.aligned, limit, time.perf_counter())
        done = await engine.scheduler.run(work, request.is_disconnected)
    _observe(components, done)
    response.headers["Server-Timing"] = ", ".join(
        f"{stage};dur={seconds * 1000:.2f}" for stage, seconds in done.seconds.items()
    )
    return _answer(done, engine, query)


@router.post(
    "/batch",
    operation_id="anonymizeBatch",
    summary="Read several images",
    response_model_exclude_none=True,
    responses={
        200: {
            "description": "An answer or a problem for each image.",
            "content": {
                "application/json": {
                    "example": {
                        "items": [
                            {"index": 0, "answer": EXAMPLE_IMAGE},
                            {"index": 1, "error": problem_example(NoFace)},
                        ]
                    }
                }
            },
        },
        **documented(*_BATCH_PROBLEMS),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {"schema": _object_of("image", _some(_BINARY))},
                "application/json": {
                    "schema": _object_of("images", _some(ImageBody.model_json_schema())),
                    "example": {"images": [_JSON_IMAGE, _JSON_IMAGE]},
                },
            },
        }
    },
)
async def anonymize_batch(
    request: Request,
    query: QueryDep,
    components: ComponentsDep,
    engine: EngineDep,
    settings: SettingsDep,
) -> AnonymizedBatch:
    """Reads several images, sent as multipart fields `image` or as JSON.

    Each has its own answer or its own problem; a bad one spoils no other.
    """
    limit = _face_limit(query, settings)
    with engine.scheduler.admit():
        uploads = await read_batch(request, settings.limits)
        # As many at a time as there are threads, so that a batch does not shut other requests out.
        places = asyncio.Semaphore(engine.scheduler.threads)

        async def item(index: int, upload: Upload) -> BatchItem:
            try:
                async with places:
                    now = time.perf_counter()
                    work = partial(_read, upload, engine, settings, query.aligned, limit, now)
                    done = await engine.scheduler.run(work, request.is_disconnected)
            except Problem as problem:
                components.metrics.rejections.labels(problem.slug).inc()
                return BatchItem(index=index, error=problem.details(request.state.request_id))
            _observe(components, done)
            return BatchItem(index=index, answer=_answer(done, engine, query))

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(item(*numbered)) for numbered in enumerate(uploads)]
        except ExceptionGroup as failures:
            # Who waits for this one request knows a client that has gone, or a crash, not a group.
            raise failures.exceptions[0] from None
    return AnonymizedBatch(items=[task.result() for task in tasks])


def _face_limit(query: AnonymizeQuery, settings: Settings) -> int:
    most = settings.limits.faces
    if query.faces is Faces.largest:
        if query.limit is not None:
            raise _unfit("limit", "Only with faces=all.")
        return 1
    if query.limit is not None and query.limit > most:
        raise _unfit("limit", f"This server answers at most {most} faces.")
    return query.limit or most


def _unfit(parameter: str, message: str) -> InvalidParameters:
    return InvalidParameters(
        "Mend the parameters named in 'errors' and send the request again.",
        errors=[FieldError(field=f"query.{parameter}", message=message)],
    )


def _read(
    upload: Upload, engine: Engine, settings: Settings, aligned: bool, limit: int, queued_at: float
) -> _Work:
    """Runs on a worker thread: from the bytes of an image to readings."""
    began = time.perf_counter()
    crops = find_crops(
        upload.file(),
        engine.detector,
        engine.privacy_filter.card.crop,
        max_pixels=settings.limits.pixels,
        limit=limit,
        aligned=aligned,
    )
    cropped = time.perf_counter()
    readings = engine.privacy_filter.read([face.crop for face in crops.faces])
    seconds = {
        "queue": began - queued_at,
        "decode": crops.decode_s,
        "detect": crops.detect_s,
        "infer": time.perf_counter() - cropped,
    }
    return _Work(crops, readings, seconds)


def _observe(components: Components, done: _Work) -> None:
    for stage, seconds in done.seconds.items():
        components.metrics.stage_seconds.labels(stage).observe(seconds)
    components.metrics.faces.inc(len(done.readings))


def _answer(done: _Work, engine: Engine, query: AnonymizeQuery) -> AnonymizedImage:
    card = engine.privacy_filter.card
    return AnonymizedImage(
        model=ModelUsed(name=card.name, version=card.version, level=engine.privacy_filter.level),
        image=ImageSize(width=done.crops.width, height=done.crops.height),
        faces=[
            AnonymizedFace(
                box=FaceBox(**{side: round(px, 2) for side, px in asdict(face.box).items()}),
                score=None if face.score is None else round(face.score, 4),
                emotion=_emotion(reading, card.labels),
                embedding=_embedding(reading, query.embedding_format),
            )
            for face, reading in zip(done.crops.faces, done.readings, strict=True)
        ],
    )


def _emotion(reading: Reading, labels: list[str]) -> Emotion:
    probabilities = dict(zip(labels, _shortest(reading.emotion), strict=True))
    return Emotion(
        label=max(probabilities, key=probabilities.__getitem__), probabilities=probabilities
    )


def _embedding(reading: Reading, wanted: EmbeddingFormat) -> list[float] | str:
    if wanted is EmbeddingFormat.base64:
        return base64.b64encode(reading.embedding.astype("<f4").tobytes()).decode()
    return _shortest(reading.embedding)


def _shortest(values: NDArray[np.float32]) -> list[float]:
    """The same numbers in as few digits as tell a float32 from its neighbours, half the bytes."""
    return [float(str(value)) for value in values]
