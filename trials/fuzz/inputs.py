"""Texts that come near to what a parser reads, and texts that do not."""

import json
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from hypothesis import strategies as st

from ownid_grpc.domain.account import JsonValue

Texts: TypeAlias = st.SearchStrategy[str]

_ODD = st.text(max_size=40)
_CUTS = 12


def near(examples: Sequence[str], pieces: Sequence[str]) -> Texts:
    """Returns texts: any, made of `pieces`, of one piece many times, and damaged `examples`."""
    piece = st.sampled_from(pieces)
    return st.one_of(
        _ODD,
        st.lists(piece, max_size=30).map("".join),
        st.builds(_repeated, piece, piece, piece, st.integers(0, 300)),
        damaged(examples, pieces),
    )


def damaged(examples: Sequence[str], pieces: Sequence[str]) -> Texts:
    """Returns texts that a parser reads, in which pieces were lost or put in."""
    piece = st.sampled_from(pieces) | st.characters()
    edits = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 4), piece), max_size=4)
    return st.builds(_edited, st.sampled_from(examples), edits)


def headers(texts: Texts) -> Texts:
    """Returns what can stand in metadata: printable ASCII."""
    return texts.map(lambda text: "".join(each for each in text if " " <= each <= "~"))


def as_bytes(texts: Texts) -> st.SearchStrategy[bytes]:
    """Returns bytes that are, or were, UTF-8."""
    return st.one_of(
        st.binary(max_size=60), texts.map(lambda text: text.encode("utf-8", "surrogatepass"))
    )


def json_values(words: Sequence[str]) -> st.SearchStrategy[JsonValue]:
    """Returns values of JSON whose names and texts are often `words`."""
    word = st.sampled_from(words) | _ODD
    number = st.integers() | st.floats() | st.sampled_from((2**64, 10**400, -(2**63), 1e308))
    scalar: st.SearchStrategy[JsonValue] = st.one_of(st.none(), st.booleans(), number, word)
    return st.recursive(
        scalar,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(word, inner, max_size=4),
        max_leaves=12,
    )


def written(values: st.SearchStrategy[JsonValue]) -> Texts:
    """Returns values as JSON has them, which YAML reads too."""
    return values.map(json.dumps)


def parts(value: object) -> Iterator[object]:
    """Yields the value, and what is left of it when it is cut at several places.

    Drawing a value takes longer than most parsers take to read it.
    """
    yield value
    match value:
        case str() | bytes():
            for end in range(0, len(value), -(-len(value) // _CUTS) or 1):
                yield value[:end]
                yield value[end:]
        case list() if value:
            yield value[1:]
            yield from ([each, *value[1:]] for each in parts(value[0]))
        case tuple():
            yield from ((*value[:-1], each) for each in parts(value[-1]))
        case dict():
            for name, member in value.items():
                yield {name: member}
                yield {each: value[each] for each in value if each != name}


def _repeated(before: str, piece: str, after: str, times: int) -> str:
    return before + piece * times + after


def _edited(text: str, edits: Sequence[tuple[int, int, str]]) -> str:
    for place, lost, piece in edits:
        where = place % (len(text) + 1)
        text = text[:where] + piece + text[where + lost :]
    return text
