"""The environment, before settings are made of it: names that are Kubernetes', secrets in files."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

PREFIX = "FACEVEIL_"
NESTING = "__"
FILE = "_FILE"
"""Ends the name of a variable that names a secret's file."""

_MOST_OF_A_SECRET = 64 * 1024

_LINK = re.compile(
    rf"{PREFIX}([A-Z0-9_]+_)?"
    r"(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)"
)
_PORT_OF_A_LINK = re.compile(rf"{PREFIX}([A-Z0-9_]+_)?PORT")
_ADDRESS = re.compile(r"(tcp|udp|sctp)://")


class SettingsError(Exception):
    """A setting is wrong; the message has a line for each and names its variable."""


def is_service_link(name: str, value: str) -> bool:
    """Whether Kubernetes set a variable: it tells every pod where a Service `faceveil` is.

    A Service `faceveil-x` has such variables too, which begin with FACEVEIL_X_.
    """
    if NESTING in name:
        return False
    # FACEVEIL_PORT=9000 is somebody's mistake; Kubernetes writes tcp://10.0.0.1:9000.
    return bool(_LINK.fullmatch(name)) or bool(
        _PORT_OF_A_LINK.fullmatch(name) and _ADDRESS.match(value)
    )


def with_secrets_of_files(
    environ: Mapping[str, str | None], secrets: Iterable[str]
) -> dict[str, str | None]:
    """The environment, its names in lower case, with each secret in its own variable.

    Args:
        environ: as it is; `NAME_FILE` may name the file that holds the secret `NAME`.
        secrets: names of the variables that hold secrets.

    Raises:
        SettingsError: if a file cannot be read, or its secret is given too.
    """
    found = {name.upper(): value for name, value in environ.items()}
    for name in secrets:
        file = found.pop(name + FILE, None)
        if file is None:
            continue
        if name in found:
            raise SettingsError(f"{name} and {name}{FILE} are both set: unset one of them.")
        found[name] = _secret_in(file, name + FILE)
    return {name.lower(): value for name, value in found.items()}


def _secret_in(file: str, variable: str) -> str:
    try:
        with Path(file).open("rb") as opened:
            secret = opened.read(_MOST_OF_A_SECRET + 1)
        if len(secret) > _MOST_OF_A_SECRET:
            raise SettingsError(f"{variable}: {file} is too long for a secret.")
        return secret.decode().rstrip("\r\n")
    except OSError as problem:
        raise SettingsError(f"{variable}: {file} cannot be read: {problem.strerror}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{variable}: {file} does not hold text in UTF-8.") from None
