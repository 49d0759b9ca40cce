"""A shop whose customers sign in: the whole service over an SQLite file, and its users."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import pytest
from ownid.v1 import account_schema_pb2, account_schema_service_pb2, session_service_pb2
from ownid.v1.session_service_pb2_grpc import SessionServiceStub

from ownid_grpc.config import SessionSettings
from ownid_grpc.repositories.sql import open_repository
from ownid_grpc.server.gate import SessionDoor
from ownid_grpc.server.servicers import add_servicers
from ownid_grpc.services.services import Services
from ownid_grpc.services.subject_tokens import Issuer
from ownid_grpc.state.sql import SqlStateStore
from tests.support.clock import Clock
from tests.support.keys import bearer
from tests.support.service import Client
from tests.support.serving import error_info_in, serving_with
from tests.support.shop import SECRET
from tests.support.whole import config_for

APP = "apps/shop"
ORIGIN = "https://shop.example.com"

TABLES = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, first_name TEXT,
    birthdate TEXT, note TEXT, points INTEGER DEFAULT 0, pin TEXT, blocked INTEGER DEFAULT 0);
CREATE TABLE addresses (customer_id INTEGER PRIMARY KEY, city TEXT, district TEXT);
INSERT INTO customers (id, email, first_name, note, points) VALUES
    (1, 'ada@example.com', 'Ada', 'pays late', 10), (2, 'ben@example.com', 'Ben', NULL, 20);
"""

REPOSITORY: dict[object, object] = {
    "type": "sql",
    "table": "customers",
    "key": "id",
    "joins": {"address": {"table": "addresses", "on": {"customer_id": "id"}}},
    "properties": {
        "email": "email",
        "given_name": "first_name",
        "birthdate": {"column": "birthdate", "type": "text"},
        "note": "note",
        "points": "points",
        "pin": "pin",
        "address.city": {"join": "address", "column": "city"},
        "address.district": {"join": "address", "column": "district"},
    },
    "disabled": {"column": "blocked", "values": {True: 1, False: 0}},
}

TEXT = {"type": "string"}
SCHEMA = {
    "type": "object",
    "title": "Customer",
    "properties": {
        "email": TEXT | {"format": "email", "x-ownid-login-id": True, "x-ownid-self": "read"},
        "given_name": TEXT | {"title": "First name", "maxLength": 20, "x-ownid-self": "write"},
        "birthdate": TEXT | {"pattern": "^[0-9-]+$", "x-ownid-self": "write-once"},
        "note": TEXT,
        "points": {"type": "integer"},
        "pin": TEXT | {"writeOnly": True, "x-ownid-self": "write"},
        "address": {
            "type": "object",
            "x-ownid-self": "write",
            "properties": {"city": TEXT, "district": TEXT | {"x-ownid-self": "none"}},
        },
    },
    "required": ["email"],
}


@dataclass(frozen=True)
class User:
    """What one browser or device has of its session."""

    sessions: Any
    access_token: str
    refresh_token: str

    def call(self, method: str, **fields: object) -> Any:  # noqa: ANN401 - one of many messages
        """Calls a method of the signed-in user with the access token."""
        return self.sessions_call(method, self.bearer(), **fields)

    def bearer(self) -> tuple[tuple[str, str], ...]:
        """Returns the metadata that carries the access token."""
        return (("authorization", f"Bearer {self.access_token}"),)

    def sessions_call(
        self, method: str, metadata: tuple[tuple[str, str], ...], **fields: object
    ) -> Any:  # noqa: ANN401 - likewise
        """Calls a method of SessionService with metadata of the test's own."""
        request = getattr(session_service_pb2, f"{method}Request")(**({"parent": APP} | fields))
        return getattr(self.sessions, method)(request, metadata=metadata, timeout=20)

    def refreshed(self, token: str | None = None) -> "User":
        """Returns what the user has after refreshing, by default with its own token."""
        token = self.refresh_token if token is None else token
        answer = self.sessions_call("RefreshSession", (), refresh_token=token)
        return User(self.sessions, answer.access_token, answer.refresh_token)


@dataclass(frozen=True)
class Shop:
    """The service, its database and its clock."""

    channel: grpc.Channel
    address: str
    database: Path
    state_file: Path
    clock: Clock

    @property
    def sessions(self) -> Any:  # noqa: ANN401 - generated without types
        """Calls SessionService."""
        return SessionServiceStub(self.channel)

    @property
    def admin(self) -> Client:
        """Calls the other services, as a caller who may do everything."""
        return Client(self.channel)

    def open(self, account: str = "1", **session: object) -> Any:  # noqa: ANN401 - generated
        """Opens a session as a login backend does, and returns the answer."""
        return self.admin_call("CreateSession", parent=f"{APP}/accounts/{account}", session=session)

    def sign_in(self, account: str = "1") -> User:
        """Returns a user who has just signed in."""
        opened = self.open(account)
        return User(self.sessions, opened.access_token, opened.refresh_token)

    def admin_call(self, method: str, **fields: object) -> Any:  # noqa: ANN401 - one of many
        """Calls a method of SessionService as an admin caller."""
        request = getattr(session_service_pb2, f"{method}Request")(**fields)
        return getattr(self.sessions, method)(request, metadata=bearer(), timeout=20)

    def set_schema(self, document: dict[str, Any], app: str = "shop") -> None:
        """Sets the schema of the shop, or of another app."""
        name = f"apps/{app}/accountSchema"
        schema = account_schema_pb2.AccountSchema(name=name, json_schema=document)
        request = account_schema_service_pb2.UpdateAccountSchemaRequest(account_schema=schema)
        self.admin.schemas.UpdateAccountSchema(request, metadata=bearer(), timeout=20)

    def execute(self, statement: str) -> None:
        """Changes the database behind the service's back."""
        with closing(sqlite3.connect(self.database)) as connection:
            connection.execute(statement)
            connection.commit()

    def row(self, statement: str) -> tuple[Any, ...] | None:
        """Returns what the database itself has."""
        with closing(sqlite3.connect(self.database)) as connection:
            found: tuple[Any, ...] | None = connection.execute(statement).fetchone()
            return found


def refusal_of(call: object, *arguments: object, **fields: object) -> tuple[str, str]:
    """Returns the code and the reason with which a call is refused."""
    assert callable(call)
    with pytest.raises(grpc.RpcError) as caught:
        call(*arguments, **fields)
    error: grpc.Call = caught.value  # type: ignore[assignment]  # what grpcio raises is both
    return error.code().name, error_info_in(error).reason


@contextmanager
def session_shop(
    folder: Path,
    settings: SessionSettings | None = None,
    secret: bytes = SECRET,
    issuers: Sequence[Issuer] = (),
    *,
    url: str = "",
    apps: Sequence[str] = ("shop",),
    limits: str = "",
) -> Iterator[Shop]:
    """Runs the shop; a second one in the same folder is a replica, or a start after it.

    `issuers` are identity providers that it trusts. `url` is that of a
    database which has the tables already, where it is not to be a file.
    Several `apps` have the accounts of one database.
    `limits` are words of the app's limits.
    """
    database, state_file = folder / "shop.db", folder / "state.db"
    if not (url or database.exists()):
        with closing(sqlite3.connect(database)) as connection:
            connection.executescript(TABLES)
    repository = open_repository(REPOSITORY | {"url": url or f"sqlite:///{database}"}, folder)
    clock = Clock()
    state = SqlStateStore(f"sqlite:///{state_file}", secret, clock)
    with closing(repository), closing(state), ExitStack() as stack:
        state.migrate()
        services = Services.over(
            dict.fromkeys(apps, repository),
            state,
            secret,
            settings=dict.fromkeys(apps, settings or SessionSettings()),
            issuers=dict.fromkeys(apps, issuers),
            clock=clock,
        )
        adding = partial(add_servicers, services=services)
        limited = f"limits: {{{limits}}}"
        config = config_for(folder, dict.fromkeys(apps, repository), each=limited)
        door = SessionDoor.of(services.sessions)
        running = stack.enter_context(serving_with(config, adding, door))
        channel = stack.enter_context(running.channel())
        stack.callback(services.sessions.watches.close)
        shop = Shop(channel, running.address, database, state_file, clock)
        for app in apps:
            shop.set_schema(SCHEMA, app)
        yield shop
