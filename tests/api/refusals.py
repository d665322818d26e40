"""What every refusal must be like, whatever its reason."""

from pathlib import Path
from typing import Any

import httpx2

CHECKOUT = str(Path(__file__).parents[2])


def assert_refused(
    response: httpx2.Response, status: int, slug: str, *, without: str | None = None
) -> dict[str, Any]:
    """Asserts that the answer is this problem, told as RFC 9457 says, and tells nothing else.

    Args:
        response: the answer.
        status: its HTTP status.
        slug: last part of the problem's type.
        without: content of the request, which the answer must not repeat.

    Returns:
        The problem.
    """
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["type"] == f"urn:faceveil:problem:{slug}"
    assert problem["status"] == status
    assert problem["request_id"] == response.headers["x-request-id"]
    assert len(problem["title"]) > 5
    assert problem["detail"].endswith((".", ")"))
    members = {"type", "title", "status", "detail", "request_id", "errors", "reason"}
    assert set(problem) <= members
    for betrayal in (CHECKOUT, "site-packages", "Traceback", ".py", "0x", without):
        assert betrayal is None or betrayal not in response.text
    return problem
