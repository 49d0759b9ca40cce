"""One write, and what it is held against."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from sqlalchemy import Connection

from ownid_grpc.domain.account import Account, AccountDraft
from ownid_grpc.errors import InvalidArgument, Reason, Violation
from ownid_grpc.repositories.sql.assignments import Rules
from ownid_grpc.repositories.sql.bound import BoundField, BoundJoin, BoundMapping
from ownid_grpc.repositories.sql.codecs import Stored
from ownid_grpc.repositories.sql.keys import Values
from ownid_grpc.repositories.sql.normalize import new_value

Tables: TypeAlias = dict[str, Values]
"""Columns by table, the account's own table being ''."""


@dataclass(frozen=True, slots=True)
class Current:
    """The account's rows as they are: columns by table, none for a joined row not there."""

    rows: Mapping[str, Mapping[str, Stored] | None] = field(default_factory=dict)

    @property
    def own(self) -> Mapping[str, Stored]:
        """The row of the account's own table."""
        return self.rows.get("") or {}


@dataclass(frozen=True, slots=True)
class Writing:
    """One write: what is to be written, over what is there."""

    connection: Connection
    rules: Rules
    account: Account | AccountDraft
    current: Current = Current()

    @property
    def mapping(self) -> BoundMapping:
        """The mapping by which it is written."""
        return self.rules.mapping


def joining_columns(writing: Writing, join: BoundJoin, own: Mapping[str, Stored]) -> Values:
    """Returns the columns by which a new row hangs on the account.

    Raises `InvalidArgument` for properties whose row nobody would find again.
    """
    on = {theirs: own[ours] for theirs, ours in join.on}
    if None not in on.values():
        return on
    lost = [
        bound
        for bound in writing.mapping.fields.values()
        if bound.join is join and bound.is_given and new_value(bound, writing.account) is not None
    ]
    if lost:
        raise all_refused(lost, "storage", "The account lacks what its row would hang on.")
    return on


def refused(bound: BoundField, rule: str, description: str) -> InvalidArgument:
    """Returns the error of a field that cannot be written so."""
    return all_refused([bound], rule, description)


def all_refused(fields: Sequence[BoundField], rule: str, description: str) -> InvalidArgument:
    """Returns the error of fields that cannot be written so, every one of them."""
    places = [f"account.{'.'.join(each.path)}" for each in fields]
    return InvalidArgument(
        Reason.PROFILE_INVALID,
        description,
        {"faults": str(len(fields))},
        tuple(Violation(place, rule, description) for place in places),
    )
