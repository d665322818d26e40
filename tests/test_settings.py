"""Settings: read from the environment, and refused with a sentence that names the variable."""

from collections.abc import Callable
from pathlib import Path

import pytest

from faceveil.environment import SettingsError
from faceveil.settings import (
    OTHER_VARIABLES,
    Settings,
    all_settings,
    load_settings,
    secret_variables,
    variables,
)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in variables():
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.usefixtures("environment")
def test_everything_has_a_default() -> None:
    settings = load_settings()
    assert settings == Settings()
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8000)
    assert settings.model.directory.name == "models"


def test_each_variable_sets_its_member(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("FACEVEIL_SERVER__PORT", "9000")
    environment.setenv("FACEVEIL_MODEL__DIRECTORY", "/models")
    environment.setenv("FACEVEIL_ENGINE__WORKERS", "3")
    environment.setenv("FACEVEIL_LIMITS__BODY_SECONDS", "1.5")
    environment.setenv("FACEVEIL_LOG__FORMAT", "text")
    environment.setenv("faceveil_state_directory", "/state")
    settings = load_settings()
    assert settings.server.port == 9000
    assert settings.model.directory == Path("/models")
    assert settings.engine.workers == 3
    assert settings.limits.body_seconds == 1.5
    assert settings.log.format == "text"
    assert settings.state_directory == Path("/state")


WRONG = {
    "FACEVEIL_SERVER__PORT": "80000",
    "FACEVEIL_ENGINE__WORKERS": "0",
    "FACEVEIL_ENGINE__QUEUE": "many",
    "FACEVEIL_ENGINE__DEADLINE_S": "-1",
    "FACEVEIL_LIMITS__PIXELS": "1e6.5",
    "FACEVEIL_LIMITS__BODY_BYTES": "",
    "FACEVEIL_LIMITS__BODY_SECONDS": "nan",
    "FACEVEIL_NOISE__KEY": "too short a secret",
    "FACEVEIL_SERVER__ROOT_PATH": "faceveil",
    "FACEVEIL_SERVER__TRUSTED_PROXIES": "10.0.0.1, proxy.example",
    "FACEVEIL_LOG__LEVEL": "loud",
    "FACEVEIL_PRIOR": "neutral=0.5,happiness=0.2",
}


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({}, "faceveil"),
        ({"USE": "research"}, "faceveil"),
        ({"USE": "anyone"}, "open"),
        ({"USE": "anyone", "NAME": "mine"}, "mine"),
    ],
)
def test_what_the_server_is_for_chooses_the_model_unless_one_is_named(
    environment: pytest.MonkeyPatch, given: dict[str, str], name: str
) -> None:
    for variable, value in given.items():
        environment.setenv(f"FACEVEIL_MODEL__{variable}", value)
    assert load_settings().model.name == name


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_refused_by_its_variable(
    environment: pytest.MonkeyPatch, name: str
) -> None:
    environment.setenv(name, WRONG[name])
    with pytest.raises(SettingsError, match=rf"^{name}: .+\.$"):
        load_settings()


def test_a_secret_that_is_too_short_is_told_how_long_it_must_be(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("FACEVEIL_NOISE__KEY", "short")
    with pytest.raises(SettingsError, match=r"^FACEVEIL_NOISE__KEY: .*at least 32 characters\.$"):
        load_settings()


def test_every_wrong_value_is_told_at_once_and_none_is_repeated(
    environment: pytest.MonkeyPatch,
) -> None:
    for name, value in WRONG.items():
        environment.setenv(name, value)
    with pytest.raises(SettingsError) as refusal:
        load_settings()
    lines = str(refusal.value).splitlines()
    assert sorted(line.partition(":")[0] for line in lines) == sorted(WRONG)
    assert "too short a secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("FACEVEIL_PORT", "FACEVEIL_SERVER__PORT"),
        ("FACEVEIL_SERVER_PORT", "FACEVEIL_SERVER__PORT"),
        ("FACEVEIL_LEVEL", "FACEVEIL_LOG__LEVEL or FACEVEIL_MODEL__LEVEL"),
        ("FACEVEIL_LIMITS__PIXEL", "FACEVEIL_LIMITS__PIXELS"),
        ("faceveil_limits__pixel", "FACEVEIL_LIMITS__PIXELS"),
        ("FACEVEIL_LIMITS", "FACEVEIL_LIMITS__"),
        ("FACEVEIL_LIMITS__PIXELS__MOST", "FACEVEIL_LIMITS__PIXELS"),
    ],
)
def test_an_unknown_variable_is_refused_with_a_hint(
    environment: pytest.MonkeyPatch, name: str, hint: str
) -> None:
    environment.setenv(name, "1")
    with pytest.raises(SettingsError, match=rf"^{name} is not a setting .* mean {hint}"):
        load_settings()


# What a cluster sets beside a Service `faceveil` with the ports `http` and one without a name, and
# beside another, `faceveil-eu`.
LINKS = {
    "FACEVEIL_SERVICE_HOST": "10.96.0.17",
    "FACEVEIL_SERVICE_PORT": "8000",
    "FACEVEIL_SERVICE_PORT_HTTP": "8000",
    "FACEVEIL_SERVICE_PORT_HTTP_METRICS": "9000",
    "FACEVEIL_PORT": "tcp://10.96.0.17:8000",
    "FACEVEIL_PORT_8000_TCP": "tcp://10.96.0.17:8000",
    "FACEVEIL_PORT_8000_TCP_PROTO": "tcp",
    "FACEVEIL_PORT_8000_TCP_PORT": "8000",
    "FACEVEIL_PORT_8000_TCP_ADDR": "10.96.0.17",
    "FACEVEIL_PORT_53_UDP": "udp://10.96.0.17:53",
    "FACEVEIL_EU_SERVICE_HOST": "10.96.0.18",
    "FACEVEIL_EU_SERVICE_PORT": "8000",
    "FACEVEIL_EU_PORT": "tcp://10.96.0.18:8000",
    "FACEVEIL_EU_PORT_8000_TCP_ADDR": "10.96.0.18",
    "FACEVEIL_SERVER_PORT": "tcp://10.96.0.19:8000",  # of a Service `faceveil-server`
}


@pytest.mark.parametrize("name", LINKS)
def test_what_kubernetes_sets_of_a_service_is_passed_over(
    environment: pytest.MonkeyPatch, name: str
) -> None:
    environment.setenv(name, LINKS[name])
    assert load_settings() == Settings.model_construct()


def test_beside_service_links_a_mistake_is_still_told(environment: pytest.MonkeyPatch) -> None:
    for name, value in LINKS.items():
        environment.setenv(name, value)
    for wrong in (
        "FACEVEIL_SERVICE__PORT",
        "FACEVEIL_SERVER_HOST",
        "FACEVEIL_PORT_8000",
        "FACEVEIL_EU_PORT_TCP",
        "FACEVEIL_LIMITS__PIXELS_SERVICE_HOST",
    ):
        with environment.context() as one:
            one.setenv(wrong, "tcp://10.96.0.17:8000")
            with pytest.raises(SettingsError, match=rf"^{wrong} is not a setting"):
                load_settings()


def test_every_secret_can_lie_in_a_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    values = {}
    for name in secret_variables():
        values[name] = f"the secret of {name}, with spaces at its end  "
        file = tmp_path / name
        file.write_text(values[name] + "\n", encoding="utf-8")
        environment.setenv(f"{name}_FILE", str(file))
    assert set(values) >= {
        "FACEVEIL_NOISE__KEY",
        "FACEVEIL_STORE__SUBJECT_KEY",
        "FACEVEIL_STORE__URL",
    }
    settings = load_settings()
    found = {settings.noise.key, settings.store.subject_key, settings.store.url}
    assert {one.get_secret_value() for one in found if one} == set(values.values())


def _no_file(file: Path) -> None:
    file.unlink()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (_no_file, "cannot be read: No such file"),
        (lambda file: file.write_bytes(b"\xff" * 40), "UTF-8"),
        (lambda file: file.write_bytes(b"a" * 100_000), "too long"),
        (lambda file: file.write_text("short\n"), "at least 32"),
        (lambda file: file.write_text(""), "at least 32"),
    ],
)
def test_a_secrets_file_that_does_not_fit_is_told_without_what_is_in_it(
    environment: pytest.MonkeyPatch, tmp_path: Path, spoil: Callable[[Path], None], reason: str
) -> None:
    file = tmp_path / "key"
    file.write_text("a" * 32, encoding="utf-8")
    environment.setenv("FACEVEIL_NOISE__KEY_FILE", str(file))
    load_settings()
    spoil(file)
    with pytest.raises(
        SettingsError, match=rf"^FACEVEIL_NOISE__KEY_FILE: .*{reason}.*\.$"
    ) as refusal:
        load_settings()
    assert "aaa" not in str(refusal.value)
    assert "short" not in str(refusal.value).replace("too short", "")


def test_a_secret_and_its_file_are_not_both_taken(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setenv("FACEVEIL_NOISE__KEY", "a" * 32)
    environment.setenv("FACEVEIL_NOISE__KEY_FILE", str(tmp_path / "key"))
    with pytest.raises(SettingsError, match="both set"):
        load_settings()


def test_what_is_no_secret_is_read_from_no_file(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("FACEVEIL_LOG__LEVEL_FILE", "/etc/hostname")
    with pytest.raises(SettingsError, match=r"is not a setting .* mean FACEVEIL_LOG__LEVEL\?"):
        load_settings()


@pytest.mark.parametrize(
    ("given", "taken"),
    [("/faceveil", "/faceveil"), ("/faceveil/", "/faceveil"), ("/a/b.c", "/a/b.c"), ("/", "")],
)
def test_a_root_path_is_taken_without_its_last_slash(
    environment: pytest.MonkeyPatch, given: str, taken: str
) -> None:
    environment.setenv("FACEVEIL_SERVER__ROOT_PATH", given)
    assert load_settings().server.root_path == taken


@pytest.mark.parametrize("given", ["//evil.example", "/a//b", "/../a", "/a/.", "/a b", "/a?b", "x"])
def test_a_root_path_that_is_more_than_a_path_is_refused(
    environment: pytest.MonkeyPatch, given: str
) -> None:
    environment.setenv("FACEVEIL_SERVER__ROOT_PATH", given)
    with pytest.raises(SettingsError, match=r"^FACEVEIL_SERVER__ROOT_PATH: "):
        load_settings()


def test_variables_of_others_are_left_alone(environment: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "SERVER__PORT", *OTHER_VARIABLES):
        environment.setenv(name, "1")
    assert load_settings() == Settings()


def test_the_secret_is_never_shown(environment: pytest.MonkeyPatch) -> None:
    secret = "correct horse battery staple, and more"
    environment.setenv("FACEVEIL_NOISE__KEY", secret)
    settings = load_settings()
    assert settings.noise.key
    assert settings.noise.key.get_secret_value() == secret
    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        assert secret not in shown


def test_every_setting_is_explained() -> None:
    assert all(setting.meaning for setting in all_settings())


def _refusal() -> str:
    try:
        load_settings()
    except SettingsError as refusal:
        return str(refusal)
    return ""


@pytest.mark.parametrize("name", variables())
def test_every_variable_that_is_listed_is_one_that_is_read(
    environment: pytest.MonkeyPatch, name: str
) -> None:
    environment.setenv(name, "?")
    refusal = _refusal()
    if refusal:
        assert refusal.startswith(f"{name}: ")
    else:
        assert load_settings() != Settings.model_construct()
