"""A database described by `ownid-grpc inspect`, and an account's life under that description."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import grpc
import pytest
import yaml
from google.protobuf.json_format import MessageToDict, ParseDict
from ownid.v1 import account_pb2, account_schema_service_pb2, account_service_pb2
from typer.testing import CliRunner, Result

from ownid_grpc.bootstrap import open_repositories, open_state
from ownid_grpc.cli import app
from ownid_grpc.config import parse_config
from ownid_grpc.config.document import read_document
from ownid_grpc.domain.account import Account, JsonValue
from ownid_grpc.domain.call import Call
from ownid_grpc.services.searches import Search
from ownid_grpc.services.services import Services
from ownid_grpc.services.writing import AccountChange, NewAccount
from tests.support.keys import KEY_ID, bearer, public_pem
from tests.support.service import CALLERS, SERVING, Client, running_service

Profile = Mapping[str, JsonValue]

_VARIABLE = "SHOP_DATABASE_URL"
_SECRET = b"a secret of 32 bytes for testing"


def run_inspect(url: str, folder: Path, *options: str) -> Result:
    """Runs the command in a script, on the app shop."""
    command = ["inspect", url, "--app", "shop", "--output", str(folder), *options]
    return CliRunner().invoke(app, command, catch_exceptions=False)


@dataclass(frozen=True)
class Inspected:
    """What the command has written in a folder."""

    url: str
    folder: Path
    text: str = field(repr=False)
    schema: dict[str, Any]

    @property
    def repository(self) -> dict[str, Any]:
        """The words of the mapping."""
        values: Any = read_document(self.text, {_VARIABLE: self.url}).values
        repository: dict[str, Any] = values["apps"]["shop"]["repository"]
        return repository

    @property
    def properties(self) -> dict[str, Any]:
        """The properties of the mapping."""
        properties: dict[str, Any] = self.repository["properties"]
        return properties

    @contextmanager
    def served(self) -> Iterator["Lives"]:
        """Checks the files as they are and serves them, their schema set."""
        path = self.folder / "ownid.yaml"
        (self.folder / f"{KEY_ID}.pub.pem").write_bytes(public_pem())
        path.write_text(self.text + CALLERS, "utf-8")
        with mock.patch.dict(os.environ, {_VARIABLE: self.url}):
            checked = CliRunner().invoke(app, ["check", "--config", str(path)])
            assert checked.exit_code == 0, checked.output
            with running_service(path) as service, service.client() as client:
                client.await_health(SERVING)
                client.set_schema(self.schema)
                yield Lives(client)

    @contextmanager
    def opened(self) -> Iterator["InProcess"]:
        """Opens the files as they are within the test, their schema set."""
        config = parse_config(self.text, {_VARIABLE: self.url}, folder=self.folder)
        with open_state(config, _SECRET) as state, open_repositories(config) as repositories:
            state.migrate()
            assert repositories["shop"].verify() == ()
            services = Services.over(repositories, state, _SECRET)
            services.schemas.update("shop", self.schema, etag="", validate_only=False)
            yield InProcess(services)


def inspected(url: str, folder: Path, *options: str) -> Inspected:
    """Returns what the command writes of a database; it must find nothing to be mended."""
    result = run_inspect(url, folder, "--yes", *options)
    text = (folder / "ownid.yaml").read_text("utf-8") if result.exit_code == 0 else ""
    assert result.exit_code == 0, result.output + text
    assert url not in text
    yaml.safe_load(text)  # any other reader of YAML takes it too
    schema = json.loads((folder / "schema.json").read_text("utf-8"))
    return Inspected(url, folder, text, schema)


@dataclass(frozen=True)
class Lives:
    """Calls AccountService of one app, as a caller who may do everything."""

    client: Client

    def live(self, profile: Profile, change: Profile, *, login_id: str, key: str = "") -> None:
        """Makes an account, reads, finds, changes and deletes it."""
        made = self.create(profile, key)
        shown = self.shown(made)
        assert {name: shown[name] for name in profile} == profile
        got = self.client.accounts.GetAccount(
            account_service_pb2.GetAccountRequest(name=made.name), metadata=bearer()
        )
        assert got == made
        assert self.looked_up(login_id) == made
        name, value = next((n, v) for n, v in profile.items() if isinstance(v, str))
        assert made.name in self.found(f"{name} = {json.dumps(value)}")
        changed = self.update(made.name, change)
        assert {name: self.shown(changed)[name] for name in change} == change
        self.client.accounts.DeleteAccount(
            account_service_pb2.DeleteAccountRequest(name=made.name), metadata=bearer()
        )
        with pytest.raises(grpc.RpcError) as gone:
            self.client.accounts.GetAccount(
                account_service_pb2.GetAccountRequest(name=made.name), metadata=bearer()
            )
        assert gone.value.code() is grpc.StatusCode.NOT_FOUND

    def create(self, profile: Profile, key: str = "") -> account_pb2.Account:
        """Makes an account."""
        account = _account(profile)
        request = account_service_pb2.CreateAccountRequest(
            parent="apps/shop", account=account, account_id=key
        )
        made: account_pb2.Account = self.client.accounts.CreateAccount(request, metadata=bearer())
        return made

    def update(self, name: str, change: Profile) -> account_pb2.Account:
        """Changes properties of an account."""
        account = _account(change, name)
        request = account_service_pb2.UpdateAccountRequest(account=account)
        request.update_mask.paths.extend(f"profile.{name}" for name in change)
        changed: account_pb2.Account = self.client.accounts.UpdateAccount(
            request, metadata=bearer()
        )
        return changed

    def looked_up(self, login_id: str) -> account_pb2.Account:
        """Returns the account that signs in so."""
        request = account_service_pb2.LookupAccountRequest(parent="apps/shop", login_id=login_id)
        found: account_pb2.Account = self.client.accounts.LookupAccount(request, metadata=bearer())
        return found

    def found(self, text: str = "") -> dict[str, dict[str, JsonValue]]:
        """Returns the profiles that a search finds, by name."""
        request = account_service_pb2.SearchAccountsRequest(parent="apps/shop", filter=text)
        chunks = self.client.accounts.SearchAccounts(request, metadata=bearer())
        return {each.name: self.shown(each) for chunk in chunks for each in chunk.accounts}

    def faults(self) -> list[Any]:
        """Returns what the schema in force finds wrong with the accounts that there are."""
        request = account_schema_service_pb2.CheckAccountSchemaRequest(parent="apps/shop")
        *_, last = self.client.schemas.CheckAccountSchema(request, metadata=bearer())
        return list(last.faults)

    def shown(self, account: account_pb2.Account) -> dict[str, JsonValue]:
        """Returns the profile of an account."""
        profile: dict[str, JsonValue] = MessageToDict(account.profile)
        return profile


def _account(profile: Profile, name: str = "") -> account_pb2.Account:
    document = {"name": name, "profile": dict(profile)}
    return ParseDict(document, account_pb2.Account())


@dataclass(frozen=True)
class InProcess:
    """Calls the services of a described app within the test."""

    services: Services

    def create(self, profile: Profile, *, key: str = "", disabled: bool | None = None) -> Account:
        """Makes an account."""
        return self.services.accounts.create(
            Call(), "shop", NewAccount(dict(profile), disabled, key)
        )

    def get(self, account: Account) -> Account:
        """Returns the account as it is now."""
        return self.services.accounts.get(Call(), "shop", account.key)

    def look_up(self, login_id: str) -> Account:
        """Returns the account that signs in so."""
        return self.services.accounts.look_up(Call(), "shop", login_id)

    def update(self, account: Account, change: Profile, mask: Sequence[str] = ()) -> Account:
        """Changes properties of an account."""
        paths = mask or [f"profile.{name}" for name in change]
        said = AccountChange(dict(change), update_mask=paths)
        return self.services.accounts.update(Call(), "shop", account.key, said)

    def delete(self, account: Account) -> None:
        """Deletes an account."""
        self.services.accounts.delete(Call(), "shop", account.key)

    def all(self) -> list[Account]:
        """Returns the first accounts."""
        search = Search("shop")
        return list(self.services.searches.list(Call(), search, page_size=50).accounts)
