"""Pseudonyms: the same for the same name and tenant, and nothing without the key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceveil.problems import UnfitPseudonym
from faceveil.store.pseudonyms import CHARACTERS, Pseudonyms

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


TENANTS = st.text(max_size=8)


@given(tenant=TENANTS, name=st.text())
def test_a_pseudonym_as_it_is_shown_is_taken_as_it_is(tenant: str, name: str) -> None:
    pseudonym = ONE.of(tenant, name)
    assert ONE.of(tenant, ONE.marked(tenant, pseudonym)) == pseudonym


@given(tenant=TENANTS)
def test_a_pseudonym_of_another_key_or_tenant_is_refused(tenant: str) -> None:
    shown = ONE.marked(tenant, "ab" * 16)
    with pytest.raises(UnfitPseudonym, match="another key"):
        OTHER.of(tenant, shown)
    with pytest.raises(UnfitPseudonym, match="another tenant"):
        ONE.of(tenant + "x", shown)


def test_a_pseudonym_may_have_white_space_around_it_as_a_name_may() -> None:
    assert ONE.of("t", f" {ONE.marked('t', 'b' * 32)}\n") == "b" * 32


@pytest.mark.parametrize(
    "name",
    [
        "pseudonym:",
        "pseudonym:Erika",
        "Pseudonym:" + "a" * 8 + ":" + "b" * 32,
        ONE.marked("t", "b" * 32).upper(),
        ONE.marked("t", "b" * 31),
    ],
)
def test_a_name_that_looks_like_a_pseudonym_is_refused_and_never_hashed(name: str) -> None:
    with pytest.raises(UnfitPseudonym, match="cannot begin"):
        ONE.of("t", name)
