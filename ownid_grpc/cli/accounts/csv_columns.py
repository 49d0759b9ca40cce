"""Which properties an export to CSV has as columns: those of the account schema."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ownid_grpc.cli.errors import UsageError
from ownid_grpc.cli.output import printable

_PLAIN = re.compile(r"[\w-]+")
_MOST_LEVELS = 32


@dataclass(frozen=True, slots=True)
class Column:
    """A property as a column, whose cells are text or JSON."""

    path: tuple[str, ...]
    is_json: bool

    @property
    def name(self) -> str:
        """The property with dots between, its odd names in backticks."""
        return ".".join(map(_quoted, self.path))

    @property
    def header(self) -> str:
        """What the first line calls it."""
        return f"{self.name}:=" if self.is_json else self.name


def columns_of(schema: Mapping[str, Any], wanted: Sequence[str] = ()) -> list[Column]:
    """Returns the columns of all properties that can be read, or of those wanted, in that order.

    `schema` is the JSON Schema of the accounts. Raises `UsageError` for a
    property that it does not have.
    """
    known = {each.name: each for each in _columns(schema, schema, ())}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise UsageError(
            f"No property of the schema is called {printable(unknown[0])};"
            f" known: {printable(', '.join(known))}."
        )
    return [known[name] for name in wanted or known]


def _columns(
    root: Mapping[str, Any], schema: Mapping[str, Any], path: tuple[str, ...]
) -> Iterator[Column]:
    schema = _resolved(root, schema)
    below = schema.get("properties")
    if schema.get("writeOnly") is True or len(path) > _MOST_LEVELS:
        return
    if schema.get("type") == "object" and isinstance(below, dict) and below:
        for name in sorted(below):
            yield from _columns(root, below[name], (*path, name))
    elif path:
        yield Column(path, is_json=schema.get("type") != "string")


def _resolved(root: Mapping[str, Any], schema: Any) -> Mapping[str, Any]:  # noqa: ANN401 - true and false are schemas too
    """Returns what a schema refers to within the document, itself where it refers to nothing."""
    reference = schema.get("$ref") if isinstance(schema, dict) else None
    if not isinstance(reference, str):
        return schema if isinstance(schema, dict) else {}
    found: Any = root
    for segment in reference.removeprefix("#").split("/")[1:]:
        name = segment.replace("~1", "/").replace("~0", "~")
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _quoted(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else "`" + name.replace("`", "``") + "`"
