"""Reads one account, by its key or by a login id: what most calls do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Select

from ownid_grpc.domain.account import PROFILE, Account, AccountKey, LoginId
from ownid_grpc.domain.predicates import OrderTerm
from ownid_grpc.repositories.base import Fields
from ownid_grpc.repositories.refusals import account_not_found, login_id_ambiguous
from ownid_grpc.repositories.sql.bound import BoundField, BoundMapping
from ownid_grpc.repositories.sql.dialects.base import raw
from ownid_grpc.repositories.sql.rows import AccountReader
from ownid_grpc.repositories.sql.select import Selection, selection_of, statement, stored_key
from ownid_grpc.repositories.sql.shapes import Row
from ownid_grpc.repositories.sql.uniqueness import (
    is_found_slowly,
    is_same_login_id,
    login_id_condition,
)


def account_of(
    connection: Connection, mapping: BoundMapping, key: AccountKey, fields: Fields
) -> Account | None:
    """Returns the account of `key`, None where there is none."""
    stored = stored_key(mapping, key)
    if stored is None:
        return None
    selection = selection_kept(mapping, fields)

    def build(values: Sequence[object]) -> Select[*tuple[Any, ...]]:
        pairs = zip(mapping.key, values, strict=True)
        query = statement(mapping, selection.columns, selection.fields)
        return query.where(*(field.column == raw(part) for field, part in pairs))

    rows = mapping.shapes.rows(connection, ("account", fields), build, stored)
    accounts = map(selection.reader.account, rows)
    # A collation may take another key for this one.
    return next((each for each in accounts if each.key == key), None)


def selection_kept(mapping: BoundMapping, fields: Fields) -> Selection:
    """Returns the selection of some fields, worked out once."""
    return mapping.shapes.kept(("selection", fields), lambda: selection_of(mapping, fields))


def account_with(
    connection: Connection,
    mapping: BoundMapping,
    login_ids: Sequence[LoginId],
    value: str,
    fields: Fields,
) -> Account:
    """Returns the one account that has `value` for a login id, or has it written just so.

    Where one has, those that only look like it are of no interest: no index is
    passed by to find them. Raises `NotFound` and `FailedPrecondition`.
    """
    search = _Search(connection, mapping, value, fields)
    slow = [each for each in login_ids if search.is_slow(each)]
    exact = [replace(each, is_exact=True) if each in slow else each for each in login_ids]
    found = search.found(exact)
    if slow and not any(each.is_exact for each in found.values()):
        found = search.found(slow) | found
    written_so = [each for each in found.values() if each.is_exact]
    meant = written_so if len(found) > 1 and written_so else list(found.values())
    if not meant:
        raise account_not_found()
    if len(meant) > 1:
        raise login_id_ambiguous()
    return meant[0].reader.account(meant[0].row)


@dataclass(frozen=True, slots=True)
class _Found:
    """The row of an account with a login id; `is_exact` where that is written just so."""

    row: Row
    reader: AccountReader
    is_exact: bool


@dataclass(frozen=True, slots=True)
class _Search:
    """One search for a text among login ids."""

    connection: Connection
    mapping: BoundMapping
    value: str
    fields: Fields

    def is_slow(self, login_id: LoginId) -> bool:
        """Whether no index finds it but as it is written."""
        field = self._field(login_id)
        return field is not None and self.mapping.shapes.kept(
            ("slow", login_id), lambda: is_found_slowly(self.mapping, field, login_id)
        )

    def found(self, login_ids: Sequence[LoginId]) -> dict[AccountKey, _Found]:
        """Returns the accounts that have the text for any of these."""
        found: dict[AccountKey, _Found] = {}
        for login_id in login_ids:
            for each in self._found_by(login_id):
                key = each.reader.key(each.row)
                if each.is_exact or key not in found:
                    found[key] = each
        return found

    def _found_by(self, login_id: LoginId) -> Iterator[_Found]:
        field = self._field(login_id)
        if field is None:
            return
        selection = self._selection(field)
        place = selection.places[field.path]

        def build(values: Sequence[str]) -> Select[*tuple[Any, ...]]:
            needed = [*selection.fields, field]
            condition = login_id_condition(self.mapping, field, login_id, values[0])
            return statement(self.mapping, selection.columns, needed).where(condition)

        # What is compared with a text may depend on whether it is ASCII.
        shape = ("login id", login_id, self.fields) if self.value.isascii() else None
        for row in self.mapping.shapes.rows(self.connection, shape, build, [self.value]):
            held = field.codec.decode(row[place])
            if is_same_login_id(login_id, held, self.value):
                yield _Found(row, selection.reader, held == self.value)

    def _selection(self, field: BoundField) -> Selection:
        # As an order would have it: read, and not shown unless asked for.
        order = [OrderTerm(field.path)]
        return self.mapping.shapes.kept(
            ("selection", self.fields, field.path),
            lambda: selection_of(self.mapping, self.fields, order),
        )

    def _field(self, login_id: LoginId) -> BoundField | None:
        return self.mapping.fields.get((PROFILE, *login_id.path))
