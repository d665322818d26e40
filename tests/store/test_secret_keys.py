"""The secret keys are the store's own: a start with another one, or with none, stops."""

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import SecretStr
from sqlalchemy import delete

from faceveil.settings import NoiseSettings, Settings
from faceveil.store import features
from faceveil.store.database import Database
from faceveil.store.features import Made, NewFeature
from faceveil.store.secret_keys import (
    KeyName,
    SecretKeyError,
    known_digest,
    open_keys,
)
from faceveil.store.tables import key_digests

KEYS = pytest.mark.parametrize("name", list(KeyName))


def _store_one(database: Database) -> None:
    new = NewFeature("ab" * 16, np.zeros(4, np.float32))
    with database.write() as connection:
        features.add(connection, "default", Made("m", "1.0.0", "l"), [new])


def _forget_digests(database: Database) -> None:
    """As a store of an earlier release is."""
    with database.write() as connection:
        connection.execute(delete(key_digests))


def _changed(settings: Settings, **changes: Any) -> Settings:
    return settings.model_copy(update=changes)


def test_a_first_start_makes_both_keys_for_their_owner_alone(
    database: Database, kept: Settings
) -> None:
    keys = open_keys(database, kept)
    assert keys.subject != keys.noise
    for name in KeyName:
        assert (kept.state_directory / f"{name}.key").stat().st_mode & 0o077 == 0
    assert open_keys(database, kept) == keys


@KEYS
def test_a_key_that_is_gone_stops_the_start_and_none_is_made(
    database: Database, kept: Settings, name: KeyName
) -> None:
    open_keys(database, kept)
    file = kept.state_directory / f"{name}.key"
    file.unlink()
    with pytest.raises(SecretKeyError, match=rf"{name} key is gone.*faceveil keys restore"):
        open_keys(database, kept)
    assert not file.exists()


@KEYS
def test_another_key_stops_the_start(database: Database, kept: Settings, name: KeyName) -> None:
    open_keys(database, kept)
    (kept.state_directory / f"{name}.key").write_text("ab" * 32)
    with pytest.raises(SecretKeyError, match=rf"another {name} key.*keys rotate {name}"):
        open_keys(database, kept)


def test_a_server_that_brings_a_key_of_its_own_to_a_shared_store_is_refused(
    database: Database, kept: Settings, tmp_path: Path
) -> None:
    open_keys(database, kept)
    elsewhere = tmp_path / "elsewhere"
    with pytest.raises(SecretKeyError, match="several servers on one database need one key"):
        open_keys(database, _changed(kept, state_directory=elsewhere))
    assert not (elsewhere / "subject.key").exists()


def test_a_key_in_the_settings_is_held_to_its_digest_too(
    database: Database, kept: Settings
) -> None:
    given = _changed(kept, noise=NoiseSettings(key=SecretStr("n" * 32)))
    assert open_keys(database, given).noise == b"n" * 32
    other = _changed(kept, noise=NoiseSettings(key=SecretStr("o" * 32)))
    with pytest.raises(SecretKeyError, match="FACEVEIL_NOISE__KEY") as refused:
        open_keys(database, other)
    assert "o" * 32 not in str(refused.value)


def test_a_store_without_digests_takes_the_keys_that_are_there(
    database: Database, kept: Settings
) -> None:
    keys = open_keys(database, kept)
    _store_one(database)
    _forget_digests(database)
    assert open_keys(database, kept) == keys
    with database.read() as connection:
        assert all(known_digest(connection, name) for name in KeyName)


@KEYS
def test_a_store_without_digests_that_holds_something_gets_no_new_key(
    database: Database, kept: Settings, name: KeyName
) -> None:
    open_keys(database, kept)
    _store_one(database)
    _forget_digests(database)
    (kept.state_directory / f"{name}.key").unlink()
    with pytest.raises(SecretKeyError, match="is gone"):
        open_keys(database, kept)


def test_a_digest_does_not_hold_the_key(database: Database, kept: Settings) -> None:
    keys = open_keys(database, kept)
    with database.read() as connection:
        digests = [known_digest(connection, name) for name in KeyName]
    with contextlib.closing(database):
        for digest in digests:
            assert digest is not None
            assert keys.subject.hex() != digest != keys.noise.hex()
    assert len(set(digests)) == 2
