"""Two engines for one schema: one says quickly that nothing is wrong, the other what is.

jsonschema-rs takes a microsecond or two, jsonschema a hundred times that; it
is asked only once something is wrong. The two agree: texts are judged by one
authority for both (`formats`, `patterns`), numbers by their digits.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

import jsonschema_rs

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.schema.document import Schema
from ownid_grpc.domain.schema.effort import MAX_VALUE_DEPTH
from ownid_grpc.domain.schema.faults import MAX_FAULTS, Fault
from ownid_grpc.domain.schema.formats import EMAIL_OPTIONS
from ownid_grpc.domain.schema.numbers import exact
from ownid_grpc.domain.schema.patterns import MAX_PATTERN_SIZE, Patterns
from ownid_grpc.domain.schema.references import References
from ownid_grpc.domain.schema.scopes import Scope, TooManyStepsError
from ownid_grpc.domain.schema.translation import translated

_PLAIN = frozenset((str, int, bool, float, type(None)))


@dataclass(frozen=True, slots=True)
class Validation:
    """A schema, compiled for both engines."""

    quick: jsonschema_rs.Draft202012Validator
    root: Schema
    scope: Scope

    @classmethod
    def compile(cls, references: References, patterns: Patterns) -> "Validation":
        """Returns the schema ready to be used; all it refers to must be known."""
        root = references.document.root
        quick = jsonschema_rs.Draft202012Validator(
            translated(references, patterns),
            validate_formats=True,
            pattern_options=jsonschema_rs.RegexOptions(size_limit=MAX_PATTERN_SIZE),
            email_options=EMAIL_OPTIONS,
            offline=True,
        )
        return cls(quick, root.schema, Scope.of(references, patterns))

    def is_valid(self, value: JsonValue) -> bool:
        """Returns whether nothing is wrong, within microseconds."""
        if not _is_plain(value, MAX_VALUE_DEPTH):
            return not self.faults(value, most=1)
        try:
            return self.quick.is_valid(value)
        except UnicodeEncodeError:  # a lone surrogate is no Unicode text
            return False

    def faults_unless_valid(self, value: JsonValue, most: int = MAX_FAULTS) -> list[Fault]:
        """Returns what is wrong, asking the quick engine first whether anything is."""
        return [] if self.is_valid(value) else self.faults(value, most)

    def faults(self, value: JsonValue, most: int = MAX_FAULTS) -> list[Fault]:
        """Returns what is wrong, the first `most` of it; nothing where `is_valid`."""
        if _is_deeper(value, MAX_VALUE_DEPTH):
            return [Fault((), "depth", f"must be nested at most {MAX_VALUE_DEPTH} deep")]
        found: list[Fault] = []
        try:
            found.extend(islice(self._explained(value), most))
        except TooManyStepsError:
            return found or [
                Fault((), "size", "is too large for this schema, if not wrong besides")
            ]
        except UnicodeEncodeError:
            return [Fault((), "encoding", "must be Unicode text, without lone surrogates")]
        except RecursionError:
            return [Fault((), "depth", "is nested too deeply for this schema")]
        return found

    def _explained(self, value: JsonValue) -> Iterator[Fault]:
        # With its extras installed, jsonschema takes a second to load: only when it is needed.
        from ownid_grpc.domain.schema.explaining import explained  # noqa: PLC0415 - as said

        return explained(self.root, self.scope.anew(), value)


def _is_plain(value: JsonValue, levels: int) -> bool:
    """Returns whether the quick engine reads `value` right.

    It would overflow the stack in one nested without end, and compares a
    decimal with a whole number as doubles do.
    """
    if type(value) in _PLAIN:
        return True
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return levels > 0 and all(
            type(inner) in _PLAIN or _is_plain(inner, levels - 1) for inner in value
        )
    return isinstance(value, Decimal) and exact(float(value)) == value


def _is_deeper(value: JsonValue, levels: int) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    return isinstance(value, list) and (
        levels == 0 or any(_is_deeper(inner, levels - 1) for inner in value)
    )
