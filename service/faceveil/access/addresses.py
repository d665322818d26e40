"""Whose an address is, where it is all that is known of a client."""

import ipaddress


def network_of(address: str) -> str:
    """Whose an address is: an IPv4 address; of IPv6 the first 64 bits, for a host has the rest."""
    if ":" not in address:
        return address
    try:
        known = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if known.ipv4_mapped or known.is_loopback:
        return str(known.ipv4_mapped or known)
    return str(ipaddress.IPv6Network((known, 64), strict=False))
