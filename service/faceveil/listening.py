"""Taking the address that the server listens on, or saying why it cannot be had."""

import errno
import socket

_FIRST_FREE_TO_ALL = 1024

_NO_SUCH_ADDRESS = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


class AddressError(OSError):
    """The address cannot be listened on; the message is a sentence for the operator."""


def take_address(host: str, port: int) -> list[socket.socket]:
    """Binds the address, so that nobody else gets it; nothing listens yet.

    Args:
        host: a name or an address; a name with several addresses is bound on each.
        port: 0 takes a free one.

    Raises:
        AddressError: if it cannot be had.
    """
    try:
        found = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError):
        raise AddressError(_no_such_address(host)) from None
    bound: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            bound.append(socket.socket(family, kind, protocol))
            # A port that was in use until a moment ago can be had again at once.
            bound[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                bound[-1].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            bound[-1].bind(address)
    except OSError as problem:
        for one in bound:
            one.close()
        raise cannot_be_had(host, port, problem) from None
    return bound


def cannot_be_had(host: str, port: int, problem: OSError) -> AddressError:
    """Why an address could not be bound or listened on."""
    if problem.errno == errno.EADDRINUSE:
        sentence = (
            f"Port {port} of {host} is in use by another program. Stop that, or choose another "
            "port with FACEVEIL_SERVER__PORT or --port; 0 takes a free one."
        )
    elif problem.errno == errno.EACCES and 0 < port < _FIRST_FREE_TO_ALL:
        sentence = (
            f"Port {port} may not be taken without an administrator's rights, as all below "
            f"{_FIRST_FREE_TO_ALL}. Choose another with FACEVEIL_SERVER__PORT or --port, or give "
            "the right (CAP_NET_BIND_SERVICE)."
        )
    elif problem.errno in _NO_SUCH_ADDRESS:
        sentence = _no_such_address(host)
    else:
        sentence = (
            f"FACEVEIL_SERVER__HOST, FACEVEIL_SERVER__PORT: {host}, port {port}, cannot be "
            f"listened on: {problem.strerror}."
        )
    return AddressError(sentence)


def _no_such_address(host: str) -> str:
    return (
        f"{host} is no address of this machine. Choose one with FACEVEIL_SERVER__HOST or --host: "
        "127.0.0.1 is reached from this machine alone, 0.0.0.0 is every address that it has."
    )
