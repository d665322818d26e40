"""The limit of open files: raised as far as it may be, with some kept back."""

import resource
import subprocess
import sys

from faceveil.http.descriptors import SPARE

PROGRAM = """
import resource
from faceveil.http.descriptors import raise_limit
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
print(raise_limit(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


def _raised(soft: int, hard: int) -> list[int]:
    program = PROGRAM.format(soft=soft, hard=hard)
    told = subprocess.check_output([sys.executable, "-c", program], text=True)  # noqa: S603
    return [int(number) for number in told.split()]


def test_the_soft_limit_becomes_the_hard_one() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert hard >= 1024
    assert _raised(256, 1024) == [1024 - SPARE, 1024]


def test_a_small_limit_leaves_a_few_connections() -> None:
    assert _raised(64, 64) == [16, 64]
