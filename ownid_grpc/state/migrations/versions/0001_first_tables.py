"""Makes the tables for schema revisions and request ids."""

import sqlalchemy as sa
from alembic import op

from ownid_grpc.state.types import document, identifier

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables.

    Each only where it is missing: MariaDB commits every statement by itself,
    so that a start that broke off may have made some of them.
    """
    op.create_table(
        "ownid_schema_revisions",
        sa.Column("app", identifier(63), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("revision_id", identifier(8), nullable=False),
        sa.Column("document", document(), nullable=False),
        sa.Column("etag", identifier(34), nullable=False),
        sa.Column("create_time", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("app", "revision_id", name="ownid_schema_revisions_id"),
        if_not_exists=True,
    )
    op.create_table(
        "ownid_request_ids",
        sa.Column("app", identifier(63), primary_key=True),
        sa.Column("request_id", identifier(64), primary_key=True),
        sa.Column("fingerprint", identifier(64), nullable=False),
        sa.Column("owner", identifier(32), nullable=False),
        sa.Column("lease_end_time", sa.BigInteger, nullable=False),
        sa.Column("expire_time", sa.BigInteger, nullable=False),
        sa.Column("result", document(), nullable=True),
        if_not_exists=True,
    )
    op.create_index(
        "ownid_request_ids_expire_time", "ownid_request_ids", ["expire_time"], if_not_exists=True
    )
