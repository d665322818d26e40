"""The OpenAPI document at the root is the application's own, and it teaches."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel
from typer.testing import CliRunner

from faceveil.api.anonymize.answers import AnonymizedBatch, AnonymizedImage
from faceveil.api.anonymize.bodies import ImageForm
from faceveil.api.anonymize.store_fields import StoreFields
from faceveil.api.audits.answers import Audit, AuditPage, AuditState, LatestAudit
from faceveil.api.audits.bodies import FILES, AuditForm, AuditOptions
from faceveil.api.features.answers import FeaturePage, Stored, StoredFeature
from faceveil.api.features.bodies import FeaturesForm
from faceveil.api.health.answers import Health, Readiness
from faceveil.api.log.answers import LogCheck, LogPage
from faceveil.api.models.answers import ModelList
from faceveil.api.streams.answers import RunningStreams, StreamLine
from faceveil.api.subjects.answers import Kept, Receipt
from faceveil.api.tokens.routes import Token
from faceveil.app import create_app
from faceveil.cli import app as command_line
from faceveil.model.card import Card
from faceveil.problems import ProblemDetails
from faceveil.settings import Settings

ROOT = Path(__file__).parents[2]
APP = create_app(Settings())
DOCUMENT: dict[str, Any] = APP.openapi()
OPERATIONS: dict[str, dict[str, Any]] = {
    operation["operationId"]: operation
    for methods in DOCUMENT["paths"].values()
    for operation in methods.values()
}
ANSWERS: dict[str, type[BaseModel]] = {
    "anonymize": AnonymizedImage,
    "anonymizeBatch": AnonymizedBatch,
    "importFeatures": Stored,
    "listFeatures": FeaturePage,
    "getFeature": StoredFeature,
    "lookUpSubject": Kept,
    "eraseSubject": Receipt,
    "getReceipt": Receipt,
    "createAudit": AuditState,
    "listAudits": AuditPage,
    "getLatestAudit": LatestAudit,
    "getAudit": Audit,
    "listStreams": RunningStreams,
    "listLog": LogPage,
    "checkLog": LogCheck,
    "createToken": Token,
    "listModels": ModelList,
    "getModel": Card,
    "getModelVersion": Card,
    "health": Health,
    "ready": Readiness,
}

TEXTS = {
    "video": '{"type": "opened"',
    "metrics": "faceveil_requests_total",
    "exportFeatures": "id,subject,",
    "getAuditReport": "<!doctype html>",
}
EMPTY = {"deleteFeature", "deleteAudit"}


def test_the_file_at_the_root_is_what_the_command_prints() -> None:
    printed = CliRunner().invoke(command_line, ["openapi"])
    written = (ROOT / "openapi.yaml").read_text(encoding="utf-8")
    assert printed.stdout == written, "run `make openapi`"


def test_the_file_is_the_document_of_the_application() -> None:
    assert yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8")) == DOCUMENT


def test_the_command_writes_the_same_to_a_file(tmp_path: Path) -> None:
    target = tmp_path / "openapi.yaml"
    CliRunner().invoke(command_line, ["openapi", "--output", str(target)])
    assert target.read_text(encoding="utf-8") == (ROOT / "openapi.yaml").read_text(encoding="utf-8")


def test_the_document_does_not_depend_on_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEVEIL_MODEL__DIRECTORY", "/nowhere")
    printed = CliRunner().invoke(command_line, ["openapi"])
    assert yaml.safe_load(printed.stdout) == DOCUMENT


def test_every_operation_has_an_id_of_its_own_and_a_summary() -> None:
    count = sum(len(methods) for methods in DOCUMENT["paths"].values())
    assert len(OPERATIONS) == count
    for name, operation in OPERATIONS.items():
        assert re.fullmatch(r"[a-z][A-Za-z]+", name)
        assert operation["summary"]
        assert operation["description"]


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_answer_has_an_example_that_fits_it(name: str) -> None:
    (answer,) = (r for status, r in OPERATIONS[name]["responses"].items() if status[0] == "2")
    if name in EMPTY:
        assert "content" not in answer
        return
    content = next(iter(answer["content"].values()))
    if name in TEXTS:
        assert content["example"].startswith(TEXTS[name])
    else:
        ANSWERS[name].model_validate(content["example"])


def test_every_line_of_an_answer_to_a_clip_fits() -> None:
    content = OPERATIONS["video"]["responses"]["200"]["content"]
    assert list(content) == ["application/x-ndjson"]
    assert content["application/x-ndjson"]["schema"]["$ref"].endswith("/StreamLine")
    for line in content["application/x-ndjson"]["example"].splitlines():
        StreamLine.model_validate_json(line)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_refusal_is_a_problem_with_an_example_of_each_kind(name: str) -> None:
    refusals = {k: v for k, v in OPERATIONS[name]["responses"].items() if k[0] != "2"}
    assert "500" in refusals
    for status, response in refusals.items():
        assert list(response["content"]) == ["application/problem+json"]
        content = response["content"]["application/problem+json"]
        assert content["schema"] == {"$ref": "#/components/schemas/ProblemDetails"}
        assert content["examples"]
        for slug, example in content["examples"].items():
            problem = ProblemDetails.model_validate(example["value"])
            assert (problem.status, problem.type) == (int(status), f"urn:faceveil:problem:{slug}")


def test_the_frameworks_own_error_appears_nowhere() -> None:
    assert "HTTPValidationError" not in DOCUMENT["components"]["schemas"]


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in children:
        yield from _nodes(child)


def _parameters() -> Iterator[dict[str, Any]]:
    for operation in OPERATIONS.values():
        yield from operation.get("parameters", ())


def _bodies() -> Iterator[tuple[str, dict[str, Any]]]:
    for operation in OPERATIONS.values():
        yield from operation.get("requestBody", {}).get("content", {}).items()


def test_every_parameter_says_what_it_is() -> None:
    assert not [parameter["name"] for parameter in _parameters() if "description" not in parameter]


def test_the_document_is_openapi_3_1() -> None:
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_every_reference_leads_to_a_component() -> None:
    references = [
        node["$ref"] for node in _nodes(DOCUMENT) if isinstance(node, dict) and "$ref" in node
    ]
    assert len(references) > 100
    for reference in references:
        *path, name = reference.split("/")
        assert path == ["#", "components", "schemas"]
        assert name in DOCUMENT["components"]["schemas"]


def test_no_schema_keeps_definitions_of_its_own() -> None:
    assert not [node for node in _nodes(DOCUMENT) if isinstance(node, dict) and "$defs" in node]


def test_every_body_is_a_component_or_a_file() -> None:
    assert len(list(_bodies())) > 10
    for kind, content in _bodies():
        if kind.startswith(("image/", "video/")):
            assert content["schema"] == {"type": "string", "format": "binary"}
        else:
            assert list(content["schema"]) == ["$ref"]


def test_every_example_of_a_body_fits_it() -> None:
    models = {body.__name__: body for body in APP.bodies}
    examples = [
        (content["schema"]["$ref"].rsplit("/")[-1], content["example"])
        for kind, content in _bodies()
        if kind == "application/json"
    ]
    assert len(examples) == 7
    for name, example in examples:
        models[name].model_validate(example)


def test_nothing_in_a_url_a_header_or_a_form_is_null() -> None:
    forms = [
        DOCUMENT["components"]["schemas"][content["schema"]["$ref"].rsplit("/")[-1]]
        for kind, content in _bodies()
        if kind == "multipart/form-data"
    ]
    schemas = [parameter["schema"] for parameter in _parameters()]
    assert len(forms) == 5
    assert len(schemas) > 30
    for node in _nodes([forms, schemas]):
        assert node != {"type": "null"}


def test_headers_are_of_kinds_that_makers_of_clients_know() -> None:
    headers = {p["name"]: p["schema"] for p in _parameters() if p["in"] == "header"}
    assert set(headers) == {"Idempotency-Key", "X-Subject", "X-Session", "X-Captured-At"}
    for schema in headers.values():
        assert schema["type"] in {"string", "boolean"}
        assert "format" not in schema


def test_what_may_be_left_out_has_no_null_for_its_default() -> None:
    assert not [
        node
        for node in _nodes(DOCUMENT["components"])
        if isinstance(node, dict) and node.get("default", ...) is None
    ]


def test_no_parameter_has_the_name_of_a_member_of_the_body() -> None:
    for operation in OPERATIONS.values():
        names = {parameter["name"] for parameter in operation.get("parameters", ())}
        for content in operation.get("requestBody", {}).get("content", {}).values():
            reference = content["schema"].get("$ref", "").rsplit("/")[-1]
            schema = DOCUMENT["components"]["schemas"].get(reference, {})
            assert not names & set(schema.get("properties", {}))


def test_every_operation_says_who_may_use_it_and_where_it_is() -> None:
    assert [server["url"] for server in DOCUMENT["servers"]] == ["/"]
    open_to_all = {name for name, operation in OPERATIONS.items() if operation["security"] == []}
    assert open_to_all == {"health", "ready"}


@pytest.mark.parametrize(
    ("moment", "fits"),
    [
        ("2026-01-31T09:30:00Z", True),
        ("2026-01-31t09:30:00.25+01:00", True),
        ("2026-01-31T09:30:00", False),
        ("1769851800", False),
    ],
)
def test_the_moment_in_a_header_is_described_by_its_pattern(moment: str, fits: bool) -> None:
    (schema,) = {p["schema"]["pattern"]: p for p in _parameters() if p["name"] == "X-Captured-At"}
    assert bool(re.fullmatch(schema, moment)) == fits


def test_the_forms_have_the_fields_that_are_read() -> None:
    assert set(AuditForm.model_fields) == {*FILES, "columns", *AuditOptions.model_fields}
    assert set(FeaturesForm.model_fields) == {"file", "model", "version", "level", "columns"}
    assert set(ImageForm.model_fields) == {"image", *StoreFields.model_fields}


@pytest.mark.parametrize("name", ["ImageForm", "KeptImageBody"])
def test_store_is_documented_once_as_a_parameter(name: str) -> None:
    assert "store" not in DOCUMENT["components"]["schemas"][name]["properties"]
    assert "store" in {one["name"] for one in OPERATIONS["anonymize"]["parameters"]}
