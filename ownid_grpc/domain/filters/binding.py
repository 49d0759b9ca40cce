"""Gives a filter its meaning: names become fields, arguments values of their kinds."""

from collections.abc import Sequence

from ownid_grpc.domain.account import FieldPath
from ownid_grpc.domain.fields import FieldType, FieldTypes
from ownid_grpc.domain.filters.literals import literal_of
from ownid_grpc.domain.filters.syntax import (
    FILTER,
    WILDCARD,
    Argument,
    Comparison,
    Conjunction,
    Disjunction,
    Expression,
    Name,
    Negation,
)
from ownid_grpc.domain.predicates import (
    And,
    Compare,
    Contains,
    Match,
    Not,
    Operator,
    Or,
    Predicate,
    Present,
)
from ownid_grpc.domain.source import Kind

_ARGUMENT_KINDS = {Kind.TEXT, Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN, Kind.TIMESTAMP, Kind.DATE}


def bind(expression: Expression, fields: FieldTypes) -> Predicate:
    """Returns what a filter asks of an account; raises `InvalidArgument`."""
    match expression:
        case Conjunction(operands):
            return And(tuple(bind(each, fields) for each in operands))
        case Disjunction(operands):
            return Or(tuple(bind(each, fields) for each in operands))
        case Negation(operand):
            return Not(bind(operand, fields))
        case Name():
            return _bind_name(expression, fields)
        case Comparison():
            return _bind_comparison(expression, fields)


def _bind_name(name: Name, fields: FieldTypes) -> Predicate:
    path, field = FILTER.resolve(fields, name.segments, name.column)
    if field.kind is not Kind.BOOLEAN:
        wrong = f"Field of kind {field.kind} alone"
        raise FILTER.fault(name.column, "syntax", wrong, "expected a comparison")
    return Compare(path, Operator.EQ, value=True)


def _bind_comparison(comparison: Comparison, fields: FieldTypes) -> Predicate:
    path, field = FILTER.resolve(fields, comparison.name.segments, comparison.name.column)
    argument = comparison.argument
    if not argument.is_quoted:
        if argument.text == "null":
            return _bind_null(comparison, path)
        if argument.text == WILDCARD and comparison.comparator == ":":
            return Present(path)
    match field.kind:
        case Kind.OBJECT:
            return _bind_member(comparison, fields)
        case Kind.ARRAY:
            return _bind_element(comparison, path, field)
        case Kind.ANY:
            raise _refused(comparison, field, "only ':*', '= null' and '!= null' are allowed")
        case Kind.TEXT:
            return _bind_text(path, comparison.comparator, argument)
    if field.kind is Kind.BOOLEAN and comparison.comparator not in {"=", "!=", ":"}:
        raise _refused(comparison, field, "expected =, != or ':'")
    operator = Operator.EQ if comparison.comparator == ":" else Operator(comparison.comparator)
    return Compare(path, operator, literal_of(argument, field.kind))


def _bind_null(comparison: Comparison, path: FieldPath) -> Predicate:
    if comparison.comparator == "=":
        return Not(Present(path))
    if comparison.comparator == "!=":
        return Present(path)
    wrong = f"Comparator '{comparison.comparator}' before null"
    raise FILTER.fault(comparison.column, "type", wrong, "expected = or !=")


def _bind_text(path: FieldPath, comparator: str, argument: Argument) -> Predicate:
    if comparator == ":":
        return Match(path, _between(argument.parts))
    if argument.has_wildcard and comparator == "=":
        return Match(path, argument.parts)
    if argument.has_wildcard and comparator == "!=":
        return And((Present(path), Not(Match(path, argument.parts))))
    return Compare(path, Operator(comparator), argument.text)


def _between(parts: Sequence[str]) -> tuple[str, ...]:
    return ("", *(part for part in parts if part), "")


def _bind_element(comparison: Comparison, path: FieldPath, field: FieldType) -> Predicate:
    if field.item_kind not in _ARGUMENT_KINDS:
        raise _refused(comparison, field, "only ':*', '= null' and '!= null' are allowed")
    if comparison.comparator != ":":
        raise _refused(comparison, field, "expected ':' before an element")
    argument = comparison.argument
    if argument.has_wildcard:
        expected = r"an element is given whole; write \* in quotation marks for a star"
        raise FILTER.fault(argument.column, "type", "Wildcard in an element", expected)
    return Contains(path, literal_of(argument, field.item_kind))


def _bind_member(comparison: Comparison, fields: FieldTypes) -> Predicate:
    if comparison.comparator != ":":
        wrong = f"Comparator '{comparison.comparator}' after an object"
        raise FILTER.fault(comparison.column, "type", wrong, "expected ':' before a member")
    argument = comparison.argument
    inner = (argument.text,) if argument.is_quoted else tuple(argument.text.split("."))
    path, _ = FILTER.resolve_member(fields, comparison.name.segments, inner, argument.column)
    return Present(path)


def _refused(comparison: Comparison, field: FieldType, expected: str) -> Exception:
    wrong = f"Comparator '{comparison.comparator}' after a field of kind {field.kind}"
    return FILTER.fault(comparison.column, "type", wrong, expected)
