"""An index by which a tenant's entries of the access log are found without reading all others'."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Makes the index."""
    op.create_index("access_log_of_tenant", "access_log", ["tenant", "seq"])
