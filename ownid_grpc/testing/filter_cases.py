"""The lines of tests/cases/filters.txt: filters, and what matches them or where they are wrong."""

import re
from dataclasses import dataclass

from ownid_grpc.domain.account import PROFILE
from ownid_grpc.domain.fields import FieldType, FieldTypes
from ownid_grpc.domain.source import Kind
from ownid_grpc.testing.standard import CASES, FIELDS

CASE_FIELDS: FieldTypes = {
    **FIELDS,
    (PROFILE, "secret"): FieldType(Kind.TEXT, is_searchable=False),
    (PROFILE, "safe", "code"): FieldType(Kind.INTEGER, is_searchable=False),
    (PROFILE, "extra"): FieldType(Kind.ANY),
}
"""The fields of the standard account, and some that only faults are about."""

_LINE = re.compile(r"\s*(.*?)\s*=> *([a-z ]+|!\d+ [a-z]+)")


@dataclass(frozen=True, slots=True)
class FilterCase:
    """A line with accounts that match, or with the column and rule of a fault."""

    line: int
    text: str
    names: frozenset[str]
    fault: tuple[int, str] | None

    def __str__(self) -> str:
        return f"{self.line}: {self.text}"


def filter_cases() -> list[FilterCase]:
    """Returns every line in order."""
    lines = (CASES / "filters.txt").read_text("utf-8").splitlines()
    return [
        _case(number, line)
        for number, line in enumerate(lines, start=1)
        if line.strip() and not line.startswith("#")
    ]


def _case(number: int, line: str) -> FilterCase:
    found = _LINE.fullmatch(line)
    if found is None:
        raise ValueError(f"filters.txt:{number} has no meaning after its arrow.")
    text, meaning = found.groups()
    if meaning.startswith("!"):
        column, rule = meaning[1:].split()
        return FilterCase(number, text, frozenset(), (int(column), rule))
    names = frozenset() if meaning == "none" else frozenset(meaning.split())
    return FilterCase(number, text, names, None)
