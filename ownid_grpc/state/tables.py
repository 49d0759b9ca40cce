"""The tables of our store; `migrations` make them, and a test holds both to each other."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
)

from ownid_grpc.state.types import document, identifier

VERSION_TABLE = "ownid_alembic_version"
HEAD = "0002"
"""The newest migration, so that a start on tables that are up to date need not load alembic."""


METADATA = MetaData()

# Times are whole microseconds since 1970, which mean the same on every database.

SCHEMA_REVISIONS = Table(
    "ownid_schema_revisions",
    METADATA,
    Column("app", identifier(63), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("revision_id", identifier(8), nullable=False),
    Column("document", document(), nullable=False),
    Column("etag", identifier(34), nullable=False),
    Column("create_time", BigInteger, nullable=False),
    UniqueConstraint("app", "revision_id", name="ownid_schema_revisions_id"),
)

REQUEST_IDS = Table(
    "ownid_request_ids",
    METADATA,
    Column("app", identifier(63), primary_key=True),
    Column("request_id", identifier(64), primary_key=True),
    Column("fingerprint", identifier(64), nullable=False),
    Column("owner", identifier(32), nullable=False),
    Column("lease_end_time", BigInteger, nullable=False),
    Column("expire_time", BigInteger, nullable=False),
    Column("result", document(), nullable=True),
    Index("ownid_request_ids_expire_time", "expire_time"),
)

SESSIONS = Table(
    "ownid_sessions",
    METADATA,
    Column("session_id", identifier(32), primary_key=True),
    Column("app", identifier(63), nullable=False),
    Column("account_digest", identifier(64), nullable=False),
    Column("sealed", document(), nullable=False),
    Column("payload", document(), nullable=False),
    Column("create_time", BigInteger, nullable=False),
    Column("last_active_time", BigInteger, nullable=False),
    Column("expire_time", BigInteger, nullable=False),
    Column("idle_timeout", BigInteger, nullable=False),
    Column("end_time", BigInteger, nullable=False),
    Column("revoke_time", BigInteger, nullable=True),
    Column("revoke_reason", document(), nullable=True),
    Column("generation", Integer, nullable=False),
    Column("rotate_time", BigInteger, nullable=True),
    Column("ticket_digest", identifier(64), nullable=True),
    Column("ticket_expire_time", BigInteger, nullable=False),
    Index("ownid_sessions_app", "app", "create_time", "session_id"),
    Index("ownid_sessions_account", "app", "account_digest", "create_time", "session_id"),
    Index("ownid_sessions_end_time", "end_time"),
)

SIGNING_KEYS = Table(
    "ownid_signing_keys",
    METADATA,
    Column("app", identifier(63), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("key_id", identifier(43), nullable=False),
    Column("private_key", LargeBinary, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("create_time", BigInteger, nullable=False),
    Column("start_time", BigInteger, nullable=False),
)
