"""Audits in the store: what they work on, how far they are, what they found."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, delete, func, insert, select, update

from faceveil.store.ids import new_id
from faceveil.store.tables import audit_inputs, audit_subjects, audits, now

SHOWN = 8
"""Characters of a pseudonym by which the report's figures name a person."""

ERASED = "erased"
"""Stands in a finished audit where the pseudonym of somebody stood who was erased since."""


class State(StrEnum):
    """Where an audit is in its life."""

    queued = "queued"
    running = "running"
    done = "done"
    failed = "failed"
    cancelled = "cancelled"


UNENDED = (State.queued, State.running)


@dataclass(frozen=True, slots=True)
class Audit:
    """An audit without its result.

    Attributes:
        id: also of the job that makes it.
        tenant: whose.
        model: name and version of the model audited; None where an upload does not tell.
        source: `store` or `upload`.
        state: where it is.
        done: steps that are finished.
        steps: all of them; None before the plan is made.
        step: the one that is running, for people.
        created: when it was requested.
        ended: when it ended.
        failure: why it failed, in a sentence.
        erased: people in it who were erased since.
        options: how it is done.
    """

    id: str
    tenant: str
    model: str | None
    source: str
    state: State
    done: int
    steps: int | None
    step: str | None
    created: datetime
    ended: datetime | None
    failure: str | None
    erased: int
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """What an audit's place in the line depends on.

    Attributes:
        created: when it was requested.
        ahead: unended audits of the same tenant that were requested before it.
        size: bytes of what it works on.
    """

    created: datetime
    ahead: int
    size: int


_SHOWN = [audits.c[name] for name in Audit.__slots__]


def create(
    connection: Connection,
    tenant: str,
    *,
    model: str | None,
    source: str,
    options: Mapping[str, Any],
    inputs: Mapping[str, bytes],
    subjects: Iterable[str],
) -> str:
    """Writes down an audit that is to be made; returns its id.

    Args:
        connection: of a transaction that writes.
        tenant: whose.
        model: name and version.
        source: `store` or `upload`.
        options: how, as JSON.
        inputs: `.npz` files by part: `features`, and perhaps `gallery` and `reference`.
        subjects: pseudonyms of everybody in it.
    """
    id_ = new_id()
    row = {
        "id": id_,
        "tenant": tenant,
        "model": model,
        "source": source,
        "state": State.queued,
        "done": 0,
        "created": now(),
        "erased": 0,
        "options": dict(options),
    }
    connection.execute(insert(audits), row)
    parts = [{"audit": id_, "part": part, "arrays": data} for part, data in inputs.items()]
    connection.execute(insert(audit_inputs), parts)
    people = [{"audit": id_, "subject": subject} for subject in sorted(set(subjects))]
    connection.execute(insert(audit_subjects), people)
    return id_


def find(connection: Connection, tenant: str, id_: str) -> Audit | None:
    """An audit of the tenant's."""
    return _first(connection, _select().where(audits.c.tenant == tenant, audits.c.id == id_))


def page(connection: Connection, tenant: str, before: str | None, limit: int) -> list[Audit]:
    """At most `limit` audits, newest first, older than `before`."""
    statement = _select().where(audits.c.tenant == tenant).order_by(audits.c.id.desc())
    if before is not None:
        statement = statement.where(audits.c.id < before)
    return [_audit(row) for row in connection.execute(statement.limit(limit)).mappings()]


def latest(
    connection: Connection, tenant: str, model: str, source: str | None = None
) -> Audit | None:
    """The newest finished audit of a model's name, whatever its version."""
    named = (audits.c.model == model) | audits.c.model.startswith(f"{model} ", autoescape=True)
    statement = _select().where(audits.c.tenant == tenant, audits.c.state == State.done, named)
    if source is not None:
        statement = statement.where(audits.c.source == source)
    return _first(connection, statement.order_by(audits.c.id.desc()).limit(1))


def models(connection: Connection, tenant: str) -> list[str]:
    """The models of which the tenant has a finished audit."""
    statement = select(audits.c.model).where(
        audits.c.tenant == tenant, audits.c.state == State.done, audits.c.model.is_not(None)
    )
    return sorted(set(connection.scalars(statement.distinct())))


def give_up_older(connection: Connection, days: float) -> int:
    """Fails audits that have waited longer than a feature is stored; returns how many."""
    old = audits.c.created < now() - timedelta(days=days)
    waiting = select(audits.c.id).where(audits.c.state.in_(UNENDED), old)
    return sum(
        fail(connection, id_, "It was not made before its data had to go. Is there a worker?")
        for id_ in connection.scalars(waiting).all()
    )


def unended(connection: Connection) -> list[str]:
    """Ids of everybody's audits that are queued or running."""
    return list(connection.scalars(select(audits.c.id).where(audits.c.state.in_(UNENDED))))


def waiting(connection: Connection, tenant: str) -> int:
    """How many of a tenant's audits have not ended."""
    statement = select(func.count()).where(audits.c.tenant == tenant, audits.c.state.in_(UNENDED))
    return connection.scalar(statement) or 0


def size(connection: Connection, id_: str) -> int:
    """Bytes of what an audit works on; 0 where it ended."""
    length = func.sum(func.length(audit_inputs.c.arrays))
    return int(connection.scalar(select(length).where(audit_inputs.c.audit == id_)) or 0)


def place(connection: Connection, id_: str) -> Place | None:
    """What an audit's place in the line depends on; None where it was removed."""
    row = connection.execute(
        select(audits.c.tenant, audits.c.created).where(audits.c.id == id_)
    ).first()
    if row is None:
        return None
    tenant, created = row
    ahead = select(func.count()).where(
        audits.c.tenant == tenant, audits.c.state.in_(UNENDED), audits.c.id < id_
    )
    return Place(created, connection.scalar(ahead) or 0, size(connection, id_))


def result(connection: Connection, id_: str) -> str | None:
    """The result as JSON, once there is one."""
    found: str | None = connection.scalar(select(audits.c.result).where(audits.c.id == id_))
    return found


def report(connection: Connection, id_: str) -> str | None:
    """The report as HTML, once there is one."""
    found: str | None = connection.scalar(select(audits.c.report).where(audits.c.id == id_))
    return found


def inputs(connection: Connection, id_: str) -> dict[str, bytes]:
    """What an audit works on, by part; nothing where it ended, or was cleared by an erasure."""
    found = connection.execute(select(audit_inputs).where(audit_inputs.c.audit == id_))
    return {row.part: row.arrays for row in found}


def options(connection: Connection, id_: str) -> dict[str, Any]:
    """How an audit is to be done."""
    found: dict[str, Any] = connection.execute(
        select(audits.c.options).where(audits.c.id == id_)
    ).scalar_one()
    return found


def advance(connection: Connection, id_: str, done: int, steps: int, step: str) -> bool:
    """Writes down how far an audit is; False where it was cancelled, or has ended."""
    return _update(connection, id_, state=State.running, done=done, steps=steps, step=step)


def finish(connection: Connection, id_: str, result: str, report: str) -> bool:
    """Stores what was found and drops what it worked on; False where it was cancelled."""
    return _end(connection, id_, State.done, result=result, report=report)


def fail(connection: Connection, id_: str, failure: str) -> bool:
    """Ends an audit with a sentence that says why."""
    return _end(connection, id_, State.failed, failure=failure)


def cancel(connection: Connection, id_: str) -> bool:
    """Ends an audit that nobody wants any more; False where it has ended."""
    return _end(connection, id_, State.cancelled)


def remove(connection: Connection, id_: str) -> None:
    """Deletes an audit with all that belongs to it."""
    connection.execute(delete(audits).where(audits.c.id == id_))


def stop_those_with(connection: Connection, tenant: str, subject: str) -> list[str]:
    """Fails the tenant's audits that are at work on a person, and drops what they work on.

    Returns:
        The ids of all audits that had the person, the ended ones too.
    """
    having = list(
        connection.scalars(
            select(audits.c.id)
            .join(audit_subjects, audit_subjects.c.audit == audits.c.id)
            .where(audits.c.tenant == tenant, audit_subjects.c.subject == subject)
            .order_by(audits.c.id)
        )
    )
    for id_ in having:
        fail(connection, id_, "Something in it was erased while it was made. Start it anew.")
    return having


def forget(connection: Connection, tenant: str, subject: str) -> int:
    """Takes an erased person out of the tenant's audits; returns how many had that person.

    What an unended one works on is dropped, and it fails: the person is in there. A finished one
    keeps its figures; they are marked, and the pseudonym is blotted out of result and report.
    """
    having = stop_those_with(connection, tenant, subject)
    for id_ in having:
        row = connection.execute(select(audits).where(audits.c.id == id_).with_for_update()).one()
        connection.execute(
            update(audits)
            .where(audits.c.id == id_)
            .values(
                erased=audits.c.erased + 1,
                result=_blotted(row.result, subject),
                # Figures name people by the first characters only.
                report=_blotted(_blotted(row.report, subject), subject[:SHOWN]),
            )
        )
    people = audit_subjects.c
    connection.execute(
        delete(audit_subjects).where(people.subject == subject, people.audit.in_(having))
    )
    return len(having)


def _blotted(text: str | None, name: str) -> str | None:
    return None if text is None else re.sub(rf"\b{re.escape(name)}\b", ERASED, text)


def _end(connection: Connection, id_: str, state: State, **values: Any) -> bool:
    ended = _update(connection, id_, state=state, ended=now(), step=None, **values)
    if ended:
        connection.execute(delete(audit_inputs).where(audit_inputs.c.audit == id_))
    return ended


def _update(connection: Connection, id_: str, **values: Any) -> bool:
    statement = update(audits).where(audits.c.id == id_, audits.c.state.in_(UNENDED))
    return connection.execute(statement.values(**values)).rowcount == 1


def _select() -> Select[Any]:
    return select(*_SHOWN)


def _first(connection: Connection, statement: Select[Any]) -> Audit | None:
    row = connection.execute(statement).mappings().first()
    return None if row is None else _audit(row)


def _audit(row: RowMapping) -> Audit:
    return Audit(**{**row, "state": State(row["state"])})
