"""Accounts in a file, a line each: JSON as searches print it, or CSV."""

import codecs
import csv
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ownid.v1.account_pb2 import Account

from ownid_grpc.cli.accounts.profiles import Target
from ownid_grpc.cli.documents import STDIN, parse_profile
from ownid_grpc.cli.errors import UsageError

_ACCOUNT_MEMBERS = {"name", "profile", "etag", "disabled", "createTime", "updateTime"}


@dataclass(frozen=True, slots=True)
class Record:
    """What a line holds: an account, or what is wrong with it."""

    line: int
    account: Account | None = None
    complaint: str = ""


@contextmanager
def opened_records(source: str, *, is_csv: bool, from_line: int) -> Iterator[Iterator[Record]]:
    """Gives the records of a file, or of stdin for `-`; raises `UsageError` for no such file.

    Lines before `from_line` are passed over, less the names at the top of CSV.
    """
    if source == STDIN:
        # Python ends with an abort where a thread still waits on its own buffer of stdin.
        raw: Any = getattr(sys.stdin.buffer, "raw", sys.stdin.buffer)  # as io has it, untyped
        yield _records(io.BufferedReader(raw), is_csv=is_csv, from_line=from_line)
        return
    try:
        file = Path(source).open("rb")  # noqa: SIM115 - closed below, by the block
    except OSError as error:
        raise UsageError(f"{source} cannot be read: {error.strerror}.") from None
    with file:
        yield _records(file, is_csv=is_csv, from_line=from_line)


def _records(file: IO[bytes], *, is_csv: bool, from_line: int) -> Iterator[Record]:
    return _csv_records(file, from_line) if is_csv else _json_records(file, from_line)


def _json_records(file: IO[bytes], from_line: int) -> Iterator[Record]:
    for number, line in enumerate(file, start=1):
        content = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
        if number < from_line or not content.strip():
            continue
        try:
            members = parse_profile(content.decode(), "The line")
            yield Record(number, _account(members))
        except UnicodeDecodeError:
            yield Record(number, complaint="The line is no UTF-8.")
        except (UsageError, TypeError, ValueError) as error:
            yield Record(number, complaint=_said(error))


def _csv_records(file: IO[bytes], from_line: int) -> Iterator[Record]:
    reader = csv.reader(codecs.iterdecode(file, "utf-8-sig", "surrogateescape"), strict=True)
    columns = _columns(reader)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader, None)
            if cells is None:
                return
            if cells and number >= from_line:
                yield Record(number, Account(profile=_csv_profile(columns, cells)))
        except UnicodeEncodeError:
            yield Record(number, complaint="The line is no UTF-8.")
        except (UsageError, TypeError, ValueError) as error:
            yield Record(number, complaint=_said(error))
        except csv.Error as error:
            if number >= from_line:
                yield Record(number, complaint=_said(error))


def _columns(reader: Iterator[list[str]]) -> list[Target]:
    """Returns the property of each column; one whose name ends on := holds JSON."""
    try:
        names = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise UsageError(f"The first line is no CSV: {error}.") from None
    return [_column(name) for name in names]


def _column(name: str) -> Target:
    if not name:
        raise UsageError("The first line of CSV names the property of each column; one has none.")
    found = Target.of(name)
    if found is None:
        raise UsageError(
            "The first line of CSV names the property of each column, such as email, address.city"
            f" or loyalty:=; this is none: {name}"
        )
    return found


def _csv_profile(columns: list[Target], cells: list[str]) -> dict[str, Any]:
    if len(cells) != len(columns):
        raise UsageError(f"The line has {len(cells)} cells; the first line has {len(columns)}.")
    profile: dict[str, Any] = {}
    for column, cell in zip(columns, cells, strict=True):
        # An empty cell is a property that was not given.
        if cell:
            column.fill(profile, cell)
    return profile


def _account(members: dict[str, Any]) -> Account:
    """Returns the account that an object is, or that it is the profile of."""
    profile = members.get("profile")
    if not isinstance(profile, dict) or members.keys() - _ACCOUNT_MEMBERS:
        return Account(profile=members)
    # The etag is left out: what the file says holds, whoever has changed the account since.
    account = Account(name=members.get("name", ""), profile=profile)
    if "disabled" in members:
        account.disabled = members["disabled"]
    return account


def _said(error: Exception) -> str:
    if isinstance(error, UsageError):
        return error.message
    return str(error) if isinstance(error, csv.Error) else "The line is no account."
