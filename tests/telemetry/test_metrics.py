"""What Prometheus scrapes."""

from prometheus_client.parser import text_string_to_metric_families

from faceveil.telemetry.metrics import Metrics


def _families(metrics: Metrics) -> dict[str, str]:
    text = metrics.text().decode()
    return {family.name: family.documentation for family in text_string_to_metric_families(text)}


def test_requests_latency_faces_queue_and_rejections_are_told_and_explained() -> None:
    families = _families(Metrics())
    for name in (
        "faceveil_requests",
        "faceveil_request_seconds",
        "faceveil_stage_seconds",
        "faceveil_faces",
        "faceveil_queue_waiting",
        "faceveil_workers_busy",
        "faceveil_rejections",
        "process_resident_memory_bytes",
    ):
        assert families[name].endswith(".")


def test_the_queue_is_read_at_each_scrape() -> None:
    metrics = Metrics()
    waiting = [3.0]
    metrics.watch_queue(lambda: waiting[0], lambda: 2.0)
    assert b"faceveil_queue_waiting 3.0\n" in metrics.text()
    waiting[0] = 5.0
    assert b"faceveil_queue_waiting 5.0\n" in metrics.text()
    assert b"faceveil_workers_busy 2.0\n" in metrics.text()


def test_two_servers_in_a_process_count_apart() -> None:
    one, other = Metrics(), Metrics()
    one.faces.inc(3)
    assert b"faceveil_faces_total 3.0\n" in one.text()
    assert b"faceveil_faces_total 0.0\n" in other.text()
