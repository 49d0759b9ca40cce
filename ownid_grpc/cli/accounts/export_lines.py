"""Accounts as the lines of an export: JSON as searches print it, or CSV."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from ownid.v1.account_pb2 import Account

from ownid_grpc.cli.accounts.csv_columns import Column
from ownid_grpc.cli.output import account_members, json_line, members_of

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a text begins with that spreadsheets take for a formula."""


class Lines(Protocol):
    """How accounts are written."""

    def header(self) -> str:
        """Returns what comes before the first account."""

    def lines(self, accounts: Sequence[Account]) -> str:
        """Returns a line for each account."""

    def losses(self) -> list[str]:
        """Returns what whoever reads the lines has to know."""


class JsonLines:
    """Accounts as searches print them."""

    def header(self) -> str:
        """Returns nothing: JSON lines have no header."""
        return ""

    def lines(self, accounts: Sequence[Account]) -> str:
        """Returns a line for each account."""
        return "".join(json_line(account_members(account)) for account in accounts)

    def losses(self) -> list[str]:
        """Returns nothing: all is there."""
        return []


class CsvLines:
    """Profiles in the columns of CSV; counts what CSV cannot say."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._formulas = 0
        self._empty_texts = 0
        self._disabled = 0

    def header(self) -> str:
        """Returns the line that names the columns."""
        return _lines([[column.header for column in self._columns]])

    def lines(self, accounts: Sequence[Account]) -> str:
        """Returns a line for each account."""
        return _lines(map(self._cells, accounts))

    def losses(self) -> list[str]:
        """Returns what is not in the lines, and what is dangerous in them."""
        counted = (
            (self._empty_texts, "empty texts are empty cells, which an import takes for absent"),
            (self._disabled, "accounts are disabled, which CSV does not say"),
            (self._formulas, "cells would be run as formulas by a spreadsheet"),
        )
        return [f"{count:,} {said}" for count, said in counted if count]

    def _cells(self, account: Account) -> list[str]:
        self._disabled += account.disabled
        profile = members_of(account.profile)
        return [self._cell(column, _value_at(profile, column.path)) for column in self._columns]

    def _cell(self, column: Column, value: Any) -> str:  # noqa: ANN401 - any value of JSON
        if value is None:
            return ""
        if column.is_json or not isinstance(value, str):
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        self._formulas += value.startswith(_FORMULA)
        self._empty_texts += not value
        return value


def _value_at(profile: Any, path: Sequence[str]) -> Any:  # noqa: ANN401 - any value of JSON
    for name in path:
        profile = profile.get(name) if isinstance(profile, dict) else None
    return profile


def _lines(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
