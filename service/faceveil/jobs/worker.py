"""The worker: a process of its own, of low priority and bounded memory, that does the jobs."""

import contextlib
import logging
import os
import secrets
import signal
import socket
import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from dbos import DBOS, DBOSPortableJSONSerializer

from faceveil.confinement.walls import hide_memory
from faceveil.installation import how_to_add
from faceveil.jobs.client import AUDIT, NAME, QUEUES, SCHEMA, Jobs, jobs_url
from faceveil.jobs.heartbeat import beat_until
from faceveil.jobs.memory import MemoryBound
from faceveil.jobs.schedules import audit_everything, sweep
from faceveil.jobs.turns import Turns
from faceveil.settings import Settings
from faceveil.store import audits
from faceveil.store.database import Database, DatabaseError, open_database
from faceveil.store.occupancy import lock_alone
from faceveil.telemetry.logs import configure_logging

PLAN_VERSION = "1"
"""Of the workflows: one that began under another version of them is not gone on with."""

NICENESS = 10
POLL_S = 0.5
HOURLY = "17 * * * *"
AUDITS = "audits"
"""Name of the schedule of audits."""

STAND_BY_S = 2.0
logger = logging.getLogger("faceveil.jobs")


def run(settings: Settings, *, attended: bool = False) -> None:
    """Does jobs until SIGTERM or Ctrl-C; it then ends the process.

    What is being done is not waited for, and goes on at the next start: to stop is the same as to
    be killed, so there is one way to go on, and it is in use every day.

    Args:
        settings: all of them.
        attended: whether a server started it, with whose end its input ends, and it stops too.

    Raises:
        DatabaseError: if the database cannot be used, or another worker has this SQLite file.
    """
    configure_logging(settings.log)
    if not settings.server.core_files:
        hide_memory()
    os.nice(NICENESS)
    os.umask(0o077)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    if attended:
        threading.Thread(target=_wait_for_end_of_input, args=(stopping,), daemon=True).start()
    database = open_database(settings)
    with _alone(database, stopping if attended else None):
        _work(settings, database, stopping)
        logging.shutdown()
        os._exit(0)


def _work(settings: Settings, database: Database, stopping: threading.Event) -> None:
    # An SQLite file has one worker at a time: a restarted one finds its own work by this name.
    name = "local" if database.sqlite else f"{socket.gethostname()}-{secrets.token_hex(4)}"
    # Ours is the root logger's handler; without one of its own DBOS would print in its own way.
    logging.getLogger("dbos").addHandler(logging.NullHandler())
    DBOS(
        config={
            "name": NAME,
            "system_database_url": jobs_url(database).render_as_string(hide_password=False),
            "dbos_system_schema": SCHEMA,
            # Never pickles, which would run what they hold.
            "serializer": DBOSPortableJSONSerializer(),
            "application_version": PLAN_VERSION,
            "executor_id": name,
            "log_level": "WARNING",
            "enable_otlp": False,
        }
    )
    schedules = _registered(settings, database, Jobs(database))
    DBOS.launch()
    for queue in QUEUES:
        DBOS.register_queue(queue, worker_concurrency=1, polling_interval_sec=POLL_S)
    DBOS.apply_schedules(schedules)
    if settings.audit.schedule is None:
        DBOS.delete_schedule(AUDITS)  # perhaps there was one before
    logger.info("the worker is ready", extra={"worker": name})
    if database.sqlite is None:
        beat_until(stopping, database, name)
    else:
        stopping.wait()


def _registered(settings: Settings, database: Database, jobs: Jobs) -> list[Any]:
    """Makes the workflows known; returns when which of them run by themselves."""
    memory = MemoryBound(database, settings.audit.memory_bytes)
    turns = Turns()

    @DBOS.workflow(name=AUDIT)
    def audit(id_: str) -> None:
        with memory.around(id_):
            try:
                # What it needs is an extra, and large: loaded when there is an audit.
                from faceveil.jobs.auditing import make_audit
            except ImportError:
                why = f"The worker was installed without the extra `audit`. {how_to_add('audit')}"
                with database.write() as connection:
                    audits.fail(connection, id_, why)
                return
            make_audit(database, id_, turns, settings.model.directory)

    @DBOS.workflow(name="sweep")
    def sweep_hourly(_: datetime, __: object) -> None:
        sweep(database, settings.store.retention_days)
        jobs.resume()  # what a server wrote down and was killed before it was enqueued

    @DBOS.workflow(name="audit everything")
    def audit_by_schedule(_: datetime, __: object) -> None:
        audit_everything(database, jobs, settings.audit.waiting)

    schedules = [{"schedule_name": "sweep", "workflow_fn": sweep_hourly, "schedule": HOURLY}]
    if settings.audit.schedule is not None:
        schedules.append(
            {
                "schedule_name": AUDITS,
                "workflow_fn": audit_by_schedule,
                "schedule": settings.audit.schedule,
            }
        )
    return schedules


@contextlib.contextmanager
def _alone(database: Database, stopping: threading.Event | None) -> Iterator[None]:
    """Holds an SQLite file's lock for workers: two would do each job twice.

    Args:
        database: the store's.
        stopping: ends the wait for the lock, and this process with it; None does not wait.
    """
    if database.sqlite is None:
        yield
        return
    with database.sqlite.with_name("worker.lock").open("w") as lock:
        if not lock_alone(lock.fileno()):
            if stopping is None:
                raise DatabaseError(
                    "Another worker has this database: a server starts one for itself. For "
                    "several, set FACEVEIL_STORE__URL to a PostgreSQL."
                )
            logger.info("another server's worker does the jobs of this store; this one stands by")
            while not lock_alone(lock.fileno()):
                if stopping.wait(STAND_BY_S):
                    logging.shutdown()
                    os._exit(0)
        yield


def _wait_for_end_of_input(stopping: threading.Event) -> None:
    # Not through `sys.stdin`: a thread that waits within it aborts a process that ends otherwise.
    while os.read(0, 4096):
        pass
    stopping.set()
