"""Probes and metrics: no worker of the engine's is needed, so a busy server still answers them."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from faceveil.api.audit_answers import latest
from faceveil.api.deps import ComponentsDep, ScraperDep, StoreDep
from faceveil.api.errors import GUARDED, documented
from faceveil.api.middleware import STOPPING
from faceveil.problems import NotReady, Overloaded, StoreBusy
from faceveil.store import audits
from faceveil.store.health import Trouble
from faceveil.telemetry.metrics import AuditFigures

_OF_STORE = {
    Trouble.away: "The store does not answer. Check its server; the log names the cause.",
    Trouble.full: "The store's disk is full. Make room.",
    Trouble.read_only: "The store's folder cannot be written to. Check its rights and its disk.",
}

router = APIRouter(tags=["operations"])


class Health(BaseModel):
    """The process lives."""

    status: str = Field("ok", description="Always 'ok'.")


class Readiness(BaseModel):
    """The server can answer."""

    status: str = Field("ready", description="Always 'ready'; otherwise the answer is a problem.")
    model: str = Field(description="Name and version of the model that is loaded and warm.")
    confinement: dict[str, bool] = Field(
        description="Which walls this kernel has around the processes that read images."
    )


@router.get(
    "/healthz",
    operation_id="health",
    summary="Is the process alive?",
    responses={
        200: {"content": {"application/json": {"example": {"status": "ok"}}}},
        **documented(),
    },
)
async def health() -> Health:
    """Answers as long as the process does."""
    return Health()


@router.get(
    "/readyz",
    operation_id="ready",
    summary="Can it answer?",
    responses={
        200: {
            "content": {
                "application/json": {
                    "example": {
                        "status": "ready",
                        "model": "faceveil 1.0.0",
                        "confinement": {"landlock": True, "seccomp": True},
                    }
                }
            }
        },
        **documented(NotReady),
    },
)
async def ready(components: ComponentsDep) -> Readiness:
    """Answers 200 while requests can be answered, otherwise 503 with a `reason`.

    That is so while the model is loaded, there are workers to run it, the store answers, has room
    where anything is stored, and the server was not told to stop.

    `confinement` says what the kernel refuses to these workers. `landlock`: files and ports;
    `seccomp`: all system calls but a few; `limits`: memory, descriptors, processes; `privileges`:
    root's powers and new ones; `network`: whether theirs is empty, which needs root or a user
    namespace, and is a second wall behind `seccomp`.
    """
    if components.stopping:
        raise NotReady(STOPPING, reason="stopping")
    engine, keeping = components.engine, components.keeping
    if engine is None or keeping is None:
        raise NotReady(NotReady.example, reason="starting")
    if not engine.scheduler.alive:
        raise NotReady("There are no workers at the moment. Try again soon.", reason="no-workers")
    trouble = await keeping.store.trouble()
    stores = components.settings.store.retention_days is not None
    if trouble is Trouble.away or (trouble is not None and stores):
        raise NotReady(_OF_STORE[trouble], reason=trouble)
    card = engine.card
    return Readiness(model=f"{card.name} {card.version}", confinement=engine.walls())


@router.get(
    "/metrics",
    operation_id="metrics",
    summary="Metrics for Prometheus",
    response_class=Response,
    responses={
        200: {
            "description": "Prometheus' text format.",
            "content": {
                "text/plain": {
                    "schema": {"type": "string"},
                    "example": 'faceveil_requests_total{operation="anonymize",status="200"} 3.0\n',
                }
            },
        },
        **documented(Overloaded, StoreBusy, NotReady, *GUARDED),
    },
)
async def metrics(principal: ScraperDep, components: ComponentsDep, store: StoreDep) -> Response:
    """Tells requests, latency by stage, faces, queue, rejections, and what audits found.

    The audits are those of the key's tenant: the newest that finished of each model.
    """

    def work() -> list[AuditFigures]:
        with store.database.read() as connection:
            found = [
                latest(connection, principal.tenant, model, "store")
                for model in audits.models(connection, principal.tenant)
            ]
        return [
            AuditFigures(one.model, one.hybrid2face.rate, one.worst.rate, one.chance)
            for one in found
            if one is not None
        ]

    text = components.metrics.text(await store.run(work))
    return Response(text, media_type=components.metrics.content_type)
