"""What is wrong with a value, said by jsonschema with keywords of our own."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from jsonschema.validators import create

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.schema.applicators import APPLICATORS, Descending, Errors
from ownid_grpc.domain.schema.assertions import ASSERTIONS
from ownid_grpc.domain.schema.document import Keywords, Schema
from ownid_grpc.domain.schema.faults import Fault
from ownid_grpc.domain.schema.scopes import Scope, scope_of
from ownid_grpc.domain.schema.unevaluated import UNEVALUATED
from ownid_grpc.domain.schema.vocabulary import DIALECT

Keyword: TypeAlias = Callable[..., Errors]


def _counted(name: str, keyword: Keyword) -> Keyword:
    """Returns the keyword, which then takes a step for each thing that it looks through."""
    looks_through_all = name != "enum"

    def counted(
        validator: Descending, said: JsonValue, instance: JsonValue, schema: Keywords
    ) -> Errors:
        looked_through = (said, instance) if looks_through_all else (instance,)
        sizes = (len(each) for each in looked_through if isinstance(each, (list, dict)))
        scope_of(validator).evaluation.spend(sum(sizes, start=1))
        return keyword(validator, said, instance, schema)

    return counted


_KEYWORDS = {**ASSERTIONS, **APPLICATORS, **UNEVALUATED}

_Explainer = create(
    meta_schema={"$id": DIALECT},
    validators={name: _counted(name, keyword) for name, keyword in _KEYWORDS.items()},
)
"""jsonschema's machinery with keywords of our own.

Its own quote the value in every message, run patterns in exponential time and
find that 19.99 is no multiple of 0.01.
"""


def explained(schema: Schema, scope: Scope, value: JsonValue) -> Iterator[Fault]:
    """Yields what is wrong with a value; raises `TooManyStepsError` where it takes too long."""
    evaluation = _Explainer(schema, _resolver=scope)  # type: ignore[call-arg]  # its stub leaves out how jsonschema itself passes the resolver on
    for error in evaluation.iter_errors(value):
        place, origin = tuple(error.absolute_path), tuple(error.absolute_schema_path)
        yield Fault(place, str(error.validator), error.message, origin)
