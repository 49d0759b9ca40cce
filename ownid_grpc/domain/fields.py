"""Fields that a caller may name, and the one meant where a name is wrong."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from ownid_grpc.domain.account import PROFILE, FieldPath, dotted
from ownid_grpc.domain.source import Kind
from ownid_grpc.errors import InvalidArgument, Reason

MAX_SHOWN_LENGTH = 64
MAX_SHOWN_NAMES = 8


@dataclass(frozen=True, slots=True)
class FieldType:
    """What values of a field are, and whether one may search by it.

    `item_kind` is the kind of an array's elements.
    """

    kind: Kind
    item_kind: Kind | None = None
    is_searchable: bool = True


FieldTypes: TypeAlias = Mapping[FieldPath, FieldType]
"""The fields of an account; a path above others need not be in it to count as an object."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A text in which a caller names fields: the request's field, and the reason of its faults."""

    field: str
    reason: Reason

    def fault(self, column: int, rule: str, wrong: str, expected: str) -> InvalidArgument:
        """Returns the error that `wrong` stands at `column`, 1 being the first character."""
        description = f"{wrong} in {self.field} at {column}; {expected}."
        return InvalidArgument.at(
            self.reason, self.field, rule, description, position=str(column), expected=expected
        )

    def check_length(self, text: str, max_bytes: int) -> None:
        """Raises the fault of a text that is longer than `max_bytes` in UTF-8."""
        encoded = text.encode("utf-8", "surrogatepass")
        if len(encoded) > max_bytes:
            column = len(encoded[:max_bytes].decode("utf-8", "ignore")) + 1
            raise self.fault(column, "length", "Text too long", f"{max_bytes} bytes are allowed")

    def resolve(
        self, fields: FieldTypes, segments: tuple[str, ...], column: int
    ) -> tuple[FieldPath, FieldType]:
        """Returns the searchable field that a name means; raises the fault where there is none.

        `profile.` before the name of a property can be left out; a property
        then wins over a field of the account itself.
        """
        found = self._found(fields, segments, column)
        if found is not None:
            return found
        name = dotted(segments)
        names = [_name_of(path) for path, each in fields.items() if each.is_searchable]
        wrong = f"Unknown field {shown(name)}"
        raise self.fault(column, "unknown", wrong, nearest(name, names) or known_fields(fields))

    def resolve_member(
        self, fields: FieldTypes, within: tuple[str, ...], member: tuple[str, ...], column: int
    ) -> tuple[FieldPath, FieldType]:
        """Returns the searchable field that is a member of an object, as `resolve` does."""
        found = self._found(fields, within + member, column)
        if found is None:
            # It may have been meant as a value, and no error repeats one.
            wrong = f"Unknown member of {shown(dotted(within))}"
            raise self.fault(column, "unknown", wrong, known_fields(fields))
        return found

    def _found(
        self, fields: FieldTypes, segments: tuple[str, ...], column: int
    ) -> tuple[FieldPath, FieldType] | None:
        within = (PROFILE, *segments)
        is_full = segments[0] == PROFILE and len(segments) > 1
        for path in (segments, within) if is_full else (within, segments):
            found = _field_at(fields, path)
            if found is None or path == (PROFILE,):
                continue
            if not found.is_searchable:
                wrong = f"Unsearchable field {shown(dotted(segments))}"
                raise self.fault(column, "unsearchable", wrong, known_fields(fields))
            return path, found
        return None


def shown(name: str) -> str:
    """Returns a name that a caller typed as a message can show it: quoted, escaped and short."""
    return repr(name if len(name) <= MAX_SHOWN_LENGTH else name[:MAX_SHOWN_LENGTH] + "…")


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Returns `did you mean …?`, None where nothing known is like `name`."""
    likely = difflib.get_close_matches(name[:MAX_SHOWN_LENGTH], known, n=1)
    return f"did you mean {likely[0]}" if likely else None


def known_fields(fields: FieldTypes) -> str:
    """Returns the first few names that one may search by."""
    names = [_name_of(path) for path, each in fields.items() if each.is_searchable]
    more = ", …" if len(names) > MAX_SHOWN_NAMES else ""
    return f"known fields: {', '.join(names[:MAX_SHOWN_NAMES])}{more}" if names else "there is none"


def _name_of(path: FieldPath) -> str:
    return dotted(path[1:] if path[0] == PROFILE else path)


def _field_at(fields: FieldTypes, path: FieldPath) -> FieldType | None:
    found = fields.get(path)
    if found is not None and found.kind is not Kind.OBJECT:
        return found
    inside = [each for other, each in fields.items() if other[: len(path)] == path]
    if not inside:
        return None
    # Whether an object is there tells something of all that is in it.
    return FieldType(Kind.OBJECT, None, all(each.is_searchable for each in inside))
