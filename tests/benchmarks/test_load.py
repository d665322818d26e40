"""What the load generator prints, as it is read."""

import pytest

from benchmarks.serving.load import LoadError, parse

LINE = (
    'RESULT {"requests": 300, "seconds": 2.0, "p50_ms": 5.5, "p95_ms": 7.0, "p99_ms": 9.25, '
    '"not_200": 1, "unanswered": 0, "silent": 0, "accepted_ms": [5.0], "refused_ms": []}'
)


def test_the_result_is_found_among_what_wrk_itself_prints() -> None:
    load = parse(f"Running 2s test\n  1 threads\n{LINE}\n", generator_s=0.5)
    assert load.a_second == 149.5  # the refused one is not counted
    assert load.p99_ms == 9.25
    assert load.generator_cores == 0.25
    assert load.accepted_ms == [5.0]


def test_an_output_without_a_result_is_no_load() -> None:
    with pytest.raises(LoadError, match="unable to connect"):
        parse("unable to connect to 127.0.0.1:9", generator_s=0)
