"""What Prometheus scrapes; each server has a registry of its own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class AuditFigures:
    """What the newest audit of a model found; rates in [0, 1]."""

    model: str
    hybrid2face: float
    worst: float
    chance: float


class Metrics:
    """The service's metrics; times are in seconds."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        counter = partial(Counter, registry=self.registry)
        gauge = partial(Gauge, registry=self.registry)
        seconds = partial(Histogram, buckets=_SECONDS, registry=self.registry)
        self.requests = counter("faceveil_requests", "Requests answered.", ["operation", "status"])
        self.request_seconds = seconds(
            "faceveil_request_seconds",
            "Time from a request's first byte to its answer's last.",
            ["operation"],
        )
        self.stage_seconds = seconds(
            "faceveil_stage_seconds", "Time of a stage: queue, decode, detect, infer.", ["stage"]
        )
        self.faces = counter("faceveil_faces", "Faces read.")
        self.rejections = counter(
            "faceveil_rejections",
            "Requests and batch items refused, by the problem's type.",
            ["problem"],
        )
        self.queue_waiting = gauge("faceveil_queue_waiting", "Requests waiting for a worker.")
        self.streams = gauge("faceveil_streams", "Streams that run.")
        self.clips = gauge("faceveil_clips", "Clips that are read.")
        self.stream_frames = counter(
            "faceveil_stream_frames",
            "Frames of streams and clips: read, dropped or refused.",
            ["outcome"],
        )
        self.workers_busy = gauge("faceveil_workers_busy", "Workers at work.")

    def watch_queue(self, waiting: Callable[[], float], busy: Callable[[], float]) -> None:
        """Has the gauges of the queue read from these functions at each scrape."""
        self.queue_waiting.set_function(waiting)
        self.workers_busy.set_function(busy)

    def text(self, audits: Iterable[AuditFigures] = ()) -> bytes:
        """All metrics in Prometheus' text format, and what audits found."""
        return generate_latest(self.registry) + generate_latest(_gauges(audits))


def _gauges(audits: Iterable[AuditFigures]) -> CollectorRegistry:
    registry = CollectorRegistry()
    gauges = {
        name: Gauge(f"faceveil_audit_{name}", words, ["model"], registry=registry)
        for name, words in (
            ("hybrid2face", "Re-identification accuracy of the paper's attacker, newest audit."),
            ("worst", "That of the worst attacker of a single embedding."),
            ("chance", "What guessing scores there."),
        )
    }
    for figures in audits:
        for name, gauge in gauges.items():
            gauge.labels(figures.model).set(getattr(figures, name))
    return registry
