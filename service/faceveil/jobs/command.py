"""`faceveil worker`: does audits and erases what is past its retention."""

from typing import Annotated

import typer

from faceveil.settings import load_settings
from faceveil.stop import stop


def worker(
    attended: Annotated[bool, typer.Option("--attended", hidden=True)] = False,
) -> None:
    """Run audits, and erase what is past its retention.

    A server starts one for itself. On a PostgreSQL that several servers share, start as many as you
    like on any machines, and set FACEVEIL_AUDIT__OWN_WORKER=false for the servers. One that is
    killed loses one step: it, or another worker a minute later, continues from there.
    """
    from faceveil.jobs.worker import run
    from faceveil.store.database import DatabaseError

    settings = load_settings()
    try:
        run(settings, attended=attended)
    except (DatabaseError, OSError) as problem:
        stop(str(problem))
