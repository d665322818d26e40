"""Every setting of the service: typed, nested, read from `FACEVEIL_...` environment variables.

A setting `limits.pixels` is the variable `FACEVEIL_LIMITS__PIXELS`. A value that does not
fit, and a variable that no setting answers to, stop the start with a sentence that names it.
"""

import difflib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
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


MOST_WORKERS = 256


class EngineSettings(_Section):
    """How requests share the machine."""

    workers: int | None = Field(
        None,
        ge=1,
        le=MOST_WORKERS,
        description="Processes that read images; without it, one a usable core.",
    )
    queue: int = Field(
        32, ge=0, le=10_000, description="Requests that may wait for a worker before 429."
    )
    deadline_s: Annotated[float, Field(gt=0, le=600)] = Field(
        10.0, description="Seconds a request may wait for a worker before it is given up."
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
    import_bytes: int = Field(
        64 * 2**20, ge=1024, le=2**31, description="Largest body that brings embeddings."
    )
    import_rows: int = Field(
        100_000, ge=1, le=1_000_000, description="Most embeddings in one request."
    )


class NoiseSettings(_Section):
    """The key of the noise that is added to embeddings."""

    key: SecretStr | None = Field(
        None,
        min_length=32,
        description="Secret of at least 32 characters; without one, a key file is made.",
    )


class StoreSettings(_Section):
    """What is kept of people, where, and for how long."""

    url: SecretStr | None = Field(
        None,
        description="postgresql://... of the database; without one, SQLite in the state directory.",
    )
    retention_days: float | None = Field(
        None,
        gt=0,
        le=3650,
        description="Days after which a stored feature is erased; nothing is stored before this "
        "is chosen.",
    )
    subject_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="Secret of at least 32 characters that subjects' names are hashed with; "
        "without one, a key file is made.",
    )


class AccessSettings(_Section):
    """Who may ask."""

    open: bool = Field(
        False,
        description="Serve everybody, without keys, on an address that is not loopback too.",
    )
    first_key: bool = Field(
        False, description="Where there is no key yet, make one at the start and print it once."
    )
    cors_origins: str = Field(
        "", description="Origins whose pages may ask, with commas: https://app.example."
    )

    @property
    def origins(self) -> list[str]:
        """The origins, one by one."""
        return [origin.strip() for origin in self.cors_origins.split(",") if origin.strip()]


class AuditSettings(_Section):
    """Audits of what is stored, and the worker that makes them."""

    own_worker: bool = Field(
        True,
        description="Whether the server starts a worker when there is work for one; switch it off "
        "where `faceveil worker` runs.",
    )
    schedule: str | None = Field(
        None, description="Cron expression, UTC, at which everything stored is audited."
    )
    memory_bytes: int = Field(
        2 * 2**30, ge=2**28, description="Memory that a worker may have before its audit fails."
    )

    @field_validator("schedule")
    @classmethod
    def _is_a_cron_expression(cls, value: str | None) -> str | None:
        if value is not None:
            from croniter import croniter

            if not croniter.is_valid(value):
                raise ValueError("this is no cron expression, as '0 3 * * *' is")
        return value


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
    store: StoreSettings = StoreSettings()
    access: AccessSettings = AccessSettings()
    audit: AuditSettings = AuditSettings()
    log: LogSettings = LogSettings()
    detector: Path = Field(DETECTOR_FILE, description="ONNX file of the face detector.")
    state_directory: Path = Field(
        Path("data"), description="Folder for what the service keeps, its key files among it."
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
