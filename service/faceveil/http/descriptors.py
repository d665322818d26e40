"""How many connections the operating system lets this process have."""

import resource

MOST = 65_536
"""Descriptors that are asked for; more would only make their tables larger."""

SPARE = 256
"""Descriptors kept for what is no client: the store, the workers, files, the listener."""


def raise_limit() -> int:
    """Raises the soft limit of open files to the hard one.

    Returns:
        Connections that fit in it beside everything else; at least 16.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return MOST if soft == resource.RLIM_INFINITY else max(16, soft - SPARE)
