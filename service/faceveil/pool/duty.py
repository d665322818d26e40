"""What the server and its fork server agree on: which work, and within which bounds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from faceveil.confinement.walls import Wanted

Ask = Callable[[bytes], bytes]
"""Asks the server, once a job at most, and waits for its answer."""


class Duty(Protocol):
    """The work of a worker; what it needs is loaded."""

    def do(self, job: Any, ask: Ask) -> bytes:
        """Does a job and returns the result as JSON.

        Raises:
            Problem: if the job is to be refused.
        """
        ...

    def rehearse(self) -> None:
        """Does some work of each kind, so that nothing is left that would be loaded later.

        A confined worker can load nothing. It is called before, and once more in a process that is
        confined as the workers will be, to see that they can work.
        """
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What a fork server is to do. It is sent as JSON: nothing else of the server reaches it.

    Attributes:
        load: `module:function`, which returns a Duty.
        needs: arguments of that function.
        size: workers at a time.
        cpu_s: seconds of processor time that a job may take; the kernel ends a worker that takes
            more, in whatever library it is.
        memory_bytes: that a worker may map beyond what it has mapped when it begins.
        confinement: whether a worker may do without some of the walls, on a system that lacks them.
        threads: whether a library that it works with starts threads.
    """

    load: str
    needs: dict[str, Any]
    size: int
    cpu_s: float = 2.0
    memory_bytes: int = 448 * 2**20
    confinement: Wanted = "if-possible"
    threads: bool = False
