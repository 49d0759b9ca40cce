"""Any account, in every shape of the guide, is on a database what it is in memory."""

import itertools
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ownid_grpc.domain.account import ETAG, AccountKey, JsonValue
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.source import Kind
from ownid_grpc.errors import NotFound
from tests.sql.legacy import Database, each_of
from tests.sql.shapes import column_shapes, joined_shapes, key_shapes, row_shapes
from tests.sql.shapes.filters import filters
from tests.sql.shapes.ledger import Ledger, assert_same
from tests.sql.shapes.shape import EVERY_KIND, Shape
from tests.sql.shapes.twins import Twins, field_path, path_of

SHAPES: Mapping[str, Shape] = {
    **key_shapes.SHAPES,
    **column_shapes.SHAPES,
    **joined_shapes.SHAPES,
    **row_shapes.SHAPES,
}

EXAMPLES = {"sqlite": 15, "postgresql": 3, "mariadb": 3}
"""Servers are asked less: what differs between databases has tests of its own."""


@pytest.mark.parametrize(
    ("database", "name"),
    each_of(
        {
            kind: [name for name, shape in SHAPES.items() if kind in shape.kinds]
            for kind in EVERY_KIND
        }
    ),
    indirect=["database"],
)
def test_any_account_is_what_it_is_in_memory(database: Database, name: str) -> None:
    """Calls answer as the reference does, and every other row and column stays as it was."""
    shape = SHAPES[name]
    database.execute(*shape.tables)
    accounts = database.opened(shape.mapping)
    assert accounts.faults() == {}
    twins = Twins.of(shape, accounts.repository)
    lives = Lives(database, shape, twins, Ledger.of(database, shape))

    @settings(
        max_examples=EXAMPLES[database.kind],
        derandomize=True,
        database=None,
        # A life depends on those before: what is tried again would be another one.
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(data=st.data())
    def live(data: st.DataObject) -> None:
        lives.live(data)

    live()
    twins.assert_same_everywhere()


class Lives:
    """Accounts of one shape, one after the other: made, read, changed, searched, deleted."""

    def __init__(self, database: Database, shape: Shape, twins: Twins, ledger: Ledger) -> None:
        self._database = database
        self._shape = shape
        self._twins = twins
        self._ledger = ledger
        self._numbers = itertools.count(1)
        described = twins.real.describe().properties
        self._kinds = {each.path: each.kind for each in described}

    def live(self, data: st.DataObject) -> None:
        """Lives one life; some accounts stay, as neighbours of the next."""
        number = next(self._numbers)
        login = f"u{number}"
        first = self._ledger.everything()
        key = self._make(data, login, number)
        for statement in self._shape.planted:
            self._database.execute(statement.replace("{login}", login))
        before = self._ledger.beside(login)
        for _ in range(data.draw(st.integers(1, 3), "updates")):
            changes = data.draw(self._changes(), "change")
            self._twins.change(key, changes)
            self._read(data, key)
            self._search(data, changes)
        assert_same(before, self._ledger.beside(login))
        if data.draw(st.booleans(), "is deleted"):
            self._delete(key, login, first)

    def _make(self, data: st.DataObject, login: str, number: int) -> AccountKey:
        beside = self._ledger.beside(login)
        values = data.draw(self._values(), "account")
        in_batch = data.draw(st.booleans(), "in a batch")
        key = self._twins.make(login, values, number=number, in_batch=in_batch)
        self._twins.assert_same_account(key)
        assert_same(beside, self._ledger.beside(login))
        return key

    def _read(self, data: st.DataObject, key: AccountKey) -> None:
        names = ["login", *self._shape.fields]
        above = {name.partition(".")[0] for name in names}
        paths = st.sampled_from([field_path(each) for each in sorted({*names, *above})])
        fields = data.draw(st.frozensets(paths | st.just(ETAG), min_size=1), "mask")
        self._twins.assert_same_account(key, fields)

    def _search(self, data: st.DataObject, changes: Mapping[str, JsonValue]) -> None:
        for name, value in changes.items():
            kind = self._kinds.get(path_of(name), Kind.ANY)
            predicate = data.draw(filters(field_path(name), value, kind), "filter")
            self._twins.assert_same_answer(predicate)

    def _delete(self, key: AccountKey, login: str, first: Mapping[str, object]) -> None:
        before = self._ledger.beside(login)
        self._twins.delete(key)
        with pytest.raises(NotFound):
            self._twins.real.get(Call(), key)
        if self._shape.keeps_row:
            assert_same(before, self._ledger.beside(login))
        else:
            assert self._ledger.everything() == first

    def _values(self) -> SearchStrategy[dict[str, JsonValue]]:
        required = {name: self._shape.fields[name] for name in self._shape.required}
        optional = {
            name: values for name, values in self._shape.fields.items() if name not in required
        }
        return st.fixed_dictionaries(required, optional=optional)

    def _changes(self) -> SearchStrategy[dict[str, JsonValue]]:
        changes = {
            name: values if name in self._shape.required else values | st.none()
            for name, values in self._shape.fields.items()
        }
        return st.fixed_dictionaries({}, optional=changes)
