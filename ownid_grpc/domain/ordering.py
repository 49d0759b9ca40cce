"""The order of accounts: `order_by` as AIP-132 has it, and where an account stands in it."""

import functools
import re
from collections.abc import Callable

from ownid_grpc.domain.account import Account, AccountKey
from ownid_grpc.domain.fields import FieldTypes, Wording
from ownid_grpc.domain.paging import Position
from ownid_grpc.domain.predicates import Literal, OrderTerm, Query, field_value, literal_of
from ownid_grpc.domain.source import Kind
from ownid_grpc.errors import Reason

MAX_BYTES = 1024
MAX_TERMS = 8

ORDER_BY = Wording("order_by", Reason.ORDER_BY_INVALID)

_ORDERED = {Kind.TEXT, Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN, Kind.TIMESTAMP, Kind.DATE}
_SEGMENT = r"(?:[^ \t\r\n,.\"'\\]+|\"(?:[^\"\\]|\\.)+\"|'(?:[^'\\]|\\.)+')"
_NAME = re.compile(rf"{_SEGMENT}(?:\.{_SEGMENT})*", re.DOTALL)
_FIRST_SEGMENT = re.compile(_SEGMENT, re.DOTALL)
_SPACE = re.compile(r"[ \t\r\n]*")
_DIRECTION = re.compile(r"(?:asc|desc)(?=[ \t\r\n,]|\Z)")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def bind_order(text: str, fields: FieldTypes) -> tuple[OrderTerm, ...]:
    """Returns the order that `text` asks for: `email desc, address.city`.

    Raises `InvalidArgument` for any other text, and for fields that cannot be
    ordered by or stand there twice.
    """
    ORDER_BY.check_length(text, MAX_BYTES)
    terms: list[OrderTerm] = []
    at = _after_space(text, 0)
    while at < len(text):
        if len(terms) == MAX_TERMS:
            raise ORDER_BY.fault(at + 1, "limit", "Field too many", f"{MAX_TERMS} are allowed")
        term, end = _bind_term(text, at, fields)
        if any(term.path == other.path for other in terms):
            raise ORDER_BY.fault(at + 1, "duplicate", "Field again", "name each field once")
        terms.append(term)
        at = _after_comma(text, end)
    return tuple(terms)


def position_of(account: Account, query: Query) -> Position:
    """Returns the place of an account in the order of `query`."""
    return Position(tuple(_order_value(account, term) for term in query.order), account.key)


def sort_key(
    query: Query,
    position: Position,
    key_order: Callable[[AccountKey], tuple[object, ...]] = tuple,
) -> tuple[object, ...]:
    """Returns what sorts positions as `query` orders accounts.

    `key_order` says how keys, which break ties, compare where that is not as
    texts.
    """
    terms = zip(query.order, position.values, strict=True)
    return *(_term_key(term, value) for term, value in terms), key_order(position.key)


def _order_value(account: Account, term: OrderTerm) -> Literal | None:
    return literal_of(field_value(account, term.path), term.kind)


def _term_key(term: OrderTerm, value: Literal | None) -> object:
    # Absent values come first, and are never compared with one that is there.
    key = (value is not None, value)
    return _Descending(key) if term.is_descending else key


@functools.total_ordering
class _Descending:
    """Turns the order of what it holds around."""

    __slots__ = ("_key",)

    def __init__(self, key: tuple[bool, Literal | None]) -> None:
        self._key = key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Descending) and self._key == other._key

    def __lt__(self, other: "_Descending") -> bool:
        return self._key > other._key

    __hash__ = None  # type: ignore[assignment]  # what is only compared needs no hash


def _bind_term(text: str, at: int, fields: FieldTypes) -> tuple[OrderTerm, int]:
    name = _NAME.match(text, at)
    if name is None:
        raise ORDER_BY.fault(at + 1, "syntax", "Unexpected character", "expected a field")
    segments = tuple(_plain(each) for each in _FIRST_SEGMENT.findall(name[0]))
    path, field = ORDER_BY.resolve(fields, segments, at + 1)
    if field.kind not in _ORDERED:
        wrong = f"Field of kind {field.kind}"
        raise ORDER_BY.fault(at + 1, "type", wrong, "only single values have an order")
    end = _after_space(text, name.end())
    direction = _DIRECTION.match(text, end) if end > name.end() else None
    is_descending = direction is not None and direction[0] == "desc"
    return OrderTerm(path, is_descending, field.kind), direction.end() if direction else end


def _after_comma(text: str, at: int) -> int:
    end = _after_space(text, at)
    if end == len(text):
        return end
    if text[end] != ",":
        expected = "expected a comma, asc or desc"
        raise ORDER_BY.fault(end + 1, "syntax", "Unexpected character", expected)
    following = _after_space(text, end + 1)
    if following == len(text):
        raise ORDER_BY.fault(following + 1, "syntax", "Unexpected end", "expected a field")
    return following


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return at if found is None else found.end()


def _plain(segment: str) -> str:
    return _ESCAPE.sub(r"\1", segment[1:-1]) if segment[0] in "\"'" else segment
