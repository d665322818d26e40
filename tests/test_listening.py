"""The address is taken before anything else, and what keeps it from us is told in a sentence."""

import errno
import socket

import pytest

from faceveil.listening import AddressError, cannot_be_had, take_address


def test_a_taken_address_is_ours_alone_and_says_its_port() -> None:
    (ours,) = take_address("127.0.0.1", 0)
    with ours:
        host, port = ours.getsockname()
        assert host == "127.0.0.1"
        ours.listen()
        with pytest.raises(AddressError, match=f"Port {port} .* in use"):
            take_address("127.0.0.1", port)
    (again,) = take_address("127.0.0.1", port)
    again.close()


def test_a_name_is_taken_with_all_its_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 0))
        for host in ("127.0.0.1", "127.0.0.2", "127.0.0.1")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: entries)
    taken = take_address("both.example", 0)
    assert [one.getsockname()[0] for one in taken] == ["127.0.0.1", "127.0.0.2"]
    for one in taken:
        one.close()


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-machine.invalid", "a" * 300])
def test_an_address_that_is_not_this_machines_is_told(host: str) -> None:
    with pytest.raises(AddressError, match="no address of this machine") as refusal:
        take_address(host, 0)
    assert "FACEVEIL_SERVER__HOST" in str(refusal.value)


@pytest.mark.parametrize(
    ("number", "port", "advice"),
    [
        (errno.EADDRINUSE, 8000, "0 takes a free one"),
        (errno.EACCES, 80, "administrator's rights"),
        (errno.EACCES, 8000, "FACEVEIL_SERVER__PORT: 127.0.0.1, port 8000,"),
        (errno.EADDRNOTAVAIL, 80, "no address of this machine"),
        (errno.ENOBUFS, 8000, "cannot be listened on"),
    ],
)
def test_every_reason_is_told_in_a_sentence_that_names_the_setting(
    number: int, port: int, advice: str
) -> None:
    sentence = str(cannot_be_had("127.0.0.1", port, OSError(number, "reason")))
    assert advice in sentence
    assert "FACEVEIL_SERVER__" in sentence
    assert "Errno" not in sentence
