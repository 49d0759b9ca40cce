"""What the rules of a mapping set in columns beside the properties themselves."""

import secrets
import string
import uuid
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import uuid_utils

from ownid_grpc.domain.account import PROFILE, Account, AccountDraft, JsonValue
from ownid_grpc.domain.mapping_assignments import Assignment
from ownid_grpc.domain.mapping_properties import Property
from ownid_grpc.repositories.refusals import value_unfit
from ownid_grpc.repositories.sql.bound import BoundMapping, Table
from ownid_grpc.repositories.sql.codecs import Stored, Unstorable, build_codec
from ownid_grpc.repositories.sql.codecs.moments import DateValues, EpochValues, TimestampValues
from ownid_grpc.repositories.sql.constants import stored_constant
from ownid_grpc.repositories.sql.dialects.times import microseconds_of
from ownid_grpc.repositories.sql.normalize import new_value
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage

_LETTERS = string.ascii_letters + string.digits
_MOMENTS = {Storage.TIMESTAMP, Storage.TIMESTAMP_TZ, Storage.DATE}


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


def step_of(shape: ColumnShape) -> int:
    """Returns the microseconds between two times that a column can tell apart."""
    return int(10 ** (6 - shape.fraction_digits))


@dataclass(frozen=True, slots=True)
class Rules:
    """Works out assignments for one write, all at the same `moment`.

    `pointers` are the rows that this write has found by their names, by table.
    """

    mapping: BoundMapping
    caller: str
    moment: datetime
    pointers: dict[str, dict[Hashable, dict[str, Stored]]] = field(
        default_factory=dict, compare=False
    )

    def value(self, name: str, words: Assignment, account: Account | AccountDraft) -> Stored:
        """Returns what the column `name` is set to for such an account."""
        table, column = self.mapping.owner(name)
        shape = table.shape.columns[column]
        said = next(iter(words.model_fields_set - {"separator"}))
        makers: dict[str, Callable[[], Stored]] = {
            "constant": lambda: stored_constant(shape, words.constant),
            "now": lambda: self.now(table, shape),
            "uuid4": lambda: uuid_for(shape, uuid.uuid4()),
            "uuid7": lambda: uuid_for(shape, new_uuid7()),
            "random": lambda: random_text(words.random.length if words.random else 0),
            "caller": lambda: self.caller,
        }
        return makers[said]() if said in makers else self._derived(words, shape, account)

    def now(self, table: Table, shape: ColumnShape) -> Stored:
        """Returns the time in the unit of its column: as a property has it, else by its type."""
        moment = self.moment.replace(
            microsecond=self.moment.microsecond - self.moment.microsecond % step_of(shape)
        )
        for bound in self.mapping.fields.values():
            if bound.table.name == table.name and bound.shape.name == shape.name:
                values = getattr(bound.codec, "values", None)
                if isinstance(values, EpochValues):
                    count = microseconds_of(moment) // values.unit
                    return str(count) if values.is_text else count
                if isinstance(values, TimestampValues):
                    return values.form(moment)
        return self._by_type(shape, moment)

    def _by_type(self, shape: ColumnShape, moment: datetime) -> Stored:
        is_sqlite = self.mapping.dialect.name == "sqlite"
        match shape.storage:
            case Storage.INTEGER:
                return int(moment.timestamp())
            case Storage.DECIMAL | Storage.FLOAT:
                return int(moment.timestamp()) if is_sqlite else Decimal(int(moment.timestamp()))
            case Storage.DATE:
                return DateValues(is_sqlite).encode(moment.date().isoformat())
            case _:
                zone = ZoneInfo("UTC")
                return TimestampValues(shape.storage, zone, is_sqlite).form(moment)

    def _derived(
        self, words: Assignment, shape: ColumnShape, account: Account | AccountDraft
    ) -> Stored:
        fields = [self.mapping.fields[(PROFILE, *name.split("."))] for name in words.sources]
        value = _combined(words, [new_value(field, account) for field in fields])
        if value is None or isinstance(value, list | dict):
            return None
        if not isinstance(value, str) or shape.storage not in {Storage.TEXT, *_MOMENTS}:
            return value if isinstance(value, Decimal) else stored_constant(shape, value)
        codec = build_codec(Property(column=shape.name), shape, self.mapping.dialect)
        try:
            return codec.encode(value)
        except Unstorable as error:
            raise value_unfit(fields[0].name, error.rule, error.description) from error


def _combined(words: Assignment, values: list[JsonValue]) -> JsonValue:
    if words.copy_of:
        return values[0]
    texts = [value for value in values if isinstance(value, str) and value]
    if not texts:
        return None
    if words.join:
        return words.separator.join(texts)
    return texts[0].lower() if words.lower else texts[0].upper()


def utc_now() -> datetime:
    """Returns the present time."""
    return datetime.now(UTC)
