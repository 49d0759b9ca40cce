"""What a filter is made of, before anything is known of the fields that it names.

expression  = sequence, {"AND", sequence}
sequence    = factor, {factor}                    all of them
factor      = term, {"OR", term}                  so OR binds tighter than AND
term        = ["NOT" | "-"], (restriction | "(", expression, ")")
restriction = name, [comparator, argument]
name        = segment, {".", segment}             a segment is a word or quoted
comparator  = "=" | "!=" | "<" | "<=" | ">" | ">=" | ":"
argument    = word | quoted
"""

from dataclasses import dataclass
from typing import TypeAlias

from ownid_grpc.domain.fields import Wording
from ownid_grpc.errors import Reason

FILTER = Wording("filter", Reason.FILTER_INVALID)

MAX_BYTES = 4096
MAX_DEPTH = 32
KEYWORDS = frozenset(("AND", "OR", "NOT"))
WILDCARD = "*"


@dataclass(frozen=True, slots=True)
class Name:
    """The field that a restriction is about."""

    segments: tuple[str, ...]
    column: int


@dataclass(frozen=True, slots=True)
class Argument:
    """What a field is compared with: its text, split where a wildcard stands."""

    parts: tuple[str, ...]
    column: int
    is_quoted: bool

    @property
    def text(self) -> str:
        """The text, wildcards as the stars they were written as."""
        return WILDCARD.join(self.parts)

    @property
    def has_wildcard(self) -> bool:
        """Whether it stands for more than one text."""
        return len(self.parts) > 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field, a comparator and an argument."""

    name: Name
    comparator: str
    column: int
    argument: Argument


@dataclass(frozen=True, slots=True)
class Negation:
    """What must not hold."""

    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Conjunction:
    """What must hold all together."""

    operands: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Disjunction:
    """Of which at least one must hold."""

    operands: tuple["Expression", ...]


Expression: TypeAlias = Name | Comparison | Negation | Conjunction | Disjunction
"""A name by itself is a boolean field that must be true."""
