"""What of a search no index serves, and what would."""

from collections.abc import Iterator, Sequence

from ownid_grpc.domain.account import PROFILE, FieldPath, LoginId
from ownid_grpc.domain.predicates import (
    EVERYTHING,
    And,
    Compare,
    Contains,
    Match,
    Not,
    Operator,
    Or,
    OrderTerm,
    Predicate,
    Present,
    Query,
)
from ownid_grpc.domain.serving import Gap, Use
from ownid_grpc.repositories.sql.bound import BoundField
from ownid_grpc.repositories.sql.indexes.advice import (
    statements_for,
    statements_for_login_id,
    statements_for_order,
)
from ownid_grpc.repositories.sql.indexes.serving import Known
from ownid_grpc.repositories.sql.uniqueness import login_id_condition
from ownid_grpc.repositories.sql.where import condition_of

_ANY_LOGIN_ID = "a@example.com"


def gaps_of(known: Known, query: Query) -> list[Gap]:
    """Returns what of a query no index serves, nothing where it is served.

    An order counts only where nothing is filtered: what a filter finds by an
    index is sorted in no time.
    """
    if query.predicate != EVERYTHING:
        return [*dict.fromkeys(_unserved(known, query.predicate))]
    return _order_gaps(known, query.order)


def login_id_gaps(known: Known, login_ids: Sequence[LoginId]) -> list[Gap]:
    """Returns the login ids that no index finds accounts by."""
    found = []
    for login_id in login_ids:
        field = known.mapping.fields.get((PROFILE, *login_id.path))
        if field is None:
            continue
        condition = login_id_condition(known.mapping, field, login_id, _ANY_LOGIN_ID)
        if known.serving(condition) is None:
            made = statements_for_login_id(known, field, condition)
            found.append(_gap(known, field, Use.LOGIN_ID, made))
    return found


def _unserved(known: Known, predicate: Predicate) -> list[Gap]:
    match predicate:
        case And(operands):
            parts = [_unserved(known, each) for each in operands]
            return [] if [] in parts else [gap for part in parts for gap in part]
        case Or(operands):
            parts = [_unserved(known, each) for each in operands]
            missing = [gap for part in parts for gap in part]
            return missing or _apart(known, predicate)
        case Not(operand):
            return [*_beyond_indexes(known, operand)]
        case Present(path):
            return [Gap(path, Use.OTHER, _rows(known, known.mapping.field_at(path)))]
        case _:
            return _leaf_gaps(known, predicate)


def _apart(known: Known, predicate: Or) -> list[Gap]:
    """Returns the gaps of alternatives of which each is served, but in different tables."""
    parts = [known.serving(condition_of(known.mapping, each)) for each in predicate.operands]
    if known.united(parts) is not None:
        return []
    return [*_beyond_indexes(known, predicate)]


def _beyond_indexes(known: Known, predicate: Predicate) -> Iterator[Gap]:
    match predicate:
        case And(operands) | Or(operands):
            for each in operands:
                yield from _beyond_indexes(known, each)
        case Not(operand):
            yield from _beyond_indexes(known, operand)
        case _:
            field = known.mapping.field_at(predicate.path)
            yield Gap(predicate.path, Use.OTHER, _rows(known, field))


def _leaf_gaps(known: Known, leaf: Compare | Match | Contains) -> list[Gap]:
    field = known.mapping.field_at(leaf.path)
    if field is None:
        return []
    condition = condition_of(known.mapping, leaf)
    if known.serving(condition) is not None:
        return []
    return [_gap(known, field, use_of(leaf), statements_for(known, field, condition))]


def use_of(leaf: Compare | Match | Contains) -> Use:
    """Returns what a comparison asks of an index."""
    match leaf:
        case Contains():
            return Use.ITEM
        case Match(_, parts):
            return Use.PREFIX if parts[0] else Use.OTHER
        case Compare(_, operator, _):
            return _COMPARED.get(operator, Use.RANGE)


_COMPARED = {Operator.EQ: Use.EQUALITY, Operator.NE: Use.OTHER}


def _order_gaps(known: Known, order: Sequence[OrderTerm]) -> list[Gap]:
    found = [(term, known.mapping.field_at(term.path)) for term in order]
    terms = [(term, field) for term, field in found if field is not None]
    if not terms:
        return []
    (first, field), rest = terms[0], terms[1:]
    places = [(field.codec.sortable(field.column, first.kind), first.is_descending)]
    places += [
        (each.codec.comparable(each.column, term.kind), term.is_descending) for term, each in rest
    ]
    if all(not each.table.name for _, each in terms) and known.orders(places):
        return []
    is_alone = not rest and not first.is_descending and not field.table.name
    made = statements_for_order(known, field, places[0][0]) if is_alone else []
    return [_gap(known, field, Use.ORDER, made)]


def _gap(known: Known, field: BoundField, use: Use, statements: Sequence[str]) -> Gap:
    return Gap(field.path, use, _rows(known, field), tuple(statements))


def _rows(known: Known, field: BoundField | None) -> int | None:
    """Returns about how many rows are looked at where no index serves a field."""
    path: FieldPath = () if field is None else field.path
    name = "" if field is None or not path else field.table.name
    counts = [known.tables[each].rows for each in {"", name} if each in known.tables]
    said = [each for each in counts if each is not None]
    return max(said) if said else None
