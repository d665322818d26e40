"""The client has every operation of the document, and reads what each answers."""

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import BaseModel

from faceveil import AsyncClient, Client
from faceveil.client import answers
from faceveil.client.anonymizing import ReadingFaces
from faceveil.client.audits import AuditOptions
from faceveil.client.clips import Following
from faceveil.client.storage import Selection
from tests.client.document import DOCUMENT, OPERATIONS, Documented

ID = "01a20ca4-2f18-7000-8000-b24d08d66b20"
MADE = {"model": "faceveil", "version": "1.0.0", "level": "balanced"}
URL = "http://server"

CALLS: dict[str, tuple[Any, ...]] = {
    "anonymize": (b"a picture",),
    "anonymize_batch": ([b"one", b"two"],),
    "video": (b"a clip",),
    "import_features": ([{"subject": "ann", "embedding": [0.5]}],),
    "list_features": (),
    "export_features": (),
    "get_feature": (ID,),
    "delete_feature": (ID,),
    "look_up_subject": ("ann",),
    "erase_subject": ("ann",),
    "get_receipt": (ID,),
    "create_audit": ("faceveil",),
    "list_audits": (),
    "get_latest_audit": ("faceveil",),
    "get_audit": (ID,),
    "delete_audit": (ID,),
    "get_audit_report": (ID,),
    "list_streams": (),
    "list_log": (),
    "check_log": (),
    "create_token": (),
    "list_models": (),
    "get_model": ("faceveil",),
    "get_model_version": ("faceveil", "1.0.0"),
    "health": (),
    "ready": (),
    "metrics": (),
}
"""What each operation is called with, by its name in Python."""

WITHOUT = {"embedding_format", "format"}
"""Parameters that the client chooses itself: numbers, and the format of an export by its suffix."""


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _method(client: Any, name: str) -> Callable[..., Any]:
    method: Callable[..., Any] = getattr(client, name.removesuffix("_version"))
    return method


def _call(client: Client, name: str, given: tuple[Any, ...], named: dict[str, str]) -> None:
    answer = _method(client, name)(*given, **named)
    if name == "video":
        assert [line.type for line in answer][-1] == "ended"


def _arguments(name: str, tmp_path: Path) -> tuple[tuple[Any, ...], dict[str, str]]:
    given = (tmp_path / "features.csv",) if name == "export_features" else CALLS[name]
    return given, MADE if name == "import_features" else {}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_both_clients_have_every_operation_by_its_name(operation: str, tmp_path: Path) -> None:
    name, server = _snake(operation), Documented()
    given, named = _arguments(name, tmp_path)
    with Client(http=httpx2.Client(base_url=URL, transport=httpx2.MockTransport(server))) as client:
        _call(client, name, given, named)
    assert list(server.requests) == [operation]
    ours = inspect.signature(_method(Client, name))
    assert inspect.signature(_method(AsyncClient, name)) == ours
    assert _method(AsyncClient, name).__doc__ == _method(Client, name).__doc__


@pytest.mark.anyio
@pytest.mark.parametrize("operation", OPERATIONS)
async def test_the_asynchronous_client_sends_the_same(operation: str, tmp_path: Path) -> None:
    name, server = _snake(operation), Documented()
    given, named = _arguments(name, tmp_path)
    http = httpx2.AsyncClient(base_url=URL, transport=httpx2.MockTransport(server))
    async with AsyncClient(http=http) as client:
        if name == "video":
            assert [line.type async for line in client.video(*given)][-1] == "ended"
        else:
            await _method(client, name)(*given, **named)
    assert list(server.requests) == [operation]


def _parameters(operation: str) -> set[str]:
    parameters = OPERATIONS[operation].get("parameters", ())
    return {one["name"] for one in parameters if one["in"] == "query"} - WITHOUT


def test_what_narrows_a_request_has_the_names_of_the_document() -> None:
    assert set(ReadingFaces.__annotations__) == _parameters("anonymizeBatch")
    assert set(ReadingFaces.__annotations__) == _parameters("anonymize") - {"store"}
    assert set(Following.__annotations__) == _parameters("video")
    assert set(Selection.__annotations__) == _parameters("exportFeatures")
    options = set(AuditOptions.__annotations__) - {"idempotency_key"}
    assert options == set(DOCUMENT["components"]["schemas"]["AuditOptions"]["properties"])


@pytest.mark.parametrize("operation", OPERATIONS)
def test_whatever_the_server_knows_a_repeat_of_has_a_key(operation: str, tmp_path: Path) -> None:
    name, server = _snake(operation), Documented()
    given, named = _arguments(name, tmp_path)
    client = Client(http=httpx2.Client(base_url=URL, transport=httpx2.MockTransport(server)))
    if name == "anonymize":
        for _ in range(2):
            client.store(b"a picture", "ann")
    else:
        for _ in range(2):
            _call(client, name, given, named)
    headers = {one["name"] for one in OPERATIONS[operation].get("parameters", ())}
    keys = {request.headers.get("Idempotency-Key") for request in server.requests[operation]}
    if "Idempotency-Key" in headers:
        assert len(keys) == 2  # a new one for each
        assert None not in keys
    else:
        assert keys == {None}


MODELS = {
    name: model
    for name, model in vars(answers).items()
    if isinstance(model, type)
    and issubclass(model, BaseModel)
    and name not in {"BaseModel", "Answer"}
}


def _may_be_null(schema: dict[str, Any]) -> bool:
    return {"type": "null"} in schema.get("anyOf", ())


@pytest.mark.parametrize("name", MODELS)
def test_every_model_is_as_the_document_says(name: str) -> None:
    schemas = DOCUMENT["components"]["schemas"]
    ours = MODELS[name].model_json_schema()["properties"]
    theirs = schemas[name]
    assert set(ours) <= set(theirs["properties"])
    for member, schema in ours.items():
        may_be_absent = member not in theirs.get("required", ())
        has_default = not MODELS[name].model_fields[member].is_required()
        assert has_default or not may_be_absent or "default" in theirs["properties"][member], member
        assert _may_be_null(schema) or not _may_be_null(theirs["properties"][member]), member


def test_what_a_newer_server_adds_is_there_too() -> None:
    emotion = answers.Emotion.model_validate(
        {"label": "joy", "probabilities": {"joy": 1.0}, "valence": 0.5}
    )
    assert emotion.model_extra == {"valence": 0.5}
