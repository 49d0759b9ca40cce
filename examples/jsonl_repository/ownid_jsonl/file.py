"""A file of accounts, one a line, that is replaced as a whole and never seen half written."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from stat import S_IMODE
from typing import Any, TypeAlias

from ownid_grpc.domain.account import Account, AccountKey
from ownid_grpc.domain.etags import etag_of
from ownid_grpc.repositories.refusals import database_down

Accounts: TypeAlias = dict[AccountKey, Account]


class AccountFile:
    """The file; a missing one is an outage, not an empty one, since a disk may be gone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[object, Mapping[AccountKey, Account]] = (None, {})

    def read(self) -> Mapping[AccountKey, Account]:
        """Returns all accounts as the file has them now; raises `Unavailable` without the file."""
        with _down_on_failure(), self.path.open(encoding="utf-8") as lines:
            status = os.fstat(lines.fileno())
            version = (status.st_ino, status.st_mtime_ns, status.st_size)
            known, accounts = self._seen
            if known != version:
                accounts = {each.key: each for each in map(_account_of, lines)}
                self._seen = (version, accounts)
            return accounts

    @contextmanager
    def changing(self) -> Iterator[Accounts]:
        """Gives the accounts to be changed; they are written unless the block raises.

        No other thread or process changes them meanwhile.
        """
        with _down_on_failure():
            lock = self.path.with_name(f"{self.path.name}.lock").open("ab")
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            before = self.read()
            accounts = dict(before)
            yield accounts
            if accounts != before:
                self._replace(accounts)

    def _replace(self, accounts: Accounts) -> None:
        written = self.path.with_name(f"{self.path.name}.new")
        with _down_on_failure():
            with written.open("w", encoding="utf-8") as lines:
                os.fchmod(lines.fileno(), S_IMODE(self.path.stat().st_mode))
                lines.writelines(map(_line_of, accounts.values()))
                lines.flush()
                os.fsync(lines.fileno())
            written.replace(self.path)
            _sync(self.path.parent)


def _sync(folder: Path) -> None:
    """Has the new name last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _down_on_failure() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise database_down() from error


def with_etag(account: Account) -> Account:
    """Returns an account with the etag of what it holds."""
    times = (account.create_time, account.update_time)
    return replace(account, etag=etag_of(account.profile, account.disabled, *times))


def _line_of(account: Account) -> str:
    times = [str(account.create_time), str(account.update_time)]
    line = [account.key, account.profile, account.disabled, *times]
    return json.dumps(line, default=_tagged) + "\n"


def _account_of(line: str) -> Account:
    key, profile, disabled, *times = json.loads(line, object_hook=_untagged)
    return with_etag(
        Account(tuple(key), profile, "", disabled, *map(datetime.fromisoformat, times))
    )


def _tagged(decimal: Decimal) -> dict[str, str]:
    # A number of JSON would come back as a float.
    return {"$decimal": str(decimal)}


def _untagged(members: dict[str, Any]) -> Any:  # noqa: ANN401 - any value of JSON
    return Decimal(members["$decimal"]) if members.keys() == {"$decimal"} else members
