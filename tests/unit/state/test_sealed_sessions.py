"""Holds the store to showing nobody, who has not the secret, what is in sessions and whose."""

import base64
import hashlib
import json
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, make_url, select

from ownid_grpc.state.sql import SqlStateStore
from ownid_grpc.state.tables import METADATA, SESSIONS
from tests.support.clock import Clock
from tests.support.shop import SECRET

from .stored_sessions import ADA, opened


def test_store_shows_nobody(url: str, store: SqlStateStore, clock: Clock) -> None:
    """No column, and no byte of an SQLite file, shows an account, a device, a payload, a reason."""
    words: dict[str, Any] = {
        "payload": {"mark": "MARKED"},
        "user_agent": "MARKED",
        "ip_address": "192.0.2.77",
    }
    session = opened(store, clock, **words)
    store.sessions.set_payload(session, {"mark": "MARKED again"}, clock())
    store.sessions.revoke("shop", session.id, "MARKED", clock())

    content = bytes_of_columns(store) + bytes_of_files(url)

    hashes = [hashlib.sha256(text.encode()).hexdigest() for text in (ADA[0], json.dumps(ADA))]
    marks = ["MARKED", "ada@example.com", "192.0.2.77", session.seed.hex(), *hashes]
    assert session.id.encode() in content
    assert [mark for mark in marks if mark.encode() in content] == []
    assert session.seed not in content


def bytes_of_columns(store: SqlStateStore) -> bytes:
    """Returns all that lies in any table, and what it is as base64."""

    def values(connection: Connection) -> list[object]:
        tables = METADATA.sorted_tables
        return [
            cell for table in tables for row in connection.execute(select(table)) for cell in row
        ]

    content = b""
    for value in store._connections.read(values):
        plain = value if isinstance(value, bytes) else str(value).encode()
        content += plain + b" "
        with suppress(ValueError):  # most are no base64
            content += base64.b64decode(plain) + b" "
    return content


def bytes_of_files(url: str) -> bytes:
    """Returns what an SQLite database has on disk, its journal included; nothing of a server's."""
    file = Path(make_url(url).database or "")
    if make_url(url).get_backend_name() != "sqlite":
        return b""
    return b"".join(each.read_bytes() for each in file.parent.glob(f"{file.name}*"))


def test_account_is_found_by_a_keyed_hash(url: str, store: SqlStateStore, clock: Clock) -> None:
    """Who knows an account's key but not the secret cannot tell its sessions in the store."""
    other = SqlStateStore(url, SECRET[::-1], clock)
    opened(store, clock)
    opened(store, clock)
    opened(store, clock, app="club")
    opened(other, clock)

    query = select(SESSIONS.c.account_digest)
    digests = store._connections.read(lambda connection: connection.scalars(query).all())

    assert len(digests) == 4
    assert len(set(digests)) == 3
    other.close()


def test_other_secret_opens_nothing(url: str, store: SqlStateStore, clock: Clock) -> None:
    """With another secret the sessions of before are not there; they are still swept."""
    session = opened(store, clock)
    other = SqlStateStore(url, SECRET[::-1], clock)

    assert other.sessions.get_many("shop", [session.id]) == []
    assert other.sessions.newest("shop", ADA, after=None, limit=9) == []
    clock.move(timedelta(days=30))
    assert other.sessions.sweep(clock()) == 1
    other.close()
