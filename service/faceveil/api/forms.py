"""Multipart forms as the OpenAPI document describes them; `bodies.read_form` reads them."""

from typing import Annotated

from pydantic import BaseModel, Field

from faceveil.api.audit_requests import AuditOptions
from faceveil.api.contents import FORM, File
from faceveil.api.keeping import Keep

Columns = Annotated[
    str | None,
    Field(
        description="Which columns of a table are dimensions: names, `PREFIX*` or ranges such as "
        "`e0:e15`, with commas; the others are left out. Without it, those that are numbered e0, "
        "e1, ... are, and a table with any others is refused.",
    ),
]


class ImageForm(Keep):
    """One image as a form, and whose it is where its features are to be stored."""

    model_config = FORM

    image: Annotated[File, Field(description="The image file.")]


class BatchForm(BaseModel):
    """Several images as a form."""

    model_config = FORM

    image: list[File] = Field(
        min_length=1, description="The image files, a part each, in the order of the answers."
    )


class FeaturesForm(BaseModel):
    """A file of embeddings of one model."""

    model_config = FORM

    file: Annotated[File, Field(description="An .npz, .csv or .parquet file.")]
    model: str = Field(max_length=64, description="Name of the model that made them.")
    version: str = Field(max_length=32, description="Its version.")
    level: str = Field(max_length=64, description="The privacy level that they were made at.")
    columns: Columns = None


class AuditForm(AuditOptions):
    """Files that are to be audited, .npz, .csv or .parquet, and how."""

    model_config = FORM

    file: Annotated[File, Field(description="The embeddings.")]
    gallery: Annotated[
        File | None, Field(description="The attacker's gallery: the same, free of noise.")
    ] = None
    reference: Annotated[
        File | None, Field(description="An undefended embedding, to compare with.")
    ] = None
    columns: Columns = None
