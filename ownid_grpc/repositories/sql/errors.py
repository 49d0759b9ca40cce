"""What drivers raise, sorted into what it means; the only reader of SQLSTATE and errno codes."""

import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

import psycopg
import pymysql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ownid_grpc.errors import (
    Aborted,
    DeadlineExceeded,
    FailedPrecondition,
    InvalidArgument,
    OwnIdError,
    Reason,
    Unavailable,
    Violation,
)


class Meaning(Enum):
    """What an error of a database comes to."""

    UNIQUE = auto()
    FOREIGN_KEY = auto()
    CHECK = auto()
    NOT_NULL = auto()
    VALUE = auto()
    RULE = auto()
    FORBIDDEN = auto()
    SHAPE = auto()
    SEVERAL = auto()
    CONFLICT = auto()
    TIMEOUT = auto()
    DOWN = auto()


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error's meaning and, where the driver tells, what of the database is behind it.

    `names` are what the constraint may be called: a message does not say where
    a table's name ends. `is_silent` is a driver that never tells.
    """

    meaning: Meaning
    names: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    table: str | None = None
    type_name: str | None = None
    is_silent: bool = False


# https://www.postgresql.org/docs/current/errcodes-appendix.html: whole codes, then classes.
_SQLSTATES = {
    "23505": Meaning.UNIQUE,
    "23P01": Meaning.UNIQUE,
    "23503": Meaning.FOREIGN_KEY,
    "23001": Meaning.FOREIGN_KEY,
    "23514": Meaning.CHECK,
    "23502": Meaning.NOT_NULL,
    "42501": Meaning.FORBIDDEN,
    "40001": Meaning.CONFLICT,
    "40P01": Meaning.CONFLICT,
    "57014": Meaning.TIMEOUT,
    "40": Meaning.CONFLICT,
    "55P03": Meaning.DOWN,
    "25006": Meaning.DOWN,
    "54000": Meaning.VALUE,
    "21000": Meaning.SEVERAL,
    "22": Meaning.VALUE,
    "44": Meaning.CHECK,
    "42": Meaning.SHAPE,
    "08": Meaning.DOWN,
    "25": Meaning.DOWN,
    "26": Meaning.DOWN,
    "28": Meaning.DOWN,
    "3D": Meaning.DOWN,
    "53": Meaning.DOWN,
    "57": Meaning.DOWN,
    "58": Meaning.DOWN,
    "XX": Meaning.DOWN,
}

# https://mariadb.com/kb/en/mariadb-error-code-reference/
_ERRNOS = {
    Meaning.UNIQUE: (1062, 1169, 1586, 1859),
    Meaning.FOREIGN_KEY: (1216, 1217, 1451, 1452),
    Meaning.CHECK: (4025, 3819, 1369),
    Meaning.NOT_NULL: (1048, 1364, 1263, 1423),
    Meaning.VALUE: (1264, 1265, 1292, 1366, 1406, 1411, 1690, 3140, 3141, 4038),
    Meaning.RULE: (1644, 1442, 1288, 1348, 1393, 1394, 1395, 1471),
    Meaning.FORBIDDEN: (1044, 1142, 1143, 1227, 1370),
    Meaning.SHAPE: (1054, 1146, 1049, 1305, 4091, 1356),
    Meaning.SEVERAL: (1242,),
    Meaning.CONFLICT: (1213, 1020),
    Meaning.TIMEOUT: (1317, 1969, 3024, 1028),
}
_FIRST_ERRNO_OF_A_USER = 5000
"""The server's own codes end below; a trigger may signal any other."""

_MEANING_OF_ERRNO = {errno: meaning for meaning, errnos in _ERRNOS.items() for errno in errnos}

# https://www.sqlite.org/rescode.html
_SQLITE_NAMES = {
    "SQLITE_CONSTRAINT_UNIQUE": Meaning.UNIQUE,
    "SQLITE_CONSTRAINT_PRIMARYKEY": Meaning.UNIQUE,
    "SQLITE_CONSTRAINT_ROWID": Meaning.UNIQUE,
    "SQLITE_CONSTRAINT_FOREIGNKEY": Meaning.FOREIGN_KEY,
    "SQLITE_CONSTRAINT_CHECK": Meaning.CHECK,
    "SQLITE_CONSTRAINT_NOTNULL": Meaning.NOT_NULL,
    "SQLITE_CONSTRAINT_TRIGGER": Meaning.RULE,
    "SQLITE_CONSTRAINT_FUNCTION": Meaning.RULE,
    "SQLITE_CONSTRAINT_VTAB": Meaning.RULE,
    "SQLITE_CONSTRAINT_DATATYPE": Meaning.VALUE,
    "SQLITE_MISMATCH": Meaning.VALUE,
    "SQLITE_TOOBIG": Meaning.VALUE,
    "SQLITE_INTERRUPT": Meaning.TIMEOUT,
    "SQLITE_ERROR": Meaning.SHAPE,
}


def refusal_of(error: DBAPIError) -> Refusal:
    """Returns what a driver's error means; one that no table knows is `DOWN`."""
    cause = error.orig
    if isinstance(cause, psycopg.Error):
        return _of_postgres(cause)
    if isinstance(cause, pymysql.Error):
        return _of_mariadb(cause)
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(cause)
    return Refusal(Meaning.DOWN)


def _of_postgres(cause: psycopg.Error) -> Refusal:
    if isinstance(cause, psycopg.DataError) and cause.sqlstate is None:
        return Refusal(Meaning.VALUE)  # refused by the driver itself: a NUL in a text
    state, diagnosis = cause.sqlstate, cause.diag
    if state is None:
        return Refusal(Meaning.DOWN)
    # What the manual does not list, somebody's function raised.
    meaning = _SQLSTATES.get(state) or _SQLSTATES.get(state[:2]) or Meaning.RULE
    # A unique index of the table below a view is known by what it says it holds only.
    held = re.match(r"Key \((.+?)\)=", diagnosis.message_detail or "")
    is_unique = meaning is Meaning.UNIQUE and held is not None
    return Refusal(
        meaning,
        _maybe(diagnosis.constraint_name),
        tuple(held[1].split(", ")) if is_unique and held else _maybe(diagnosis.column_name),
        diagnosis.table_name,
        diagnosis.datatype_name,
    )


def _maybe(name: str | None) -> tuple[str, ...]:
    return () if name is None else (name,)


def _of_mariadb(cause: pymysql.Error) -> Refusal:
    errno = int(cause.args[0] or 0) if cause.args else 0
    text = str(cause.args[1]) if len(cause.args) > 1 else ""
    is_of_user = errno >= _FIRST_ERRNO_OF_A_USER
    meaning = _MEANING_OF_ERRNO.get(errno, Meaning.RULE if is_of_user else Meaning.DOWN)
    if meaning is Meaning.UNIQUE:
        # The value comes first and may hold quotes of its own: the key is what ends the text.
        key = text.rpartition(" for key '")[2].removesuffix("'")
        return Refusal(meaning, _with_last_part(key))
    constraint = re.search(r"CONSTRAINT `((?:[^`]|``)+)`", text)
    column = re.search(r"(?:[Cc]olumn|[Ff]ield) [`']?(?:[^`']*`\.`)*([^`']+)[`']", text)
    return Refusal(
        meaning,
        _with_last_part(constraint.group(1).replace("``", "`")) if constraint else (),
        (column.group(1),) if column else (),
    )


def _with_last_part(name: str) -> tuple[str, ...]:
    """Returns a name that may begin with the table's, and what then is its own."""
    last = name.rpartition(".")[2]
    return (name,) if last == name else (name, last)


def _of_sqlite(cause: sqlite3.Error) -> Refusal:
    meaning = _SQLITE_NAMES.get(getattr(cause, "sqlite_errorname", ""), Meaning.DOWN)
    if isinstance(cause, sqlite3.DataError | sqlite3.InterfaceError):
        meaning = Meaning.VALUE
    if "because it is a view" in str(cause):
        meaning = Meaning.RULE
    places = str(cause).partition("constraint failed: ")[2]
    if meaning is Meaning.CHECK:
        return Refusal(meaning, (places,))
    if meaning not in (Meaning.UNIQUE, Meaning.NOT_NULL):
        return Refusal(meaning, is_silent=True)
    index = re.fullmatch(r"index '(.+)'", places)
    if index is not None:
        return Refusal(meaning, (index.group(1),))
    table = places.partition(".")[0]
    return Refusal(
        meaning, (), tuple(each.removeprefix(f"{table}.") for each in places.split(", ")), table
    )


def database_error(error: DBAPIError | PoolTimeout) -> OwnIdError:
    """Returns what a caller is told of an error that no property explains."""
    if isinstance(error, PoolTimeout):
        return Unavailable(
            Reason.DATABASE_UNAVAILABLE,
            "Every connection to the app's database is busy; try again.",
        )
    return error_of_refusal(refusal_of(error), ())


def error_of_refusal(refusal: Refusal, properties: Iterable[str]) -> OwnIdError:
    """Returns what a caller is told of a refusal that concerns `properties`."""
    match refusal.meaning:
        case Meaning.CONFLICT:
            return concurrent_change()
        case Meaning.TIMEOUT:
            return DeadlineExceeded(
                Reason.DATABASE_TIMEOUT,
                "The app's database did not answer in the time allowed; narrow the query or retry.",
            )
        case Meaning.DOWN:
            return Unavailable(
                Reason.DATABASE_UNAVAILABLE, "The app's database does not answer; try again."
            )
        case Meaning.SHAPE:
            return FailedPrecondition(
                Reason.MAPPING_FAULTY,
                "The app's mapping does not fit its database any more; "
                "the operator can run 'ownid-grpc check'.",
            )
        case Meaning.SEVERAL:
            return FailedPrecondition(
                Reason.MAPPING_FAULTY,
                "The app's database finds several rows where an account can have one; "
                "the operator can narrow what the mapping names.",
            )
        case Meaning.VALUE | Meaning.NOT_NULL if named := tuple(properties):
            return _invalid_values(named)
        case _:
            return _refused(refusal, tuple(properties))


def concurrent_change() -> Aborted:
    """Returns the error of a change that met another."""
    return Aborted(
        Reason.CONCURRENT_CHANGE,
        "Another change of the same records got in the way; read again and retry.",
    )


def _invalid_values(properties: tuple[str, ...]) -> OwnIdError:
    description = "The database cannot hold this value; give one that fits its column."
    return InvalidArgument(
        Reason.PROFILE_INVALID,
        description,
        {"faults": str(len(properties))},
        tuple(Violation(f"account.profile.{name}", "storage", description) for name in properties),
    )


_REFUSALS = {
    Meaning.FOREIGN_KEY: "a record elsewhere that it refers to is missing, or still refers to it",
    Meaning.CHECK: "a check of the database does not hold",
    Meaning.NOT_NULL: "a column that needs a value would have none",
    Meaning.FORBIDDEN: "the database user of this service lacks the right to do this",
    Meaning.RULE: "a rule of the database itself forbids it",
    Meaning.VALUE: "a value does not fit its column",
    Meaning.UNIQUE: "a unique value outside the account's own properties is taken",
}


def _refused(refusal: Refusal, properties: tuple[str, ...]) -> OwnIdError:
    rule = refusal.meaning.name.lower()
    message = f"The database refused the change: {_REFUSALS[refusal.meaning]}."
    fields = [f"account.profile.{name}" for name in properties] or ["account"]
    return FailedPrecondition(
        Reason.DATABASE_REFUSED,
        message,
        {"rule": rule} | ({"property": ",".join(properties)} if properties else {}),
        tuple(Violation(field, rule, message) for field in fields),
    )
