"""The whole service on loopback, over repositories that a test gives it."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ownid.v1 import account_schema_service_pb2

from ownid_grpc.config import Config, parse_config
from ownid_grpc.repositories.base import AccountRepository
from ownid_grpc.server.gate import SessionDoor
from ownid_grpc.server.servicers import add_servicers
from ownid_grpc.services.services import Services
from ownid_grpc.state.sql import SqlStateStore
from tests.support.keys import AUDIENCE, ISSUER, KEY_ID, bearer, public_pem
from tests.support.service import Client
from tests.support.serving import serving_with
from tests.support.shop import SECRET


@dataclass(frozen=True)
class Whole:
    """A service that runs, and a client of it."""

    client: Client
    address: str
    state_file: Path

    @contextmanager
    def state_locked(self) -> Iterator[None]:
        """Has the state store take nothing within the block: somebody else writes all the while."""
        with closing(sqlite3.connect(self.state_file, isolation_level=None)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            yield
            holder.execute("ROLLBACK")


@contextmanager
def whole_service(
    folder: Path,
    repositories: Mapping[str, AccountRepository],
    server: str = "",
    options: Sequence[tuple[str, int]] = (),
) -> Iterator[Whole]:
    """Runs the service for these apps; the caller of `tests.support.keys` may do everything.

    `server` are words of its configuration, `options` those of the connection.
    """
    config = config_for(folder, repositories, server)
    file = folder / "state.db"
    state = SqlStateStore(f"sqlite:///{file}", SECRET, wait_seconds=1)
    state.migrate()
    services = Services.over(repositories, state, SECRET)
    try:
        with (
            serving_with(
                config,
                partial(add_servicers, services=services),
                SessionDoor.of(services.sessions),
            ) as running,
            running.channel(options) as channel,
        ):
            yield Whole(Client(channel), running.address, file)
    finally:
        state.close()


def set_inferred_schema(whole: Whole, app: str, login_id: str = "") -> None:
    """Sets the schema that the service infers, with one property made a login id."""
    infer = account_schema_service_pb2.InferAccountSchemaRequest(parent=f"apps/{app}")
    schema = whole.client.schemas.InferAccountSchema(infer, metadata=bearer())
    if login_id:
        schema.json_schema["properties"][login_id]["x-ownid-login-id"] = True
    update = account_schema_service_pb2.UpdateAccountSchemaRequest(account_schema=schema)
    whole.client.schemas.UpdateAccountSchema(update, metadata=bearer())


def config_for(
    folder: Path, apps: Mapping[str, AccountRepository], server: str = "", *, each: str = ""
) -> Config:
    """Returns the configuration of these apps, with the caller of `tests.support.keys`.

    `server` and `each` are more words of the server and of each app.
    """
    (folder / f"{KEY_ID}.pub.pem").write_bytes(public_pem())
    words = "".join(f"  {app}: {{repository: {{type: memory}}, {each}}}\n" for app in apps)
    text = f"""
server: {{listen: "127.0.0.1:0", {server}}}
callers:
  - name: backoffice
    issuer: {ISSUER}
    audience: {AUDIENCE}
    keys: [{KEY_ID}.pub.pem]
    apps: ["*"]
    scopes: ["*"]
apps:
{words}"""
    return parse_config(text, {}, folder=folder)
