"""Audits, what they work on, whom they are about, and the workers that make them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "audits",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("model", sa.String(128)),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("steps", sa.Integer),
        sa.Column("step", sa.String(128)),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("ended", sa.BigInteger),
        sa.Column("failure", sa.Text),
        sa.Column("erased", sa.Integer, nullable=False),
        sa.Column("options", sa.JSON, nullable=False),
        sa.Column("result", sa.Text),
        sa.Column("report", sa.Text),
    )
    op.create_index("audits_of_tenant", "audits", ["tenant", "id"])
    op.create_table(
        "audit_inputs",
        sa.Column(
            "audit", sa.String(36), sa.ForeignKey("audits.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("part", sa.String(16), primary_key=True),
        sa.Column("arrays", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "audit_subjects",
        sa.Column(
            "audit", sa.String(36), sa.ForeignKey("audits.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("subject", sa.String(32), primary_key=True),
    )
    op.create_index("audits_of_subject", "audit_subjects", ["subject"])
    if op.get_bind().dialect.name == "postgresql":
        for table, column in (
            ("audits", "result"),
            ("audits", "report"),
            ("audit_inputs", "arrays"),
            ("audit_subjects", "subject"),
        ):
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")
    op.create_table(
        "workers",
        sa.Column("name", sa.String(128), primary_key=True),
        sa.Column("beat", sa.BigInteger, nullable=False),
    )
