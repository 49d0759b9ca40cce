"""The service as it is run, in front of real servers that are loaded, stopped and frozen."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from ownid.v1 import account_pb2, account_service_pb2

from tests.support.keys import bearer
from tests.support.people import SCHEMA, People, Place, place_of
from tests.support.service import SERVING, Client, Service, running_service, write_config

SQLITE = "sqlite"
POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.postgresql)
MARIADB = pytest.param("mariadb", marks=pytest.mark.mariadb)
SERVERS = [POSTGRESQL, MARIADB]
KINDS = [SQLITE, *SERVERS]

METADATA = bearer()


@dataclass(frozen=True)
class Loaded:
    """People, the service in front of them, and a client of it."""

    people: People
    service: Service
    client: Client
    config: Path

    def search(self, *, timeout: float = 100, **fields: Any) -> Any:  # noqa: ANN401 - generated without types
        """Calls SearchAccounts, and returns the stream."""
        request = account_service_pb2.SearchAccountsRequest(parent="apps/shop", **fields)
        return self.client.accounts.SearchAccounts(request, metadata=METADATA, timeout=timeout)

    def get(self, key: int, *, timeout: float = 20) -> Any:  # noqa: ANN401 - likewise
        """Calls GetAccount."""
        request = account_service_pb2.GetAccountRequest(name=f"apps/shop/accounts/{key}")
        return self.client.accounts.GetAccount(request, metadata=METADATA, timeout=timeout)

    def create(self, *, timeout: float = 20, **profile: str) -> Any:  # noqa: ANN401 - likewise
        """Calls CreateAccount, with a name and a team that do not matter."""
        account = account_pb2.Account(profile={"name": "n", "team": "t", **profile})
        request = account_service_pb2.CreateAccountRequest(parent="apps/shop", account=account)
        return self.client.accounts.CreateAccount(request, metadata=METADATA, timeout=timeout)

    def update(self, name: str, etag: str = "", *, timeout: float = 20, **profile: object) -> Any:  # noqa: ANN401 - likewise
        """Calls UpdateAccount."""
        account = account_pb2.Account(name=name, etag=etag, profile=profile)
        request = account_service_pb2.UpdateAccountRequest(account=account)
        return self.client.accounts.UpdateAccount(request, metadata=METADATA, timeout=timeout)


@contextmanager
def loaded_service(
    people: People, folder: Path, *, mapping: str = "", server: str = ""
) -> Iterator[Loaded]:
    """Runs the service in front of these people, with their schema set."""
    config = write_config(folder, people.mapping(mapping), server=server)
    with running_service(config) as service, service.client() as client:
        client.await_health(SERVING, "app/shop")
        client.set_schema(SCHEMA)
        yield Loaded(people, service, client, config)


Load = Callable[..., Loaded]


@pytest.fixture(scope="session")
def places() -> Iterator[Callable[[str], Place]]:
    """Gives the database of a kind, on a server that is started when first asked for."""
    with ExitStack() as opened:
        started: dict[str, Place] = {}

        def place(kind: str) -> Place:
            if kind not in started:
                started[kind] = opened.enter_context(place_of(kind))
            return started[kind]

        yield place


@pytest.fixture
def load(places: Callable[[str], Place], tmp_path: Path) -> Iterator[Load]:
    """Starts the service in front of tables made anew in a database of a kind."""
    with ExitStack() as opened:

        def start(
            kind: str,
            count: int = 0,
            *,
            is_unique: bool = True,
            mapping: str = "",
            server: str = "",
        ) -> Loaded:
            people = opened.enter_context(places(kind).people(is_unique=is_unique))
            people.fill(count)
            service = loaded_service(people, tmp_path, mapping=mapping, server=server)
            return opened.enter_context(service)

        yield start


def code_of(error: Any) -> grpc.StatusCode:  # noqa: ANN401 - a RpcError that is a Call
    """Returns the code that a call ended with."""
    code: grpc.StatusCode = error.code()
    return code
