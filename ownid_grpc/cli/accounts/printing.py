"""Accounts as commands print them."""

from collections.abc import Iterator, Sequence
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask
from ownid.v1.account_pb2 import Account
from ownid.v1.account_service_pb2 import ListAccountsResponse

from ownid_grpc.cli.client import Client
from ownid_grpc.cli.output import (
    RowPrinter,
    account_members,
    members_of,
    print_fields,
    print_lines,
    shown_value,
)

_ACCOUNT = "account"


class AccountPrinter:
    """Prints accounts as they come: JSON lines, or the rows of a table."""

    def __init__(self, client: Client, mask: FieldMask) -> None:
        wanted = [path.removeprefix("profile.") for path in mask.paths]
        self._rows = RowPrinter(_ACCOUNT, wanted) if client.connection.prints_table else None

    def add(self, accounts: Sequence[Account]) -> None:
        """Prints some more."""
        if self._rows is None:
            print_lines(account_members(account) for account in accounts)
        else:
            self._rows.add([_row(account) for account in accounts])


def print_account(client: Client, account: Account) -> None:
    """Prints one account: a JSON line, or a table of its fields."""
    if client.connection.prints_table:
        print_fields(_fields(account))
    else:
        print_lines([account_members(account)])


def print_page(page: ListAccountsResponse) -> None:
    """Prints a page, its token and its total as one JSON line."""
    members: dict[str, Any] = {"accounts": [account_members(each) for each in page.accounts]}
    if page.next_page_token:
        members["nextPageToken"] = page.next_page_token
    if page.HasField("total_size"):
        members["totalSize"] = str(page.total_size)
    print_lines([members])


def _row(account: Account) -> dict[str, str]:
    row = {_ACCOUNT: account.name.rpartition("/")[2], **_properties(account)}
    if account.disabled:
        row["disabled"] = "true"
    return row


def _fields(account: Account) -> dict[str, str]:
    fields = {"name": account.name, **_properties(account)}
    if account.HasField("disabled"):
        fields["disabled"] = shown_value(account.disabled)
    fields["etag"] = account.etag
    for field in ("create_time", "update_time"):
        if account.HasField(field):
            fields[field] = getattr(account, field).ToJsonString()
    return {field: text for field, text in fields.items() if text}


def _properties(account: Account) -> dict[str, str]:
    return dict(_leaves(members_of(account.profile), ""))


def _leaves(members: dict[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    """Yields every value that is no object, by its dotted path."""
    for name, value in members.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", shown_value(value)
