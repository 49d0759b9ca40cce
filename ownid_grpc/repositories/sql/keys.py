"""Keys of new rows: chosen by the caller, made here, or left to the database."""

import uuid
from collections.abc import Mapping

from sqlalchemy import Connection, func, select, text

from ownid_grpc.domain.account import AccountDraft
from ownid_grpc.domain.mapping_words import Generated, Key
from ownid_grpc.domain.source import Capability
from ownid_grpc.errors import InvalidArgument, Reason
from ownid_grpc.repositories.refusals import ACCOUNT_ID, capability_missing
from ownid_grpc.repositories.sql.assignments import new_uuid7, random_text, uuid_for
from ownid_grpc.repositories.sql.bound import BoundJoin, BoundMapping, Table
from ownid_grpc.repositories.sql.codecs import Stored
from ownid_grpc.repositories.sql.select import stored_key

Values = dict[str, Stored]


def account_key(
    connection: Connection, mapping: BoundMapping, draft: AccountDraft, own: Mapping[str, Stored]
) -> Values:
    """Returns the key columns of a new account, less those that the database fills.

    `own` are the columns that its row has already: what a scope fixes of a key
    is neither made here nor the caller's to choose.
    """
    words = mapping.words.key
    if words.generate == "caller":
        return _chosen(mapping, draft, own)
    if draft.key is not None:
        raise capability_missing(
            Capability.CHOOSE_KEY,
            "Accounts of this app get their ids by themselves; leave account_id out.",
        )
    return _made(connection, mapping.table, words, own)


def joined_key(connection: Connection, join: BoundJoin, row: Mapping[str, Stored]) -> Values:
    """Returns the key columns of a new joined row that neither it nor the database fills."""
    return {} if join.words.key is None else _made(connection, join.table, join.words.key, row)


def _chosen(mapping: BoundMapping, draft: AccountDraft, own: Mapping[str, Stored]) -> Values:
    if draft.key is None or (stored := stored_key(mapping, draft.key)) is None:
        description = "The caller chooses the account_id of this app; give one that fits its key."
        raise InvalidArgument.at(
            Reason.ARGUMENT_INVALID, ACCOUNT_ID, "required", description, field=ACCOUNT_ID
        )
    chosen: Values = dict(zip(mapping.words.key.columns, stored, strict=True))
    if any(own.get(name, part) != part for name, part in chosen.items()):
        description = "A part of this account_id is fixed for the app, and is another one."
        raise InvalidArgument.at(
            Reason.ARGUMENT_INVALID, ACCOUNT_ID, "scope", description, field=ACCOUNT_ID
        )
    return chosen


def _made(connection: Connection, table: Table, words: Key, row: Mapping[str, Stored]) -> Values:
    if words.generate in ("database", "caller"):
        return {}
    names = [name for name in words.columns if row.get(name) is None]
    return {name: _generated(connection, table, words, name) for name in names}


def _generated(connection: Connection, table: Table, words: Key, name: str) -> Stored:
    how = words.generate
    if not isinstance(how, Generated):
        made = uuid.uuid4() if how == "uuid4" else new_uuid7()
        return uuid_for(table.shape.columns[name], made)
    if how.random is not None:
        return random_text(how.random.length)
    preparer = connection.dialect.identifier_preparer
    source = how.sequence or how.function or ""
    quoted = ".".join(map(preparer.quote_identifier, source.split(".")))
    if how.function is not None:
        return connection.execute(text(f"SELECT {quoted}()")).scalar()
    if connection.dialect.name == "postgresql":
        return connection.execute(select(func.nextval(quoted))).scalar()
    return connection.execute(text(f"SELECT NEXT VALUE FOR {quoted}")).scalar()
