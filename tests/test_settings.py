"""Settings: read from the environment, and refused with a sentence that names the variable."""

from pathlib import Path

import pytest

from service.settings import OTHER_VARIABLES, Settings, SettingsError, load_settings, variables


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
    "FACEVEIL_LOG__LEVEL": "loud",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_refused_by_its_variable(
    environment: pytest.MonkeyPatch, name: str
) -> None:
    environment.setenv(name, WRONG[name])
    with pytest.raises(SettingsError, match=rf"^{name}: .+\.$"):
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
    for info in Settings.model_fields.values():
        section = info.annotation
        if info.annotation is Path:
            assert info.description
        else:
            assert section
            for member in section.model_fields.values():
                assert member.description


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
    told = _refusal()
    if told:
        assert told.startswith(f"{name}: ")
    else:
        assert load_settings() != Settings.model_construct()
