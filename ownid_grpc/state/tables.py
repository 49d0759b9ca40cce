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
HEAD = "0001"
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

SECRETS = Table(
    "ownid_secrets",
    METADATA,
    Column("name", identifier(63), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
