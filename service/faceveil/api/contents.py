"""What bodies hold, for the OpenAPI document: routes here read theirs themselves, within bounds."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, WithJsonSchema

COMPONENTS = "#/components/schemas/"

BINARY: dict[str, Any] = {"type": "string", "format": "binary"}
"""The schema of a file's bytes."""

File = Annotated[bytes, WithJsonSchema(BINARY)]
"""A file part of a form."""


def reference(model: type[BaseModel]) -> dict[str, str]:
    """A reference to the component that a model is; `document.BODIES` has to name the model."""
    return {"$ref": COMPONENTS + model.__name__}


def request_body(
    contents: Mapping[str, type[BaseModel] | dict[str, Any]],
    examples: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """An operation's `requestBody`.

    Args:
        contents: by media type, the model that a body of it is, or its schema.
        examples: by media type, a body that is taken.
    """
    content: dict[str, dict[str, Any]] = {
        kind: {"schema": taken if isinstance(taken, dict) else reference(taken)}
        for kind, taken in contents.items()
    }
    for kind, example in (examples or {}).items():
        content[kind]["example"] = example
    return {"required": True, "content": content}


def never_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of something that may be left out and cannot be null: a header, a form's field.

    The same without the null that pydantic writes for a member that has no value by default.
    """
    kept = {key: value for key, value in schema.items() if (key, value) != ("default", None)}
    choices: list[dict[str, Any]] = [
        choice for choice in kept.pop("anyOf", ()) if choice != {"type": "null"}
    ]
    if len(choices) == 1:
        return choices[0] | kept
    return kept | ({"anyOf": choices} if choices else {})


def _never_null_fields(schema: dict[str, Any]) -> None:
    fields = schema["properties"]
    fields.update({name: never_null(field) for name, field in fields.items()})


FORM = ConfigDict(extra="forbid", json_schema_extra=_never_null_fields)
"""The configuration of a model that describes a form."""
