"""The guided tour: real calls against the shop, each with a word on what it is for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask
from ownid.v1.account_pb2 import Account
from ownid.v1.account_schema_pb2 import AccountSchema
from ownid.v1.account_schema_service_pb2 import (
    InferAccountSchemaRequest,
    UpdateAccountSchemaRequest,
)
from ownid.v1.account_service_pb2 import (
    CreateAccountRequest,
    DeleteAccountRequest,
    GetAccountRequest,
    SearchAccountsRequest,
    UpdateAccountRequest,
)

from ownid_grpc.cli.demo.client import TourClient, UnexpectedAnswer
from ownid_grpc.cli.demo.configuration import APP
from ownid_grpc.cli.demo.database import ShopDatabase
from ownid_grpc.cli.demo.rules import RIGHTS_OF_CUSTOMERS, RULES_OF_TODAY, add_rules
from ownid_grpc.cli.demo.screen import Screen, json_of

FILTER = "address.country = 'NO' AND (points >= 1900 OR segment = 'staff') AND NOT newsletter"
"""What the tour searches by."""

_PARENT = f"apps/{APP}"
_SCHEMA = f"{_PARENT}/accountSchema"
_OLD_ACCOUNT = f"{_PARENT}/accounts/1"
_SHOWN_ACCOUNTS = 2

_NEW_PROFILE = {
    "email": "Clover.Kettle@Example.org",
    "given_name": "Clover",
    "family_name": "Kettle",
    "segment": "business",
    "phone": "+49301234567",
    "address": {"city": "Sandport", "country": "DE"},
    "preferences": {"theme": "dark"},
}
_BROKEN_PROFILE = {
    "email": "nobody",
    "phone": "call me",
    "points": -5,
    "preferences": {"theme": "neon"},
}


@dataclass(slots=True)
class Stopping:
    """Whether an end was asked for; no event, whose lock a signal handler may have interrupted."""

    is_asked: bool = False


class Stopped(Exception):
    """Somebody has seen enough."""


@dataclass(slots=True)
class Tour:
    """Walks through the service once, or until `stopping`, where it raises `Stopped`.

    Raises `UnexpectedAnswer` where the service does not do its part.
    """

    screen: Screen
    client: TourClient
    shop: ShopDatabase
    stopping: Stopping
    _steps: int = 0

    def run(self) -> None:
        """Takes every step."""
        self._set_schema(self._infer_schema())
        old = self._read_old_account()
        self._search()
        made = self._create()
        self._update(old)
        self._update_by_old_etag(old)
        self._break_rules()
        self._delete(made)

    def _infer_schema(self) -> dict[str, Any]:
        self._step(
            "Read an account schema off the tables",
            "Types, lengths, codes and what is unique, as the database has them.",
        )
        request = InferAccountSchemaRequest(parent=_PARENT)
        answer = self.client.call("AccountSchemaService.InferAccountSchema", request)
        document: dict[str, Any] = json_of(answer)["json_schema"]
        properties = document["properties"]
        few = {name: properties[name] for name in ("email", "last_login", "status")}
        self.screen.answer(f"OK: plain JSON Schema of {len(properties)} properties, such as", few)
        return document

    def _set_schema(self, document: dict[str, Any]) -> None:
        self._step(
            "Set it, with the rules of today",
            "From now on every write is held to them. What is in the tables stays as it is. What "
            "customers may see and change of their own stands there too, property by property.",
        )
        add_rules(document)
        schema = AccountSchema(name=_SCHEMA)
        schema.json_schema.update(document)
        request = UpdateAccountSchemaRequest(account_schema=schema)
        few = {"birthdate": RIGHTS_OF_CUSTOMERS["birthdate"], **RULES_OF_TODAY}
        added = {"…": "as inferred, and, among the rest", "properties": few}
        shown = {"account_schema": {"name": _SCHEMA, "json_schema": added}}
        method = "AccountSchemaService.UpdateAccountSchema"
        answer = json_of(self.client.call(method, request, shown))
        named = {name: answer[name] for name in ("name", "revision_id", "etag")}
        self.screen.answer("OK, among the rest", named)

    def _read_old_account(self) -> Account:
        self._step(
            "Read a customer of 2009",
            "The row as it is, and the account that ownid.yaml makes of it. The password hash is a "
            "column that the mapping does not name: no call can reach it. The phone 'n/a' breaks "
            "today's rules, and is shown all the same.",
        )
        row = self._show_row("*", 1)
        account: Account = self._show("GetAccount", GetAccountRequest(name=_OLD_ACCOUNT))
        profile = json_of(account)["profile"]
        _expect(profile["email"] == row["mail"].lower(), "The account is not that of the row.")
        _expect(row["pwd_hash"] not in str(account), "The account shows the password hash.")
        return account

    def _search(self) -> None:
        self._step(
            "Search",
            "The filter language of AIP-160 over whatever the schema names: a joined table, a "
            "number, codes. The database compares; a stream brings all that match.",
        )
        fields = ("name", "profile.email", "profile.segment", "profile.points")
        request = SearchAccountsRequest(
            parent=_PARENT,
            filter=FILTER,
            order_by="points desc",
            read_mask=FieldMask(paths=fields),
        )
        messages = self.client.call("AccountService.SearchAccounts", request)
        found = [json_of(account) for message in messages for account in message.accounts]
        points = [each["profile"]["points"] for each in found]
        _expect(len(found) > _SHOWN_ACCOUNTS, "The search found too few accounts.")
        _expect(points == sorted(points, reverse=True), "The accounts are not in order.")
        self.screen.answer(f"OK: {len(found)} accounts, the first of them")
        for account in found[:_SHOWN_ACCOUNTS]:
            self.screen.show(account)

    def _create(self) -> Account:
        self._step(
            "Create an account",
            "One transaction writes the row and its address, with the shop's own codes, times and "
            "derived columns. The shop's programs find it as one of their own.",
        )
        request = CreateAccountRequest(parent=_PARENT, account=_account(_NEW_PROFILE))
        account: Account = self._show("CreateAccount", request)
        row = self._show_row("*", _number_of(account))
        self._show_row("*", _number_of(account), self.shop.tables.details)
        _expect(row["mail_uc"] == "CLOVER.KETTLE@EXAMPLE.ORG", "A derived column was not written.")
        return account

    def _update(self, old: Account) -> None:
        self._step(
            "Change an account by its etag",
            "Only while nobody else has changed it since it was read. Only the columns that change "
            "are written, within the JSON document too: what else is in it stays.",
        )
        changes = {"address": {"city": "Grønvik"}, "preferences": {"theme": "dark"}}
        request = UpdateAccountRequest(account=_account(changes, old.name, old.etag))
        answer = json_of(self.client.call("AccountService.UpdateAccount", request))
        profile = answer["profile"]
        few = {"preferences": profile["preferences"], "address": profile["address"]}
        self.screen.answer("OK, among the rest", {"profile": few, "etag": answer["etag"]})
        self._show_row("cust_no, prefs, rev, chg_at", 1)
        _expect(few["preferences"]["theme"] == "dark", "The change was not made.")
        _expect(answer["etag"] != old.etag, "The etag is the old one.")

    def _update_by_old_etag(self, old: Account) -> None:
        self._step(
            "Change it by the etag of before",
            "Somebody read the account earlier and is late: nothing is overwritten.",
        )
        account = _account({"points": 500}, old.name, old.etag)
        self._refuse("UpdateAccount", UpdateAccountRequest(account=account), "ETAG_MISMATCH")

    def _break_rules(self) -> None:
        self._step("Break the rules", "Every fault at once, each with its field; never the value.")
        request = UpdateAccountRequest(account=_account(_BROKEN_PROFILE, _OLD_ACCOUNT))
        self._refuse("UpdateAccount", request, "PROFILE_INVALID")

    def _delete(self, made: Account) -> None:
        self._step(
            "Delete an account",
            "This shop keeps the row for its orders, and marks it: ownid.yaml says so.",
        )
        self._show("DeleteAccount", DeleteAccountRequest(name=made.name, etag=made.etag))
        self._refuse("GetAccount", GetAccountRequest(name=made.name), "ACCOUNT_NOT_FOUND")
        row = self._show_row("cust_no, mail, deleted_ts", _number_of(made))
        _expect(row["deleted_ts"] is not None, "The row is not marked.")

    def _step(self, what: str, why: str) -> None:
        if self.stopping.is_asked:
            raise Stopped
        self._steps += 1
        self.screen.step(self._steps, what, why)

    def _show(self, method: str, request: Any) -> Any:  # noqa: ANN401 - a message, and the method's own answer
        return self.client.show(f"AccountService.{method}", request)

    def _refuse(self, method: str, request: Any, reason: str) -> None:  # noqa: ANN401 - a message
        self.client.refused(f"AccountService.{method}", request, reason)

    def _show_row(self, columns: str, number: int, table: str = "") -> Mapping[str, Any]:
        statement = (
            f"SELECT {columns} FROM {table or self.shop.tables.customers} WHERE cust_no = {number}"  # noqa: S608 - all ours
        )
        row = self.shop.row(statement)
        self.screen.row(statement, row)
        return row


def _account(profile: Mapping[str, Any], name: str = "", etag: str = "") -> Account:
    account = Account(name=name, etag=etag)
    account.profile.update(profile)
    return account


def _number_of(account: Account) -> int:
    return int(account.name.rpartition("/")[2])


def _expect(condition: bool, complaint: str) -> None:
    if not condition:
        raise UnexpectedAnswer(complaint)
