"""Every setting of the service: typed, nested, read from `FACEVEIL_...` environment variables.

A setting `limits.pixels` is the variable `FACEVEIL_LIMITS__PIXELS`. A value that does not
fit, and a variable that no setting answers to, stop the start with a sentence that names it.
"""

import difflib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "FACEVEIL_"
NESTING = "__"

# Variables of ours that are not settings of the service: where training finds its data sets.
OTHER_VARIABLES = frozenset({"FACEVEIL_DATA"})

_CHECKOUT = Path(__file__).resolve().parent.parent


DETECTOR_FILE = _CHECKOUT / "models" / "detector" / "blazeface-short" / "model.onnx"


class SettingsError(Exception):
    """A setting is wrong; the message has a line for each and names its variable."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerSettings(_Section):
    """Where the server listens."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")


class ModelSettings(_Section):
    """Which models are loaded."""

    directory: Path = Field(
        _CHECKOUT / "models", description="Folder of bundles, <name>/<version>/ each."
    )
    name: str = Field("faceveil", description="The bundle that requests are answered with.")
    version: str | None = Field(None, description="Its version; without one, the newest.")
    level: str | None = Field(
        None, description="Privacy level of the bundle's card; without one, the card's default."
    )


class EngineSettings(_Section):
    """How requests share the machine."""

    threads: int | None = Field(
        None, ge=1, le=256, description="Worker threads; without one, a thread a usable core."
    )
    queue: int = Field(
        32, ge=0, le=10_000, description="Requests that may wait for a thread before 429."
    )
    deadline_s: Annotated[float, Field(gt=0, le=600)] = Field(
        10.0, description="Seconds a request may wait for a thread before it is given up."
    )


class LimitSettings(_Section):
    """Bounds on what one request may bring; checked before the work begins."""

    body_bytes: int = Field(
        16 * 2**20, ge=1024, le=2**30, description="Largest body of a single-image request."
    )
    batch_body_bytes: int = Field(
        64 * 2**20, ge=1024, le=2**31, description="Largest body of a batch request."
    )
    body_seconds: float = Field(
        30.0, gt=0, le=3600, description="Seconds a client may take to send its body."
    )
    pixels: int = Field(
        64_000_000,
        ge=4096,
        le=178_956_970,  # where Pillow's own guard against decompression bombs stops
        description="Most pixels a picture's header may announce.",
    )
    faces: int = Field(64, ge=1, le=1024, description="Most faces answered for one picture.")
    batch_images: int = Field(64, ge=1, le=1024, description="Most images in one batch.")


class NoiseSettings(_Section):
    """The key of the noise that is added to embeddings."""

    key: SecretStr | None = Field(
        None,
        min_length=32,
        description="Secret of at least 32 characters; without one, a key file is made.",
    )


class LogSettings(_Section):
    """What is logged, to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level.")
    format: Literal["json", "text"] = Field("json", description="A JSON object or a plain line.")


class Settings(BaseSettings):
    """All of them. Unknown members are refused."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter=NESTING, extra="forbid", frozen=True
    )

    server: ServerSettings = ServerSettings()
    model: ModelSettings = ModelSettings()
    engine: EngineSettings = EngineSettings()
    limits: LimitSettings = LimitSettings()
    noise: NoiseSettings = NoiseSettings()
    log: LogSettings = LogSettings()
    detector: Path = Field(DETECTOR_FILE, description="ONNX file of the face detector.")
    state_directory: Path = Field(
        Path("data"), description="Folder for what the service keeps, its key file among it."
    )


def load_settings() -> Settings:
    """Reads the settings from the environment.

    Raises:
        SettingsError: if a value does not fit, or a `FACEVEIL_` variable is no setting of ours.
    """
    _refuse_unknown(os.environ)
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError("\n".join(_sentences(error))) from None


def variables() -> list[str]:
    """The name of every environment variable that sets something, sorted."""
    names = []
    for field, info in Settings.model_fields.items():
        section = info.annotation
        if isinstance(section, type) and issubclass(section, _Section):
            names += [_variable(field, member) for member in section.model_fields]
        else:
            names.append(_variable(field))
    return sorted(names)


def _variable(*path: str) -> str:
    return PREFIX + NESTING.join(path).upper()


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = variables()
    for name in environ:
        if name.upper().startswith(PREFIX) and name.upper() not in {*known, *OTHER_VARIABLES}:
            near = difflib.get_close_matches(name.upper(), known, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise SettingsError(f"{name} is not a setting of FaceVeil.{hint}")


def _sentences(error: ValidationError) -> Iterable[str]:
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        # The value itself is left out: it may be a secret that was put in the wrong place.
        yield f"{_variable(*map(str, problem['loc']))}: {problem['msg']}."
