"""The OpenAPI document at the root is the application's own, and it teaches."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel
from typer.testing import CliRunner

from service.api.answers import AnonymizedBatch, AnonymizedImage
from service.api.audit_answers import Audit, AuditPage, AuditState, LatestAudit
from service.api.feature_answers import FeaturePage, Stored, StoredFeature
from service.api.health import Health, Readiness
from service.api.models import ModelList
from service.api.subjects import Kept, Receipt
from service.app import create_app
from service.cli import app as command_line
from service.engine.card import Card
from service.problems import ProblemDetails
from service.settings import Settings

ROOT = Path(__file__).parents[2]
DOCUMENT: dict[str, Any] = create_app(Settings()).openapi()
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
    "listModels": ModelList,
    "getModel": Card,
    "health": Health,
    "ready": Readiness,
}

TEXTS = {
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


def test_every_reference_leads_somewhere() -> None:
    text = (ROOT / "openapi.yaml").read_text(encoding="utf-8")
    named = set(re.findall(r"#/components/schemas/(\w+)", text))
    assert named
    assert named <= set(DOCUMENT["components"]["schemas"])
