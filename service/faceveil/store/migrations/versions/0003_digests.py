"""Digests of the secret keys; traces in receipts, by which a restored person is erased again."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Makes the table and the column."""
    op.create_table(
        "key_digests",
        sa.Column("name", sa.String(16), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
    )
    op.add_column("erasures", sa.Column("trace", sa.String(64)))
    op.create_index("erasures_by_trace", "erasures", ["trace"])
