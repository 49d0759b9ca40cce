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
from jsonschema.protocols import Validator
from jsonschema.validators import create

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.schema.applicators import APPLICATORS
from ownid_grpc.domain.schema.assertions import ASSERTIONS
from ownid_grpc.domain.schema.effort import MAX_VALUE_DEPTH
from ownid_grpc.domain.schema.faults import MAX_FAULTS, Place
from ownid_grpc.domain.schema.formats import EMAIL_OPTIONS
from ownid_grpc.domain.schema.numbers import exact
from ownid_grpc.domain.schema.patterns import MAX_PATTERN_SIZE, Patterns
from ownid_grpc.domain.schema.references import References
from ownid_grpc.domain.schema.scopes import Scope
from ownid_grpc.domain.schema.translation import translated
from ownid_grpc.domain.schema.unevaluated import UNEVALUATED
from ownid_grpc.domain.schema.vocabulary import DIALECT

_Explainer = create(
    meta_schema={"$id": DIALECT},
    validators={**ASSERTIONS, **APPLICATORS, **UNEVALUATED},
)
"""jsonschema's machinery with keywords of our own.

Its own quote the value in every message, run patterns in exponential time and
find that 19.99 is no multiple of 0.01.
"""

_PLAIN = frozenset((str, int, bool, float, type(None)))


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a value: where, by which rule, and what would be right.

    `origin` is the way through the schema to the rule: with the place it tells
    one fault from another.
    """

    place: Place
    rule: str
    description: str
    origin: Place = ()

    @property
    def identity(self) -> tuple[Place, str, Place]:
        """What tells one fault from another of the same profile."""
        return self.place, self.rule, self.origin


@dataclass(frozen=True, slots=True)
class Validation:
    """A schema, compiled for both engines."""

    quick: jsonschema_rs.Draft202012Validator
    explaining: Validator

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
        scope = Scope(references, patterns, (root.resource,))
        return cls(quick, _Explainer(root.schema, _resolver=scope))  # type: ignore[call-arg]  # its stub leaves out how jsonschema itself passes the resolver on

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
        try:
            return list(islice(self._explained(value), most))
        except UnicodeEncodeError:
            return [Fault((), "encoding", "must be Unicode text, without lone surrogates")]
        except RecursionError:
            return [Fault((), "depth", "is nested too deeply for this schema")]

    def _explained(self, value: JsonValue) -> Iterator[Fault]:
        for error in self.explaining.iter_errors(value):  # type: ignore[arg-type] # the stubs know no Decimal
            place, origin = tuple(error.absolute_path), tuple(error.absolute_schema_path)
            if error.validator is None:  # the schema is false
                yield Fault(place, "false", "is not allowed here", origin)
            else:
                yield Fault(place, str(error.validator), error.message, origin)


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
