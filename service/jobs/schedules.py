"""What happens by itself: the sweep of what is past its retention, audits of the whole store."""

import logging

from service.audit.features import FeaturesError
from service.jobs import snapshots
from service.jobs.client import Jobs
from service.store import access_log, audits, features
from service.store.database import Database

WORKER = "worker"
"""Who the access log says did it."""

FEWEST = 2
"""People without whom there is nothing to audit."""

logger = logging.getLogger("faceveil.jobs")


def sweep(database: Database, days: float) -> None:
    """Erases what was stored more than so many days ago, from the files too."""
    with database.write() as connection:
        gone = features.remove_older(connection, days)
        for tenant, number in sorted(gone.items()):
            access_log.append(connection, tenant, WORKER, "expired", {"features": number})
    if gone:
        database.scrub()
    logger.info("a sweep ended", extra={"features": sum(gone.values())})


def audit_everything(database: Database, jobs: Jobs) -> None:
    """Asks for an audit of each tenant's features of each model and version."""
    with database.read() as connection:
        stored = features.models(connection)
    for tenant, model, version in sorted(stored):
        selection = features.Selection(model=model, version=version)
        try:
            snapshot = snapshots.of_store(database, tenant, selection)
        except FeaturesError:
            continue  # erased since the list was read
        if len(snapshot.subjects) < FEWEST:
            continue  # which of one? nobody could tell
        with database.write() as connection:
            id_ = audits.create(
                connection,
                tenant,
                model=snapshot.model,
                source="store",
                options={},
                inputs=snapshot.parts,
                subjects=snapshot.subjects,
            )
            detail = {"audit": id_, **snapshots.describe(selection)}
            access_log.append(connection, tenant, WORKER, "audited", detail)
        jobs.audit(id_)
