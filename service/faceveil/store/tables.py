"""The tables, as the newest migration leaves them.

Times are integers: milliseconds since 1970-01-01 UTC, so that both databases order them alike.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def milliseconds(moment: datetime) -> int:
    """Since 1970-01-01 UTC; finer fractions are cut off."""
    return (moment - _EPOCH) // _MILLISECOND


def moment(milliseconds: int) -> datetime:
    """So many milliseconds after 1970-01-01 UTC."""
    return _EPOCH + milliseconds * _MILLISECOND


def now() -> datetime:
    """This moment as it comes back from the database: in UTC, in whole milliseconds."""
    return moment(milliseconds(datetime.now(UTC)))


class Moment(TypeDecorator[datetime]):
    """A moment in UTC, in milliseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        """To milliseconds."""
        return None if value is None else milliseconds(value)

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        """To a moment with its time zone."""
        return None if value is None else moment(value)


metadata = MetaData()

features = Table(
    "features",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("subject", String(32), nullable=False, comment="pseudonym, never a name"),
    Column("session", String(64)),
    Column("captured", Moment, nullable=False),
    Column("stored", Moment, nullable=False),
    Column("model", String(64), nullable=False),
    Column("version", String(32), nullable=False),
    Column("level", String(64), nullable=False),
    Column("emotion", String(64)),
    Column("embedding", LargeBinary, nullable=False, comment="little-endian float32"),
    Index("features_of_tenant", "tenant", "id"),
    Index("features_of_subject", "tenant", "subject"),
    Index("features_by_age", "stored"),
)

replays = Table(
    "replays",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("fingerprint", String(64), nullable=False, comment="keyed hash of the request"),
    Column("answer", JSON, nullable=False, comment="ids and counts only"),
    Column("at", Moment, nullable=False),
    Index("replays_by_age", "at"),
    comment="writes that carried an Idempotency-Key",
)

erasures = Table(
    "erasures",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    Column("features", Integer, nullable=False),
    Column("audits", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("trace", String(64), comment="hash of the pseudonym; none before migration 0003"),
    Index("erasures_by_trace", "trace"),
    comment="receipts; they tell how much was erased and when, not of whom",
)

keys = Table(
    "keys",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("name", String(64), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("digest", String(64), nullable=False, comment="SHA-256 of the secret"),
    Column("level", String(64), comment="lowest privacy level"),
    Column("per_minute", Integer),
    Column("created", Moment, nullable=False),
    Column("expires", Moment),
    Column("revoked", Moment),
)

key_digests = Table(
    "key_digests",
    metadata,
    Column("name", String(16), primary_key=True, comment="subject or noise"),
    Column("digest", String(64), nullable=False, comment="keyed hash of nothing, under that key"),
    Column("since", Moment, nullable=False),
    comment="which secret keys what is stored was made with; the keys themselves are not here",
)

access_log = Table(
    "access_log",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("tenant", String(64), nullable=False),
    Column("actor", String(16), nullable=False, comment="key id, or cli, worker, anyone"),
    Column("action", String(32), nullable=False),
    Column("detail", JSON, nullable=False),
    Column("chain", String(64), nullable=False, comment="hash over the entry and the one before"),
    Index("access_log_of_tenant", "tenant", "seq"),
    comment="append only: triggers refuse everything else",
)

audits = Table(
    "audits",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("model", String(128)),
    Column("source", String(16), nullable=False, comment="store or upload"),
    Column("state", String(16), nullable=False),
    Column("done", Integer, nullable=False),
    Column("steps", Integer),
    Column("step", String(128)),
    Column("created", Moment, nullable=False),
    Column("ended", Moment),
    Column("failure", Text),
    Column("erased", Integer, nullable=False, comment="people in it who were erased later"),
    Column("options", JSON, nullable=False),
    Column("result", Text, comment="AuditResult as JSON"),
    Column("report", Text, comment="HTML"),
    Index("audits_of_tenant", "tenant", "id"),
)

audit_inputs = Table(
    "audit_inputs",
    metadata,
    Column("audit", ForeignKey("audits.id", ondelete="CASCADE"), primary_key=True),
    Column("part", String(16), primary_key=True, comment="features, gallery or reference"),
    Column("arrays", LargeBinary, nullable=False, comment=".npz"),
    comment="what an audit works on, until it ends",
)

audit_subjects = Table(
    "audit_subjects",
    metadata,
    Column("audit", ForeignKey("audits.id", ondelete="CASCADE"), primary_key=True),
    Column("subject", String(32), primary_key=True),
    Index("audits_of_subject", "subject"),
)

scrubs = Table(
    "scrubs",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("tables", String(256), nullable=False),
    Column("since", Moment, nullable=False),
    comment="deletions whose bytes have not left the files yet",
)

workers = Table(
    "workers",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("beat", Moment, nullable=False, comment="when it last told that it lives"),
)
