"""What the rules of a mapping set in columns beside the properties themselves."""

import secrets
import string
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import uuid_utils

from ownid_grpc.domain.account import Profile, value_at
from ownid_grpc.domain.mapping import Assignment
from ownid_grpc.repositories.sql.bound import BoundMapping, Table
from ownid_grpc.repositories.sql.codecs import Stored
from ownid_grpc.repositories.sql.codecs.moments import EpochValues, TimestampValues, timestamp_text
from ownid_grpc.repositories.sql.dialects.times import microseconds_of
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage

_LETTERS = string.ascii_letters + string.digits


def random_text(length: int) -> str:
    """Returns random letters and digits."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def uuid_for(shape: ColumnShape, made: uuid.UUID) -> Stored:
    """Returns a UUID as its column takes it."""
    if shape.storage is Storage.BYTES:
        return made.bytes
    return made.hex if shape.max_length == len(made.hex) else str(made)


def new_uuid7() -> uuid.UUID:
    """Returns a UUID that sorts by the time it was made (RFC 9562)."""
    return uuid.UUID(str(uuid_utils.uuid7()))


@dataclass(frozen=True, slots=True)
class Rules:
    """Works out assignments for one write, all at the same `moment`."""

    mapping: BoundMapping
    caller: str
    moment: datetime

    def value(self, name: str, words: Assignment, profile: Profile) -> Stored:
        """Returns what the column `name` is set to for an account of this profile."""
        table, column = self.mapping.owner(name)
        shape = table.shape.columns[column]
        said = next(iter(words.model_fields_set - {"separator"}))
        makers: dict[str, Callable[[], Stored]] = {
            "constant": lambda: words.constant,
            "now": lambda: self.now(table, shape),
            "uuid4": lambda: uuid_for(shape, uuid.uuid4()),
            "uuid7": lambda: uuid_for(shape, new_uuid7()),
            "random": lambda: random_text(words.random.length if words.random else 0),
            "caller": lambda: self.caller,
        }
        return makers[said]() if said in makers else _derived(words, profile)

    def now(self, table: Table, shape: ColumnShape) -> Stored:
        """Returns the time in the unit of its column: as a property has it, else by its type."""
        for field in self.mapping.fields.values():
            if field.table.name == table.name and field.shape.name == shape.name:
                values = getattr(field.codec, "values", None)
                if isinstance(values, EpochValues):
                    count = microseconds_of(self.moment) // values.unit
                    return str(count) if values.is_text else count
        whole = self.moment.replace(
            microsecond=self.moment.microsecond - self.moment.microsecond % _step(shape)
        )
        match shape.storage:
            case Storage.INTEGER:
                return int(self.moment.timestamp())
            case Storage.TEXT:
                return timestamp_text(whole)
            case Storage.DATE:
                is_sqlite = self.mapping.dialect.name == "sqlite"
                return whole.date().isoformat() if is_sqlite else whole.date()
            case _:
                return _timestamp(self.mapping, shape, whole)


def _timestamp(mapping: BoundMapping, shape: ColumnShape, moment: datetime) -> Stored:
    is_sqlite = mapping.dialect.name == "sqlite"
    return TimestampValues(shape.storage, ZoneInfo("UTC"), is_sqlite).form(moment)


def _step(shape: ColumnShape) -> int:
    return int(10 ** (6 - shape.fraction_digits))


def _derived(words: Assignment, profile: Profile) -> Stored:
    texts = [value_at(profile, tuple(name.split("."))) for name in words.sources]
    given = [text for text in texts if isinstance(text, str) and text]
    if not given:
        return texts[0] if words.copy_of else None
    if words.join:
        return words.separator.join(given)
    if words.copy_of:
        return given[0]
    return given[0].lower() if words.lower else given[0].upper()


def utc_now() -> datetime:
    """Returns the present time."""
    return datetime.now(UTC)
