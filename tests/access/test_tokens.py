import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceveil.access import keys, tokens
from faceveil.access.keys import Scope
from faceveil.access.tokens import Grant, Tokens

SECRET = bytes(32)
GRANT = Grant("0123456789ab", frozenset({Scope.anonymize, Scope.read}), "strict", 1000)


def at(seconds: float, secret: bytes = SECRET) -> Tokens:
    return Tokens(secret, lambda: seconds)


def test_a_token_says_what_it_was_made_for_until_it_ends() -> None:
    token = at(0).issue(GRANT)
    assert at(999.9).read(token) == GRANT
    assert at(1000).read(token) is None


def test_a_token_that_is_signed_but_was_never_made_so_may_no_more() -> None:
    forever = Grant(GRANT.key, GRANT.scopes, None, 2**40)
    assert at(0).read(at(0).issue(forever)) is None
    all_mighty = Grant(GRANT.key, GRANT.scopes | {Scope.admin}, None, 1000)
    read = at(0).read(at(0).issue(all_mighty))
    assert read is not None
    assert read.scopes == GRANT.scopes


def test_another_servers_token_says_nothing() -> None:
    assert at(0, bytes(31) + b"1").read(at(0).issue(GRANT)) is None


@given(st.data())
def test_a_token_with_one_character_changed_says_nothing(data: st.DataObject) -> None:
    token = at(0).issue(GRANT)
    place = data.draw(st.integers(0, len(token) - 2))  # the last one has bits that say nothing
    other = data.draw(st.sampled_from("ABcd01_-.").filter(lambda one: one != token[place]))
    assert at(0).read(token[:place] + other + token[place + 1 :]) is None


def test_nobody_can_write_a_longer_life_into_a_token() -> None:
    payload, signature = at(0).issue(GRANT).removeprefix("fvt_").split(".")
    said = json.loads(base64.urlsafe_b64decode(payload + "=="))
    said[-1] = 10**9
    longer = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    assert at(0).read(f"fvt_{longer}.{signature}") is None


@pytest.mark.parametrize("given", ["", "fvt_", "fvt_x.y", "fv_x_y", "fvt_" + "A" * 10_000])
def test_words_that_are_no_token_say_nothing(given: str) -> None:
    assert not tokens.may_be(given)
    assert at(0).read(given) is None


def test_a_token_is_no_key_and_a_key_no_token() -> None:
    token, key = at(0).issue(GRANT), keys.generate()
    assert tokens.may_be(token)
    assert not keys.may_be(token)
    assert not tokens.may_be(key)


def test_a_token_may_stand_in_a_subprotocol() -> None:
    assert set(at(0).issue(GRANT)) <= set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
    )
