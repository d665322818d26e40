"""An audit as a job, with a checkpoint after each attacker and fold: a killed worker loses one."""

import logging
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from dbos import DBOS
from sqlalchemy import Connection

from faceveil.audit.case import Options, prepare
from faceveil.audit.features import FeaturesError
from faceveil.audit.ladder import conclude, plan, run_step
from faceveil.audit.promises import promise_of
from faceveil.audit.report import render
from faceveil.audit.snapshot import AUDITED, GALLERY, REFERENCE, features_of
from faceveil.jobs.turns import Turns
from faceveil.problems import StoreBusy
from faceveil.store import audits
from faceveil.store.database import Database

_PAUSES_S = (1, 2, 5, 10, 30, 60, 60, 60)
"""How long a database that is being restarted is waited for: an hour's work is worth it."""

logger = logging.getLogger("faceveil.audit")


def make_audit(database: Database, id_: str, turns: Turns, models: Path) -> None:
    """Makes an audit that the store knows; the body of a DBOS workflow.

    Each step waits for its turn, so that a large audit does not hold up a small one.

    DBOS stores what steps return: called again after a crash, this finds the finished ones done.
    The case is prepared anew, which takes a moment, from the same snapshot and seed.

    Args:
        database: where the audit is written down.
        id_: of the audit.
        turns: of the audits.
        models: folder of installed models, whose cards tell what is proved of their embeddings.
    """
    try:
        finished = _finished(database, id_, turns, models)
    except FeaturesError as problem:
        _fail(database, id_, str(problem))
    except Exception:
        logger.exception("an audit broke off", extra={"audit": id_})
        _fail(database, id_, "It broke off by an error of ours; the worker's log tells where.")
    else:
        logger.info("an audit ended", extra={"audit": id_, "finished": finished})


def _finished(database: Database, id_: str, turns: Turns, models: Path) -> bool:
    """Whether it was finished; otherwise somebody cancelled it, or erased somebody in it."""
    with database.read() as connection:
        parts, options = audits.inputs(connection, id_), audits.options(connection, id_)
    features = features_of(parts, AUDITED)
    if features is None:
        return False
    case = prepare(
        features,
        Options.model_validate(options | {"promise": promise_of(features, [models])}),
        features_of(parts, GALLERY),
        features_of(parts, REFERENCE),
    )
    steps = plan(case)

    def advanced(done: int, step: str) -> bool:
        advance = partial(audits.advance, id_=id_, done=done, steps=len(steps), step=step)
        return _written(database, advance)

    outcomes = {}
    with turns.taking_part(id_):
        for number, step in enumerate(steps):
            if not advanced(number, step.title):
                return False
            with turns.turn(id_):
                outcomes[step.key] = DBOS.run_step({"name": step.key}, run_step, case, step)
        if not advanced(len(steps), "verdict and report"):
            return False
        with turns.turn(id_):
            result = conclude(case, outcomes)
            report = render(result)
    found = partial(audits.finish, id_=id_, result=result.model_dump_json(), report=report)
    return _written(database, found)


def _fail(database: Database, id_: str, sentence: str) -> None:
    _written(database, partial(audits.fail, id_=id_, failure=sentence))


def _written(database: Database, write: Callable[[Connection], bool]) -> bool:
    """Writes, and where the database does not answer, tries again for some minutes."""
    for pause in _PAUSES_S:
        try:
            with database.write() as connection:
                return write(connection)
        except StoreBusy:
            time.sleep(pause)
    with database.write() as connection:
        return write(connection)
