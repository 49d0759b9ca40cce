"""The filter language of AIP-160 over the fields of an account.

`syntax` says what a filter is made of, `parser` reads it, `binding` gives it
its meaning by the types of the fields, `literals` reads the values.
"""

from ownid_grpc.domain.fields import FieldType, FieldTypes
from ownid_grpc.domain.filters.binding import bind
from ownid_grpc.domain.filters.parser import parse
from ownid_grpc.domain.predicates import EVERYTHING, Predicate

__all__ = ["FieldType", "FieldTypes", "bind_filter"]


def bind_filter(text: str, fields: FieldTypes) -> Predicate:
    """Returns what `text` asks of an account; an empty one asks nothing.

    Raises `InvalidArgument` for any other text than a filter over `fields`.
    """
    expression = parse(text)
    return EVERYTHING if expression is None else bind(expression, fields)
