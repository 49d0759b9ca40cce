"""The floor: the contract served by hand, with nothing but what an answer takes.

Synchronous grpcio and psycopg, the same protos and the same SQL as ours; no
authentication, no mapping, no validation, no etag and no log.
"""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import grpc
from google.protobuf.struct_pb2 import Struct, Value
from google.protobuf.timestamp_pb2 import Timestamp
from ownid.v1.account_pb2 import Account
from ownid.v1.account_service_pb2 import (
    CreateAccountRequest,
    GetAccountRequest,
    ListAccountsRequest,
    ListAccountsResponse,
    LookupAccountRequest,
    SearchAccountsRequest,
    SearchAccountsResponse,
    UpdateAccountRequest,
)
from ownid.v1.account_service_pb2_grpc import (
    AccountServiceServicer,
    add_AccountServiceServicer_to_server,
)

from bench.servers.connections import Row, connection
from bench.servers.statements import Statements

_THREADS = 16
_CHUNK = 500


class Floor(AccountServiceServicer):
    """Answers what is measured, and nothing else."""

    def GetAccount(self, request: GetAccountRequest, _: grpc.ServicerContext) -> Account:
        """Returns an account by name."""
        app, key = _parsed(request.name)
        return _account(app, _one(Statements(app).get, key))

    def LookupAccount(self, request: LookupAccountRequest, _: grpc.ServicerContext) -> Account:
        """Returns an account by its address."""
        app = _app(request.parent)
        return _account(app, _one(Statements(app).look_up, request.login_id))

    def UpdateAccount(self, request: UpdateAccountRequest, _: grpc.ServicerContext) -> Account:
        """Changes the first name: the same two statements as ours."""
        app, key = _parsed(request.account.name)
        statements = Statements(app)
        given_name = request.account.profile.fields["given_name"].string_value
        with connection().transaction():
            _one(statements.lock, key)
            return _account(app, _one(statements.rename, given_name, key))

    def CreateAccount(self, request: CreateAccountRequest, _: grpc.ServicerContext) -> Account:
        """Makes an account."""
        app = _app(request.parent)
        fields = request.account.profile.fields
        values = (
            fields["email"].string_value,
            fields["given_name"].string_value,
            fields["family_name"].string_value,
            fields["phone"].string_value,
            fields["street"].string_value,
            fields["city"].string_value,
            fields["country"].string_value,
            int(fields["points"].number_value),
            fields["newsletter"].bool_value,
        )
        return _account(app, _one(Statements(app).insert, *values))

    def ListAccounts(
        self, request: ListAccountsRequest, _: grpc.ServicerContext
    ) -> ListAccountsResponse:
        """Returns the first page of a city: the only filter that it knows."""
        app = _app(request.parent)
        city = request.filter.split('"')[1]
        rows = connection().execute(Statements(app).list_city, (city, request.page_size + 1))
        accounts = [_account(app, row) for row in rows.fetchall()[: request.page_size]]
        return ListAccountsResponse(accounts=accounts)

    def SearchAccounts(
        self, request: SearchAccountsRequest, _: grpc.ServicerContext
    ) -> Iterator[SearchAccountsResponse]:
        """Yields all accounts, by key page after page."""
        app = _app(request.parent)
        statement, after = Statements(app).next_page, 0
        while rows := connection().execute(statement, (after, _CHUNK)).fetchall():
            yield SearchAccountsResponse(accounts=[_account(app, row) for row in rows])
            after = rows[-1][0]


def _app(parent: str) -> str:
    return parent.split("/")[1]


def _parsed(name: str) -> tuple[str, int]:
    _, app, _, key = name.split("/")
    return app, int(key)


def _one(statement: bytes, *values: object) -> Row:
    row = connection().execute(statement, values).fetchone()
    if row is None:
        raise LookupError("There is no such customer.")
    return row


def _account(app: str, row: Row) -> Account:
    profile = Struct(
        fields={
            "email": Value(string_value=row[1]),
            "given_name": Value(string_value=row[2]),
            "family_name": Value(string_value=row[3]),
            "phone": Value(string_value=row[4]),
            "street": Value(string_value=row[5]),
            "city": Value(string_value=row[6]),
            "country": Value(string_value=row[7]),
            "points": Value(number_value=row[8]),
            "newsletter": Value(bool_value=row[9]),
        }
    )
    return Account(
        name=f"apps/{app}/accounts/{row[0]}",
        profile=profile,
        create_time=_timestamp(row[10]),
        update_time=_timestamp(row[11]),
    )


def _timestamp(time: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(time)
    return message


def serve(address: str) -> None:
    """Serves until it is ended."""
    server = grpc.server(ThreadPoolExecutor(_THREADS))
    add_AccountServiceServicer_to_server(Floor(), server)
    server.add_insecure_port(address)
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    serve(sys.argv[1])
