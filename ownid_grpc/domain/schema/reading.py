"""Reads a schema and says all that is wrong with it, before anything is compiled."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

import jsonschema_rs

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.schema.document import Document, Node, Schema, pointer_of
from ownid_grpc.domain.schema.effort import check_effort
from ownid_grpc.domain.schema.faults import MAX_FAULTS, listed, schema_violation
from ownid_grpc.domain.schema.numbers import is_among, with_plain_numbers
from ownid_grpc.domain.schema.pattern_translation import PatternError
from ownid_grpc.domain.schema.patterns import (
    MAX_TOTAL_SIZE,
    Pattern,
    Patterns,
    compile_pattern,
)
from ownid_grpc.domain.schema.references import References, resolve
from ownid_grpc.domain.schema.vocabulary import (
    A_SCHEMA,
    DIALECT,
    EXPECTED,
    LIST_KEYWORDS,
    MAP_KEYWORDS,
    OWN_KEYWORDS,
    OWN_PREFIX,
    SCHEMA_KEYWORDS,
)
from ownid_grpc.errors import InvalidArgument, Reason, Violation

MAX_SCHEMA_BYTES = 256 * 1024
MAX_SCHEMA_DEPTH = 64

_METASCHEMA = jsonschema_rs.Draft202012Validator({"$ref": DIALECT}, offline=True)


@dataclass(frozen=True, slots=True)
class SchemaParts:
    """A schema that is in order, its references followed and its patterns compiled."""

    references: References
    patterns: Patterns

    @property
    def root(self) -> Node:
        """The whole schema."""
        return self.references.document.root


def read_schema(schema: Schema) -> tuple[SchemaParts, list[Violation]]:
    """Returns the parts of `schema`, and all its faults; with faults the parts are not to be used.

    Any schema of JSON Schema 2020-12 will do, one of something else than an
    object too. Raises `InvalidArgument` where it is too large to look into.
    """
    _check_size(schema)
    plain = with_plain_numbers(schema)
    document = Document(plain if isinstance(plain, (dict, bool)) else True)
    references, faults = resolve(document)
    patterns, unusable = _compile_patterns(document)
    faults.extend(unusable)
    faults.extend(_check_dialect(document))
    faults.extend(_check_own_keywords(document))
    for node in (document.root, *document.outlying):
        faults.extend(_check_metaschema(node))
    if not faults:
        faults.extend(check_effort(references))
    return SchemaParts(references, patterns), faults


def refuse_schema(faults: list[Violation]) -> InvalidArgument:
    """Returns the error that names all faults of a schema."""
    first = f"{faults[0].field} {faults[0].description}"
    more = f" There are {len(faults)} faults." if len(faults) > 1 else ""
    return InvalidArgument(
        Reason.ACCOUNT_SCHEMA_INVALID,
        f"The account schema is not valid: {first}.{more}",
        {"faults": str(len(faults))},
        tuple(faults[:MAX_FAULTS]),
    )


def _check_size(schema: JsonValue) -> None:
    if _is_deeper(schema, MAX_SCHEMA_DEPTH):
        complaint = f"is nested more than {MAX_SCHEMA_DEPTH} deep"
        raise refuse_schema([schema_violation("", "depth", complaint)])
    try:
        size = len(json.dumps(schema, ensure_ascii=False, allow_nan=False, default=float).encode())
    except ValueError as error:
        complaint = "must be JSON: finite numbers, and text without lone surrogates"
        raise refuse_schema([schema_violation("", "json", complaint)]) from error
    if size > MAX_SCHEMA_BYTES:
        complaint = f"is {size} bytes long as JSON; at most {MAX_SCHEMA_BYTES} are allowed"
        raise refuse_schema([schema_violation("", "size", complaint)])


def _is_deeper(value: JsonValue, levels: int) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    return isinstance(value, list) and (
        levels == 0 or any(_is_deeper(inner, levels - 1) for inner in value)
    )


def _check_dialect(document: Document) -> Iterator[Violation]:
    """Yields a fault for each other dialect, and forgets the name of this one.

    jsonschema would take `$schema` for a wish to be validated by a class of its own.
    """
    for node in document.nodes.values():
        dialect = node.keywords.pop("$schema", DIALECT)
        if not isinstance(dialect, str) or dialect.removesuffix("#") != DIALECT:
            yield schema_violation(f"{node.pointer}/$schema", "$schema", f"must be '{DIALECT}'")


def _check_metaschema(start: Node) -> Iterator[Violation]:
    seen: set[str] = set()
    for error in _METASCHEMA.iter_errors(start.schema):
        path = [str(step) for step in error.instance_path]
        pointer = start.pointer + pointer_of(*path)
        if pointer in seen:
            continue
        seen.add(pointer)
        keyword, expected = _expectation(path)
        yield schema_violation(pointer, keyword, f"must be {expected}")


def _expectation(path: list[str]) -> tuple[str, str]:
    """Returns the keyword that a place below a schema belongs to, and what should stand there."""
    keyword, expected = "", A_SCHEMA
    steps = iter(path)
    for step in steps:
        keyword, expected = step, EXPECTED.get(step, "as JSON Schema 2020-12 has it")
        if step in LIST_KEYWORDS or step in MAP_KEYWORDS:
            expected = expected if next(steps, None) is None else A_SCHEMA
        elif step not in SCHEMA_KEYWORDS:
            break
    return keyword, expected


def _check_own_keywords(document: Document) -> Iterator[Violation]:
    for node in document.nodes.values():
        for keyword, value in node.keywords.items():
            if not keyword.startswith(OWN_PREFIX):
                continue
            pointer = node.pointer + pointer_of(keyword)
            allowed = OWN_KEYWORDS.get(keyword)
            if allowed is None:
                nearest = get_close_matches(keyword, OWN_KEYWORDS, 1)
                hint = f"did you mean {nearest[0]}?" if nearest else listed(sorted(OWN_KEYWORDS))
                yield schema_violation(pointer, "unknown", f"is no keyword of ours; {hint}")
            elif not is_among(value, allowed):
                words = listed([json.dumps(each) for each in allowed])
                yield schema_violation(pointer, keyword, f"must be one of {words}")


def _compile_patterns(document: Document) -> tuple[Patterns, list[Violation]]:
    patterns: dict[str, Pattern] = {}
    faults: list[Violation] = []
    for pointer, source in _pattern_sources(document):
        if source in patterns:
            continue
        try:
            patterns[source] = compile_pattern(source)
        except PatternError as error:
            faults.append(schema_violation(pointer, "pattern", f"cannot be used: {error}"))
        if sum(pattern.size for pattern in patterns.values()) > MAX_TOTAL_SIZE:
            complaint = "all patterns together repeat more than can be run: say smaller counts"
            return patterns, [*faults, schema_violation(pointer, "pattern", complaint)]
    return patterns, faults


def _pattern_sources(document: Document) -> Iterator[tuple[str, str]]:
    for node in document.nodes.values():
        source, members = node.keywords.get("pattern"), node.keywords.get("patternProperties")
        if isinstance(source, str):
            yield f"{node.pointer}/pattern", source
        for name in members if isinstance(members, dict) else ():
            yield node.pointer + pointer_of("patternProperties", name), name
