"""`/v1/anonymize`: an image goes in, an emotion and a privacy-filtered embedding come out."""

import asyncio
import logging
import time
from dataclasses import replace
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Response

from faceveil.api.anonymize.answers import (
    EXAMPLE_IMAGE,
    AnonymizedBatch,
    AnonymizedImage,
    BatchItem,
    answer_of,
)
from faceveil.api.anonymize.bodies import (
    ONE_IMAGE,
    SEVERAL_IMAGES,
    EncodedImage,
    read_batch,
    read_image,
)
from faceveil.api.anonymize.query import AnonymizeOneQuery, AnonymizeQuery, Faces
from faceveil.api.anonymize.store_fields import STORE_PARAMETERS
from faceveil.api.anonymize.storing import checked, idempotency_of, store_reading
from faceveil.api.callers import AdmittingRoute, AnonymizerDep, Caller
from faceveil.api.idempotency import IDEMPOTENCY_PARAMETER
from faceveil.api.levels import chosen_level
from faceveil.api.priors import chosen_prior, expecting
from faceveil.engine.job import Job, Order, ReadPicture
from faceveil.http.errors import unfit
from faceveil.http.openapi import BODY, GUARDED, answered, problem_example
from faceveil.http.presence import has_gone
from faceveil.pool.scheduler import AbandonedError, Place
from faceveil.problems import (
    InternalError,
    KeyReused,
    LevelTooLoose,
    NoFace,
    NotAligned,
    NotReady,
    Overloaded,
    PictureTooCostly,
    PictureTooLarge,
    Problem,
    SeveralFaces,
    StorageOff,
    StoreBusy,
    UnfitPseudonym,
    UnreadableImage,
    WorkerLost,
)
from faceveil.settings import LimitSettings
from faceveil.telemetry.metrics import Metrics
from faceveil.vision.selection import Selection

logger = logging.getLogger("faceveil")

router = APIRouter(prefix="/v1/anonymize", tags=["anonymize"], route_class=AdmittingRoute)


@router.post(
    "",
    operation_id="anonymize",
    summary="Read one image",
    response_model_exclude_unset=True,
    responses=answered(
        "The faces of the image. `Server-Timing` tells the milliseconds by stage: queue, decode, "
        "detect, infer.",
        EXAMPLE_IMAGE,
        *BODY,
        PictureTooLarge,
        UnreadableImage,
        PictureTooCostly,
        NotAligned,
        NoFace,
        SeveralFaces,
        UnfitPseudonym,
        KeyReused,
        StorageOff,
        StoreBusy,
        LevelTooLoose,
        Overloaded,
        NotReady,
        *GUARDED,
        WorkerLost,
    ),
    openapi_extra=ONE_IMAGE.documented(IDEMPOTENCY_PARAMETER, *STORE_PARAMETERS),
)
async def anonymize(
    response: Response, caller: AnonymizerDep, query: Annotated[AnonymizeOneQuery, Query()]
) -> AnonymizedImage:
    """Finds the faces in an image and answers the emotion and the embedding of each.

    The image comes as the multipart field `image`, as the raw body with its image content type,
    or as base64 in JSON: JPEG, PNG, WebP, AVIF, BMP, GIF or TIFF (first frame), and HEIC where the
    server has its decoder. It is kept in memory only while it is read, and is never written or
    logged.

    However a face is turned in the picture, it is read upright; `roll`, `yaw` and `pitch` tell how
    it was turned, and `quality` why a reading deserves doubt.

    With `store` and a `subject`, the face's embedding and emotion are stored, which needs the scope
    `features:write` too, and the feature's id is answered. A picture of several people is refused
    then, unless `faces=largest` says who is meant. `subject`, `session` and `captured_at` are form
    fields, JSON members, or the headers X-Subject, X-Session and X-Captured-At beside a raw body.
    """
    request, engine, limits = caller.request, caller.engine, caller.settings.limits
    wanted, level = _wanted(query, limits), _level(query, caller)
    prior = chosen_prior(engine, query.prior)
    engine.scheduler.check(request.state.client)  # before the body is read
    image, fields = await read_image(request, limits)
    fields = checked(fields, query, caller)
    if fields.store and query.faces is None:
        wanted = replace(wanted, which="only")
    idempotency = idempotency_of(image, fields, level, prior.name, query.aligned, wanted, caller)
    with engine.scheduler.admit(request.state.client) as place:
        job = _job(caller, image, query, wanted, level)
        done = await engine.scheduler.run(job, partial(has_gone, request), place)
    done = expecting(prior, done)
    _observe(caller.metrics, done)
    caller.charge(len(done.faces))
    stored = None
    if fields.store:
        stored = await caller.store.run(partial(store_reading, done, fields, idempotency, caller))
    response.headers["Server-Timing"] = ", ".join(
        f"{stage};dur={seconds * 1000:.2f}" for stage, seconds in done.seconds.items()
    )
    answer = answer_of(done, prior.name, engine, query.embedding_format)
    return answer if stored is None else answer.model_copy(update={"feature_id": stored})


@router.post(
    "/batch",
    operation_id="anonymizeBatch",
    summary="Read several images",
    response_model_exclude_none=True,
    responses=answered(
        "An answer or a problem for each image.",
        {
            "items": [
                {"index": 0, "answer": EXAMPLE_IMAGE},
                {"index": 1, "error": problem_example(NoFace)},
            ]
        },
        *BODY,
        LevelTooLoose,
        Overloaded,
        NotReady,
        *GUARDED,
    ),
    openapi_extra=SEVERAL_IMAGES.documented(),
)
async def anonymize_batch(
    caller: AnonymizerDep, query: Annotated[AnonymizeQuery, Query()]
) -> AnonymizedBatch:
    """Reads several images, sent as multipart fields `image` or as JSON. Stores nothing.

    Each has its own answer or its own problem; one bad picture does not affect the others.
    """
    request, engine, limits = caller.request, caller.engine, caller.settings.limits
    wanted, level = _wanted(query, limits), _level(query, caller)
    prior = chosen_prior(engine, query.prior)
    scheduler, metrics = engine.scheduler, caller.metrics
    scheduler.check(request.state.client)  # before the body is read
    images = await read_batch(request, limits)
    # As many at a time as there are workers, so that a batch does not shut other requests out.
    places = asyncio.Semaphore(scheduler.workers)
    vectors = 0

    async def item(index: int, image: EncodedImage, place: Place) -> BatchItem:
        nonlocal vectors
        try:
            async with places:
                job = _job(caller, image, query, wanted, level)
                done = await scheduler.run(job, partial(has_gone, request), place)
        except AbandonedError:
            raise
        except Exception as error:  # a bad one spoils no other, nor does a fault of ours
            problem = error if isinstance(error, Problem) else InternalError(InternalError.example)
            if problem is not error:
                which = {"request_id": request.state.request_id}
                logger.exception("an image of a batch was not read", extra=which)
            metrics.rejections.labels(problem.slug).inc()
            return BatchItem(index=index, error=problem.details(request.state.request_id))
        done = expecting(prior, done)
        _observe(metrics, done)
        vectors += len(done.faces)
        answer = answer_of(done, prior.name, engine, query.embedding_format)
        return BatchItem(index=index, answer=answer)

    with scheduler.admit(request.state.client) as place:
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(item(index, image, place))
                    for index, image in enumerate(images)
                ]
        except ExceptionGroup as failures:
            # Who waits for this one request knows a client that has gone, not a group.
            raise failures.exceptions[0] from None
        finally:
            caller.charge(vectors)
    return AnonymizedBatch(items=[task.result() for task in tasks])


def _observe(metrics: Metrics, done: ReadPicture) -> None:
    for stage, seconds in done.seconds.items():
        metrics.stage_seconds.labels(stage).observe(seconds)
    metrics.faces.inc(len(done.faces))


def _wanted(query: AnonymizeQuery, limits: LimitSettings) -> Selection:
    most = limits.faces
    which = query.faces or Faces.largest
    if which is not Faces.all and query.limit is not None:
        raise unfit("query.limit", "Only with faces=all.")
    if query.limit is not None and query.limit > most:
        raise unfit("query.limit", f"This server answers at most {most} faces.")
    limit = (query.limit or most) if which is Faces.all else 1
    return Selection(which.value, limit, query.min_score, query.min_size, query.max_yaw)


def _level(query: AnonymizeQuery, caller: Caller) -> str:
    engine = caller.engine
    return chosen_level(engine.card, engine.level, caller.principal.level, query.level)


def _job(
    caller: Caller, image: EncodedImage, query: AnonymizeQuery, wanted: Selection, level: str
) -> Job:
    order = Order(image, query.aligned, level, time.perf_counter(), wanted)
    return Job(order, caller.tenant, caller.request.state.request_id)
