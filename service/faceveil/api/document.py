"""The OpenAPI document: FastAPI's own, with the bodies that routes read themselves."""

from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from faceveil.api.audit_requests import StoreAuditBody
from faceveil.api.contents import COMPONENTS, never_null
from faceveil.api.forms import AuditForm, BatchForm, FeaturesForm, ImageForm
from faceveil.api.images import BatchBody, KeptImageBody
from faceveil.api.importing import FeaturesBody
from faceveil.api.subjects import SubjectBody

BODIES = (
    ImageForm,
    KeptImageBody,
    BatchForm,
    BatchBody,
    FeaturesForm,
    FeaturesBody,
    AuditForm,
    StoreAuditBody,
    SubjectBody,
)
"""Every model that a route's `request_body` refers to."""


class DocumentedApp(FastAPI):
    """An application whose document has every schema once, as a component, and only whole ones."""

    def openapi(self) -> dict[str, Any]:
        """The document, which FastAPI keeps once it is made."""
        made_before = self.openapi_schema is not None
        document = super().openapi()
        if not made_before:
            _add_bodies(document)
            _let_no_parameter_be_null(document)
        return document


def _add_bodies(document: dict[str, Any]) -> None:
    _, schemas = models_json_schema(
        [(body, "validation") for body in BODIES], ref_template=f"{COMPONENTS}{{model}}"
    )
    known = document["components"]["schemas"]
    document["components"]["schemas"] = dict(sorted((schemas["$defs"] | known).items()))


def _let_no_parameter_be_null(document: dict[str, Any]) -> None:
    """A query or a header has a value or is not there; nothing in a URL is null."""
    for methods in document["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                parameter["schema"] = never_null(parameter["schema"])
