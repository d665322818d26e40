"""Pseudonyms: the same for the same name and tenant, and nothing without the key."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from service.settings import Settings, StoreSettings
from service.store.pseudonyms import CHARACTERS, Pseudonyms, load_pseudonyms

ONE, OTHER = Pseudonyms(b"k" * 32), Pseudonyms(b"q" * 32)


@given(tenant=st.text(), name=st.text())
def test_a_name_has_one_pseudonym_a_tenant_and_a_key(tenant: str, name: str) -> None:
    pseudonym = ONE.of(tenant, name)
    assert pseudonym == ONE.of(tenant, name)
    assert len(pseudonym) == CHARACTERS
    assert pseudonym != ONE.of(tenant + "x", name)
    assert pseudonym != ONE.of(tenant, name + "x")
    assert pseudonym != OTHER.of(tenant, name)


def test_names_composed_in_two_ways_are_one() -> None:
    assert ONE.of("t", "Zoe\u0308") == ONE.of("t", "Zo\u00eb")


def test_the_pseudonym_is_pinned_for_what_is_stored_must_be_found_again() -> None:
    assert Pseudonyms(bytes(range(32))).of("default", "Erika") == "39b6e96ba29993962575d560b952e82f"


@given(parts=st.lists(st.binary(max_size=4), min_size=1, max_size=4))
def test_a_fingerprint_tells_where_one_part_ends(parts: list[bytes]) -> None:
    assert ONE.fingerprint(*parts) == ONE.fingerprint(*parts)
    assert ONE.fingerprint(*parts) != ONE.fingerprint(*parts, b"")
    joined = ONE.fingerprint(b"".join(parts))
    assert (joined == ONE.fingerprint(*parts)) == (len(parts) == 1)


def test_the_key_comes_from_its_file_or_from_the_settings(tmp_path: Path) -> None:
    by_file = load_pseudonyms(Settings(state_directory=tmp_path))
    assert (tmp_path / "subject.key").stat().st_mode & 0o077 == 0
    assert load_pseudonyms(Settings(state_directory=tmp_path)).of("t", "n") == by_file.of("t", "n")
    store = StoreSettings.model_validate({"subject_key": "s" * 32})
    by_setting = load_pseudonyms(Settings(state_directory=tmp_path, store=store))
    assert by_setting.of("t", "n") == Pseudonyms(b"s" * 32).of("t", "n") != by_file.of("t", "n")
