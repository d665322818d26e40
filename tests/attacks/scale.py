"""How much an attack brings: little in the tests, all of it in `make attacks`."""

import os

VARIABLE = "ATTACKS_LONG"


def scaled(short: int, long: int) -> int:
    """One or the other, as VARIABLE says when the attack is loaded."""
    return long if os.environ.get(VARIABLE) else short
