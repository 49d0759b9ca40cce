"""Where an account stands in an order."""

from datetime import datetime
from decimal import Decimal

from ownid_grpc.domain.account import CREATE_TIME, DISABLED, PROFILE, UPDATE_TIME, Account, value_at
from ownid_grpc.domain.paging import Position
from ownid_grpc.domain.predicates import Literal, OrderTerm, Query
from ownid_grpc.domain.source import Kind


def position_of(account: Account, query: Query) -> Position:
    """Returns the place of an account whose ordered fields were read."""
    return Position(tuple(_value(account, term) for term in query.order), account.key)


def _value(account: Account, term: OrderTerm) -> Literal | None:
    if term.path[0] != PROFILE:
        others = {
            DISABLED: account.disabled,
            CREATE_TIME: account.create_time,
            UPDATE_TIME: account.update_time,
        }
        return others.get(term.path)
    value = value_at(account.profile, term.path[1:])
    if isinstance(value, str) and term.kind is Kind.TIMESTAMP:
        return datetime.fromisoformat(value)
    if isinstance(value, float):
        return Decimal(repr(value))
    return None if isinstance(value, list | dict) else value
