"""Whom a request is about: a name comes in a body, never in a URL."""

from pydantic import BaseModel, ConfigDict

from faceveil.api.fields import SubjectName
from faceveil.http.forms import FIELD_BYTES
from faceveil.http.intake import Intake, Json


class SubjectBody(BaseModel):
    """A person, by the app's own name, or by pseudonym."""

    model_config = ConfigDict(extra="forbid")

    subject: SubjectName


SUBJECT = Intake[SubjectBody](
    Json(SubjectBody, lambda _: 4 * FIELD_BYTES, lambda _: 1024, {"subject": "person 17"}),
    otherwise="Send JSON, with the content type application/json.",
)
