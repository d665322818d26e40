"""What probes are answered."""

from pydantic import BaseModel, Field


class Health(BaseModel):
    """The process lives."""

    status: str = Field("ok", description="Always 'ok'.")


class Readiness(BaseModel):
    """The server can answer."""

    status: str = Field("ready", description="Always 'ready'; otherwise the answer is a problem.")
    model: str = Field(description="Name and version of the model that is loaded and warm.")
    confinement: dict[str, bool] = Field(
        description="Which walls this kernel has around the processes that read images."
    )
