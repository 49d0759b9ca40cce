"""Makes the tables for sessions and signing keys."""

import sqlalchemy as sa
from alembic import op

from ownid_grpc.state.types import document, identifier

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables, each only where it is missing, as in the first migration."""
    op.create_table(
        "ownid_sessions",
        sa.Column("session_id", identifier(32), primary_key=True),
        sa.Column("app", identifier(63), nullable=False),
        sa.Column("account_digest", identifier(64), nullable=False),
        sa.Column("sealed", document(), nullable=False),
        sa.Column("payload", document(), nullable=False),
        sa.Column("create_time", sa.BigInteger, nullable=False),
        sa.Column("last_active_time", sa.BigInteger, nullable=False),
        sa.Column("expire_time", sa.BigInteger, nullable=False),
        sa.Column("idle_timeout", sa.BigInteger, nullable=False),
        sa.Column("end_time", sa.BigInteger, nullable=False),
        sa.Column("revoke_time", sa.BigInteger, nullable=True),
        sa.Column("revoke_reason", document(), nullable=True),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("rotate_time", sa.BigInteger, nullable=True),
        sa.Column("ticket_digest", identifier(64), nullable=True),
        sa.Column("ticket_expire_time", sa.BigInteger, nullable=False),
        if_not_exists=True,
    )
    for name, columns in (
        ("ownid_sessions_app", ["app", "create_time", "session_id"]),
        ("ownid_sessions_account", ["app", "account_digest", "create_time", "session_id"]),
        ("ownid_sessions_end_time", ["end_time"]),
    ):
        op.create_index(name, "ownid_sessions", columns, if_not_exists=True)
    op.create_table(
        "ownid_signing_keys",
        sa.Column("app", identifier(63), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("key_id", identifier(43), nullable=False),
        sa.Column("private_key", sa.LargeBinary, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("create_time", sa.BigInteger, nullable=False),
        sa.Column("start_time", sa.BigInteger, nullable=False),
        if_not_exists=True,
    )
