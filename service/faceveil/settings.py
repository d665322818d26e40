"""Every setting of the service: typed, nested, read from `FACEVEIL_...` environment variables.

A setting `limits.pixels` is the variable `FACEVEIL_LIMITS__PIXELS`; a secret `noise.key` may also
lie in the file that `FACEVEIL_NOISE__KEY_FILE` names. A value that does not fit, and a variable
that no setting answers to, stop the start with a sentence that names it.
"""

import difflib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from faceveil.environment import (
    FILE,
    NESTING,
    PREFIX,
    SettingsError,
    is_service_link,
    with_secrets_of_files,
)
from faceveil.installation import DETECTOR_FILE, MODELS
from faceveil.prior import PriorChoice, shares_of

# Variables of ours that are not settings of the service: where training finds its data sets, and
# the key and the password that commands show to a server and a broker.
OTHER_VARIABLES = frozenset({"FACEVEIL_DATA", "FACEVEIL_KEY", "FACEVEIL_MQTT_PASSWORD"})

PREFIX_OF_PATHS = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._~@+-]+)*")
"""What a proxy may put before our paths: segments of plain characters, none of them `.` or `..`."""

MOST_OF_A_PATH = 256
"""Characters of it."""

LEAST_OF_A_SECRET = 32
"""Characters of it."""

MOST_WORKERS = 256

Seconds = Annotated[float, Field(gt=0, le=600)]


class _Section(BaseModel):
    """Some of the settings; what stands below each is its description."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class ServerSettings(_Section):
    """Where the server listens."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(8000, ge=0, le=65535)
    """Port to listen on; 0 takes a free one."""
    core_files: bool = False
    """For debugging: let core files be written and debuggers attach. Pictures and keys are in what
    they see."""
    drain_s: float = Field(0.0, ge=0, le=600)
    """Seconds after SIGTERM in which /readyz answers 503 and all else goes on, so that nobody is
    sent here any more; 5 suits Kubernetes."""
    stop_s: Seconds = 10.0
    """Seconds after that in which the requests in hand are answered; then they are refused."""
    root_path: str = Field("", max_length=MOST_OF_A_PATH)
    """Path under which a proxy shows this server, such as /faceveil."""
    trusted_proxies: str = ""
    """Addresses and networks of proxies, with commas, whose X-Forwarded-For, -Proto and -Prefix are
    believed: 10.0.0.7, 10.1.0.0/16."""

    @field_validator("root_path")
    @classmethod
    def _is_a_path(cls, value: str) -> str:
        path = value.rstrip("/")
        if not PREFIX_OF_PATHS.fullmatch(path):
            raise ValueError("this is no path such as /faceveil")
        return path

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        for one in _listed(value):
            ip_network(one)
        return value

    @property
    def proxies(self) -> list[IPv4Network | IPv6Network]:
        """The trusted proxies, one by one; an address is a network of one."""
        return [ip_network(one) for one in _listed(self.trusted_proxies)]


FOR_ANYONE = "open"
"""The model that anyone may use for anything."""


class ModelSettings(_Section):
    """Which models are loaded."""

    directory: Path = MODELS
    """Folder of bundles, <name>/<version>/ each."""
    use: Literal["research", "anyone"] = "research"
    """What the server is for: non-commercial research (research) or any use (anyone). For any use
    a model for research only is refused, and where no name is set, open answers."""
    name: str = "faceveil"
    """The bundle that requests are answered with."""
    version: str | None = None
    """Its version; without one, the newest."""
    level: str | None = None
    """Privacy level of the bundle's card; without one, the card's default."""
    digest: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")
    """SHA-256 of the bundle's card, as `faceveil models verify` prints it; another bundle is then
    refused."""
    hand_out: Literal["here", "keys", "never"] = "here"
    """Who may load the model's files, to read pictures in a browser: whoever sits at this machine,
    while no key is needed (here); whoever has a key to read pictures (keys); or nobody (never)."""

    @model_validator(mode="before")
    @classmethod
    def _named_by_its_use(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("use") == "anyone":
            return {"name": FOR_ANYONE} | given
        return given


class EngineSettings(_Section):
    """How requests share the machine."""

    workers: int | None = Field(None, ge=1, le=MOST_WORKERS)
    """Processes that read images; without it, one a usable core."""
    queue: int = Field(32, ge=0, le=10_000)
    """Requests that may wait for a worker before 429."""
    deadline_s: Seconds = 10.0
    """Seconds a request may wait for a worker before it is given up."""
    cpu_s: float = Field(2.0, gt=0, le=60)
    """Seconds of processor time that one picture may take."""
    memory_bytes: int = Field(448 * 2**20, ge=64 * 2**20)
    """Memory that a process may map for a picture, beyond what it has when idle."""
    confinement: Literal["required", "if-possible"] = "if-possible"
    """If the kernel cannot confine the processes that read images: required ends the start, and
    refuses clips and files of features too; if-possible logs it and goes on."""


class LimitSettings(_Section):
    """Bounds on what one request may bring; checked before the work begins."""

    head_bytes: int = Field(32 * 2**10, ge=1024, le=2**20)
    """Most bytes of a request's URL and headers."""
    head_seconds: Seconds = 10.0
    """Seconds a client may take to send them."""
    connections: int = Field(1000, ge=16, le=65_536)
    """Most connections, or as many as the limit of open files allows."""
    connections_per_address: int | None = Field(None, ge=1)
    """Most connections of one address, loopback and trusted proxies excepted; without it, a quarter
    of them."""
    bodies: int = Field(256, ge=2, le=65_536)
    """Most bodies received or held at a time."""
    bodies_bytes: int | None = Field(None, ge=1024)
    """Most bytes of all bodies received or held at a time; without it, twice the largest body."""
    body_bytes_per_second: int = Field(8 * 2**10, ge=0, le=2**30)
    """Slowest pace of a body, from its sixth second on; 0 for none."""
    body_bytes: int = Field(16 * 2**20, ge=1024, le=2**30)
    """Largest body of a single-image request."""
    batch_body_bytes: int = Field(64 * 2**20, ge=1024, le=2**31)
    """Largest body of a batch request."""
    body_seconds: float = Field(30.0, gt=0, le=3600)
    """Seconds a client may take to send its body."""
    # More would not fit into a reader's memory.
    pixels: int = Field(64_000_000, ge=4096, le=178_956_970)
    """Most pixels a picture's header may announce; a JPEG's may be twice as many."""
    faces: int = Field(64, ge=1, le=1024)
    """Most faces answered for one picture."""
    batch_images: int = Field(64, ge=1, le=1024)
    """Most images in one batch."""
    import_bytes: int = Field(64 * 2**20, ge=1024, le=2**31)
    """Largest body that brings embeddings."""
    clip_bytes: int = Field(64 * 2**20, ge=1024, le=2**31)
    """Largest body that brings a clip."""
    import_rows: int = Field(100_000, ge=1, le=1_000_000)
    """Most embeddings in one request."""


class StreamSettings(_Section):
    """Bounds on streams of frames."""

    most: int = Field(32, ge=0, le=10_000)
    """Most streams at a time, half of them for one client; 0 for none."""
    seconds: float = Field(3600.0, gt=0, le=86_400)
    """Seconds after which a stream ends."""
    idle_s: Seconds = 30.0
    """Seconds without a frame, or with answers that are not read, after which it ends."""
    frame_bytes: int = Field(2 * 2**20, ge=1024, le=2**28)
    """Largest frame."""
    vectors: int = Field(4, ge=0, le=1024)
    """Most embeddings released of a face that is followed, one a standard expression."""


class ClipSettings(_Section):
    """Bounds on clips that are sent whole."""

    most: int | None = Field(None, ge=0, le=1000)
    """Most clips read at a time, half of them for one client; 0 for none; without it, one a usable
    core."""
    seconds: float = Field(600.0, gt=0, le=86_400)
    """Longest clip, by its own clock."""
    frames: int = Field(10_000, ge=1, le=1_000_000)
    """Most frames read of a clip."""
    pixels: int = Field(4096 * 2304, ge=4096, le=178_956_970)
    """Most pixels of its frames."""
    cpu_s: int = Field(300, ge=1, le=3600)
    """Seconds of processor time that decoding a clip may take."""
    memory_bytes: int = Field(512 * 2**20, ge=64 * 2**20)
    """Memory that decoding a clip may map, the clip itself included."""


class NoiseSettings(_Section):
    """The key of the noise that is added to embeddings."""

    key: SecretStr | None = Field(None, min_length=LEAST_OF_A_SECRET)
    """Secret of at least 32 characters; without one, a key file is made."""


class StoreSettings(_Section):
    """What is kept of people, where, and for how long."""

    url: SecretStr | None = None
    """postgresql://... of the database; without one, SQLite in the state directory."""
    retention_days: float | None = Field(None, gt=0, le=3650)
    """Days after which a stored feature is erased; nothing is stored before this is chosen."""
    subject_key: SecretStr | None = Field(None, min_length=LEAST_OF_A_SECRET)
    """Secret of at least 32 characters that subjects' names are hashed with; without one, a key
    file is made."""


class AccessSettings(_Section):
    """Who may ask."""

    open: bool = False
    """Serve without keys on any address."""
    first_key: bool = False
    """If there is no key yet, create one at the start and print it once."""
    grace_s: float = Field(60.0, ge=0, le=86_400)
    """Seconds that a key used before still works while the store does not answer, even if it is
    revoked meanwhile."""
    first_key_file: Path | None = None
    """File of a key that `faceveil keys generate` printed: if there is no key yet, it is an
    admin's at the start, and none is printed."""
    cors_origins: str = ""
    """Origins whose pages may ask, with commas: https://app.example."""

    @property
    def origins(self) -> list[str]:
        """The origins, one by one."""
        return _listed(self.cors_origins)


class AuditSettings(_Section):
    """Audits of what is stored, and the worker that makes them."""

    own_worker: bool = True
    """Whether the server starts a worker when there is work for one; switch it off where `faceveil
    worker` runs."""
    schedule: str | None = None
    """Cron expression, UTC, at which everything stored is audited."""
    memory_bytes: int = Field(2 * 2**30, ge=2**28)
    """Memory that a worker may have before its largest audit fails."""
    waiting: int = Field(16, ge=1, le=10_000)
    """Unfinished audits that a tenant may have before 429."""

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

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severe lines that are logged: debug, info, warning or error."""
    format: Literal["json", "text"] = "json"
    """Each line as a JSON object (json) or as plain text (text)."""


class Settings(BaseSettings):
    """All of them. Unknown members are refused."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter=NESTING,
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
    )

    server: ServerSettings = ServerSettings()
    model: ModelSettings = ModelSettings()
    engine: EngineSettings = EngineSettings()
    limits: LimitSettings = LimitSettings()
    streams: StreamSettings = StreamSettings()
    clips: ClipSettings = ClipSettings()
    noise: NoiseSettings = NoiseSettings()
    store: StoreSettings = StoreSettings()
    access: AccessSettings = AccessSettings()
    audit: AuditSettings = AuditSettings()
    log: LogSettings = LogSettings()
    detector: Path = DETECTOR_FILE
    """ONNX file of the face detector."""
    prior: str = "wild"
    """How often each emotion is met, where a request does not say: wild, as the model's card
    says, reads most faces rightly; even, each as often, reads each emotion
    equally well; or give each its share: neutral=0.6,happiness=0.4."""
    page: bool = True
    """Show browsers a page at `/`, to try it, to look at what is stored and to audit it."""
    state_directory: Path = Path("data")
    """Folder for what the service stores, its key files among it."""

    @field_validator("prior")
    @classmethod
    def _is_a_prior(cls, value: str) -> str:
        if value not in get_args(PriorChoice):
            shares_of(value)
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment, with the secrets in it that lie in files."""
        assert isinstance(env_settings, EnvSettingsSource)
        env_settings.env_vars = with_secrets_of_files(env_settings.env_vars, secret_variables())
        return init_settings, env_settings


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


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, as an operator sees it.

    Attributes:
        variable: that sets it.
        default: as it would be written; empty where it is computed or there is none.
        meaning: in a sentence.
        secret: whether it may lie in a file that the variable with `_FILE` behind it names.
    """

    variable: str
    default: str
    meaning: str
    secret: bool


def all_settings() -> list[Setting]:
    """Every setting, sorted by its variable."""
    found = []
    for field, info in Settings.model_fields.items():
        section = info.annotation
        if isinstance(section, type) and issubclass(section, _Section):
            found += [_setting(inner, field, name) for name, inner in section.model_fields.items()]
        else:
            found.append(_setting(info, field))
    return sorted(found, key=lambda setting: setting.variable)


def variables() -> list[str]:
    """The name of every environment variable that sets something, sorted."""
    return [setting.variable for setting in all_settings()]


def secret_variables() -> list[str]:
    """The variables that set secrets; each may end in `_FILE` and name a file instead."""
    return [setting.variable for setting in all_settings() if setting.secret]


def _setting(field: FieldInfo, *path: str) -> Setting:
    default = field.default
    if isinstance(default, Path) and default.is_absolute():
        default = None  # where the models lie depends on how it was installed
    if isinstance(default, bool):
        default = str(default).lower()
    shown = "" if default is None else f"{default}"
    secret = SecretStr in (field.annotation, *get_args(field.annotation))
    meaning = " ".join((field.description or "").split())
    return Setting(_variable(*path), shown, meaning, secret)


def _variable(*path: str) -> str:
    return PREFIX + NESTING.join(path).upper()


def _listed(value: str) -> list[str]:
    """The members of a list that is written with commas."""
    return [member.strip() for member in value.split(",") if member.strip()]


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = [*variables(), *(name + FILE for name in secret_variables())]
    for name, value in environ.items():
        plain = name.upper()
        if not plain.startswith(PREFIX) or plain in {*known, *OTHER_VARIABLES}:
            continue
        if is_service_link(plain, value):
            continue
        same = [one for one in known if one.endswith(NESTING + plain.removeprefix(PREFIX))]
        near = same or difflib.get_close_matches(plain, known, n=1)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise SettingsError(f"{name} is not a setting of FaceVeil.{hint}")


def _sentences(error: ValidationError) -> Iterable[str]:
    given = {name.upper() for name in os.environ}
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        name = _variable(*map(str, problem["loc"]))
        # The value itself is left out: it may be a secret that was put in the wrong place.
        name = name + FILE if name + FILE in given else name
        if problem["type"] == "too_short":  # of a secret, whose characters pydantic calls items
            yield f"{name}: It must have at least {LEAST_OF_A_SECRET} characters."
        else:
            yield f"{name}: {problem['msg']}."
