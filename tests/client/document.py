"""A server that is the OpenAPI document: it answers each operation's own example."""

import json
import re
from pathlib import Path
from typing import Any

import httpx2
import yaml

_ROOT = Path(__file__).parents[2]
DOCUMENT: dict[str, Any] = yaml.safe_load((_ROOT / "openapi.yaml").read_text(encoding="utf-8"))

OPERATIONS: dict[str, dict[str, Any]] = {
    operation["operationId"]: operation | {"method": method.upper(), "path": path}
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


class Documented:
    """Answers requests as the document does.

    Attributes:
        requests: of each operation, those that came.
    """

    def __init__(self) -> None:
        self.requests: dict[str, list[httpx2.Request]] = {}

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """The example of the operation that a request is for."""
        name = _operation_of(request)
        self.requests.setdefault(name, []).append(request)
        answers = OPERATIONS[name]["responses"]
        (status,) = (status for status in answers if status[0] == "2")
        for kind, content in answers[status].get("content", {}).items():
            example = content["example"]
            data = example if isinstance(example, str) else json.dumps(example)
            return httpx2.Response(int(status), text=data, headers={"Content-Type": kind})
        return httpx2.Response(int(status))


def _operation_of(request: httpx2.Request) -> str:
    fitting = [
        name
        for name, operation in OPERATIONS.items()
        if operation["method"] == request.method
        and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", operation["path"]), request.url.path)
    ]
    # A literal path wins over one with a part that may be anything.
    return min(fitting, key=lambda name: OPERATIONS[name]["path"].count("{"))
