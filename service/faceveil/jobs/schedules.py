"""What happens by itself: the sweep of what is past its retention, audits of the whole store."""

import logging

from faceveil.audit.features import FeaturesError
from faceveil.audit.snapshot import FEWEST
from faceveil.jobs import snapshots
from faceveil.jobs.client import Jobs
from faceveil.problems import StoreBusy
from faceveil.store import access_log, audits, features, replays, tables
from faceveil.store.database import Database
from faceveil.store.scrubbing import owe, settle

WORKER = "worker"
"""Who the access log says did it."""

logger = logging.getLogger("faceveil.jobs")


def sweep(database: Database, days: float | None) -> None:
    """Erases what was stored more than so many days ago, from the files too, and tidies up.

    That is: repeats older than a day, audits that waited all that time, and what an erasure that
    was cut short owes.

    Args:
        database: where.
        days: the retention; None where none is chosen, and nothing stored ends.
    """
    gone: dict[str, int] = {}
    with database.write() as connection:
        replays.expire(connection)
        if days is not None:
            gone = features.remove_older(connection, days)
            waited = audits.give_up_older(connection, days)
            if gone or waited:
                owe(connection, tables.features, tables.audit_inputs, tables.replays)
        for tenant, number in sorted(gone.items()):
            access_log.append(connection, tenant, WORKER, "expired", {"features": number})
    try:
        settle(database)
    except StoreBusy:
        logger.warning("what was erased is still in the files; the next sweep tries again")
    logger.info("a sweep ended", extra={"features": sum(gone.values())})


def audit_everything(database: Database, jobs: Jobs, most: int) -> None:
    """Asks for an audit of each tenant's features of each model and version.

    Args:
        database: where they are.
        jobs: whom to ask.
        most: unended audits that a tenant may have; what is more has to wait for the next time.
    """
    with database.read() as connection:
        stored = features.models(connection)
    for tenant, model, version in sorted(stored):
        with database.read() as connection:
            if audits.waiting(connection, tenant) >= most:
                logger.warning("too many audits wait for another", extra={"tenant": tenant})
                continue
        selection = features.Selection(model=model, version=version)
        try:
            snapshot = snapshots.of_store(database, tenant, selection)
        except FeaturesError:
            continue  # erased since the list was read
        if len(snapshot.subjects) < FEWEST:
            continue  # which of one? nobody could tell
        with database.write() as connection:
            id_ = snapshots.request(connection, tenant, WORKER, snapshot, {})
        if id_ is not None:  # else somebody in it was erased just now; the next time will do
            jobs.audit(id_)
