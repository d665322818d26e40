"""How a stream is to be read."""

from collections.abc import Mapping

from pydantic import BaseModel, Field, ValidationError

from faceveil.api.embeddings import EmbeddingFormat
from faceveil.http.errors import unfit
from faceveil.prior import PriorChoice
from faceveil.problems import FieldError, InvalidParameters
from faceveil.settings import Settings
from faceveil.vision.selection import Selection


class StreamQuery(BaseModel):
    """How the frames are to be read."""

    model_config = {"extra": "forbid"}

    limit: int = Field(8, ge=1, le=1024, description="Faces of a frame at most, the largest first.")
    min_score: float = Field(0.0, ge=0, le=1, description="Faces with a lower score are left out.")
    min_size: float = Field(
        0.0, ge=0, le=65_535, description="Faces whose box is narrower, in pixels, are left out."
    )
    max_yaw: float = Field(
        90.0, ge=0, le=90, description="Faces turned further to a side, in degrees, are left out."
    )
    small: bool = Field(
        False,
        description="Look for faces narrower than a twentieth of the frame too, which takes twice "
        "the time.",
    )
    vectors: int | None = Field(
        None,
        ge=0,
        le=1024,
        description="Embeddings released of a track at most, one a standard expression; 0 for "
        "moods alone; without it, as many as the server allows.",
    )
    embedding_format: EmbeddingFormat = Field(
        EmbeddingFormat.float, description="Numbers, or base64 of little-endian float32."
    )
    level: str | None = Field(None, max_length=64, description="Privacy level, as for a picture.")
    prior: PriorChoice | None = Field(None, description="As for a picture.")

    @property
    def wanted(self) -> Selection:
        """The faces that are wanted of a frame."""
        quick = not self.small
        return Selection("all", self.limit, self.min_score, self.min_size, self.max_yaw, quick)

    def released(self, settings: Settings) -> int:
        """Embeddings that a track may have."""
        most = settings.streams.vectors
        return most if self.vectors is None else self.vectors

    def check(self, settings: Settings) -> None:
        """Lets pass what the server allows.

        Raises:
            InvalidParameters: if a parameter asks for more.
        """
        if self.limit > settings.limits.faces:
            most = settings.limits.faces
            raise unfit("query.limit", f"This server answers at most {most} faces.")
        if self.released(settings) > settings.streams.vectors:
            most = settings.streams.vectors
            raise unfit("query.vectors", f"This server releases at most {most} of a track.")


def query_of(parameters: Mapping[str, str]) -> StreamQuery:
    """What a URL asks for.

    Raises:
        InvalidParameters: if a parameter does not fit.
    """
    try:
        return StreamQuery.model_validate(dict(parameters))
    except ValidationError as problem:
        errors = problem.errors(include_url=False, include_input=False, include_context=False)
        raise InvalidParameters(
            "Mend the parameters named in 'errors' and open the stream again.",
            errors=[
                FieldError(field=".".join(["query", *map(str, e["loc"])])[:128], message=e["msg"])
                for e in errors[:16]
            ],
        ) from None
