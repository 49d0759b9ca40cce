"""What a repository can hold and do, as far as a schema and a caller need to know."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from ownid_grpc.domain.account import JsonValue, PropertyPath


class Kind(StrEnum):
    """What values of a property are."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    DATE = "date"
    ARRAY = "array"
    OBJECT = "object"
    ANY = "any"


class Capability(StrEnum):
    """What a repository may lack; asking for it then is a stated error."""

    FILTER = "filter"
    ORDER = "order"
    COUNT = "count"
    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"
    CHOOSE_KEY = "choose_key"
    DISABLE = "disable"


@dataclass(frozen=True, slots=True)
class PropertyDescription:
    """One mapped property and what its place in the database can hold.

    `max_length` is in characters, or in bytes where `counts_bytes`. `choices`
    are the only values it can hold. `can_be_absent` is False where the
    database refuses NULL. `is_filled` says that the database or the mapping
    supplies a value when a new account gives none. `item_kind` is the kind of
    an array's elements.
    """

    path: PropertyPath
    kind: Kind
    can_be_absent: bool = True
    is_writable: bool = True
    is_filled: bool = False
    is_unique: bool = False
    max_length: int | None = None
    counts_bytes: bool = False
    minimum: int | Decimal | None = None
    maximum: int | Decimal | None = None
    digits: tuple[int, int] | None = None
    choices: tuple[JsonValue, ...] | None = None
    item_kind: Kind | None = None
    format: str | None = None


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """What accounts of one repository have.

    `is_open` where there is a place for any further property that a schema defines.
    """

    properties: tuple[PropertyDescription, ...]
    capabilities: frozenset[Capability]
    has_create_time: bool = False
    has_update_time: bool = False
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class MappingFault:
    """One disagreement between a mapping and its database, and what to do about it.

    `location` is the path of the word in ownid.yaml that is wrong, from the
    app's `repository` down: `("properties", "email", "column")`.
    """

    location: tuple[str, ...]
    message: str
