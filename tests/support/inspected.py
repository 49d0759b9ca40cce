"""A database described by `ownid-grpc inspect`, and an account's life under that description."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import grpc
import pytest
import yaml
from google.protobuf.json_format import MessageToDict
from ownid.v1 import account_pb2, account_service_pb2
from typer.testing import CliRunner, Result

from ownid_grpc.cli import app
from ownid_grpc.config.document import read_document
from ownid_grpc.domain.account import JsonValue
from tests.support.keys import KEY_ID, bearer, public_pem
from tests.support.service import CALLERS, SERVING, Client, running_service

Profile = Mapping[str, JsonValue]

_VARIABLE = "SHOP_DATABASE_URL"


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
        account = account_pb2.Account()
        account.profile.update(dict(profile))
        request = account_service_pb2.CreateAccountRequest(
            parent="apps/shop", account=account, account_id=key
        )
        made: account_pb2.Account = self.client.accounts.CreateAccount(request, metadata=bearer())
        return made

    def update(self, name: str, change: Profile) -> account_pb2.Account:
        """Changes properties of an account."""
        account = account_pb2.Account(name=name)
        account.profile.update(dict(change))
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

    def shown(self, account: account_pb2.Account) -> dict[str, JsonValue]:
        """Returns the profile of an account."""
        profile: dict[str, JsonValue] = MessageToDict(account.profile)
        return profile
