"""Holds every codec to the reference, on every database, over columns that others wrote too."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import sqlalchemy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ownid_grpc.domain.account import Account, AccountDraft, JsonValue, Profile
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.mapping import SqlMapping
from ownid_grpc.domain.ordering import position_of, sort_key
from ownid_grpc.domain.predicates import (
    Compare,
    Contains,
    Literal,
    Match,
    Not,
    Operator,
    OrderTerm,
    Predicate,
    Present,
    Query,
    literal_of,
    matches,
)
from ownid_grpc.domain.source import Kind
from ownid_grpc.errors import InvalidArgument, Reason
from ownid_grpc.repositories.base import Change
from ownid_grpc.repositories.sql.accounts import SqlAccountRepository
from tests.sql.codec_case import EVERYWHERE, CodecCase
from tests.sql.codec_cases import CASES
from tests.sql.conftest import AUTOMATIC

EVERY = Query()
_SINGLE = {Kind.TEXT, Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN, Kind.TIMESTAMP, Kind.DATE}


@dataclass(frozen=True, slots=True)
class Cell:
    """A table of the one column of a case, and the repository in front of it."""

    case: CodecCase
    backend: str
    engine: sqlalchemy.Engine
    repository: SqlAccountRepository

    def insert(self, value: JsonValue) -> Account:
        """Makes an account with the value."""
        profile: Profile = {} if value is None else {"it": value}
        return self.repository.insert(Call(), AccountDraft(profile))

    def write(self, content: str) -> None:
        """Makes a row of content that is written as SQL."""
        self.run(f"INSERT INTO cell (it) VALUES ({content})")

    def run(self, statement: str) -> None:
        """Runs one statement."""
        with self.engine.begin() as connection:
            connection.exec_driver_sql(statement.replace("%", "%%"))

    def all(self, query: Query = EVERY, limit: int = 1000) -> list[Account]:
        """Returns the accounts of a query, in order, page by page."""
        page = self.repository.search(Call(), query, after=None, limit=limit)
        found = [*page.accounts]
        while page.next is not None:
            page = self.repository.search(Call(), query, after=page.next, limit=limit)
            found += page.accounts
        return found

    def fill(self) -> list[Account]:
        """Makes a row of each value of the case, of what others left, and of nothing."""
        for value in self.case.values:
            self.insert(value)
        for content in self.case.odd_contents(self.backend):
            self.write(content)
        self.insert(None)
        return self.all()


def cells(wanted: Callable[[CodecCase], bool] = lambda _: True) -> pytest.MarkDecorator:
    """Has a test run on each case that is wanted, on each database that has its column."""
    return pytest.mark.parametrize(
        "cell",
        [
            pytest.param(
                (case, backend),
                id=f"{case.name}-{backend}",
                marks=[getattr(pytest.mark, backend)] if backend != "sqlite" else [],
            )
            for backend in EVERYWHERE
            for case in CASES
            if backend in case.types and wanted(case)
        ],
        indirect=True,
    )


@pytest.fixture
def cell(request: pytest.FixtureRequest, databases: dict[str, str]) -> Iterator[Cell]:
    """Gives an empty table with the column of a case."""
    case, backend = request.param
    url = databases[backend]
    engine = sqlalchemy.create_engine(url)
    words = {"url": url, "table": "cell", "key": "id", "properties": {"it": _words(case)}}
    repository = SqlAccountRepository(SqlMapping.model_validate(words))
    made = Cell(case, backend, engine, repository)
    made.run("DROP TABLE IF EXISTS cell")
    if backend == "postgresql":
        made.run("DROP TYPE IF EXISTS mood")
        made.run("CREATE TYPE mood AS ENUM ('ok', 'SAD', 'a b')")
    made.run(f"CREATE TABLE cell (id {AUTOMATIC[backend]}, it {case.types[backend]})")
    yield made
    repository.close()
    engine.dispose()


def _words(case: CodecCase) -> dict[str, Any]:
    return {"column": "it", **case.words}


@cells()
def test_value_reads_back_as_it_was_given(cell: Cell) -> None:
    """Each value is read as it was made, and as it was changed."""
    for value in cell.case.values:
        made = cell.insert(value)
        empty = cell.insert(None)
        changed = cell.repository.update(Call(), empty.key, _giving(value))

        for account in (made, changed):
            again = cell.repository.get(Call(), account.key)
            assert again.profile == account.profile == {"it": value}


@cells(lambda case: bool(case.odd))
def test_what_others_wrote_reads_as_it_means(cell: Cell) -> None:
    """Contents that this service would not write read as what they mean, or as absence."""
    for content, meant in cell.case.odd_contents(cell.backend).items():
        cell.write(content)

        assert cell.all()[-1].profile.get("it") == meant, content


@cells(lambda case: bool(case.refused))
def test_value_that_does_not_fit_is_refused(cell: Cell) -> None:
    """A value that would not read back is refused by insert and update, and nothing is written."""
    empty = cell.insert(None)

    for value in cell.case.refused:
        with pytest.raises(InvalidArgument) as on_insert:
            cell.insert(value)
        with pytest.raises(InvalidArgument) as on_update:
            cell.repository.update(Call(), empty.key, _giving(value))

        for caught in (on_insert, on_update):
            assert caught.value.reason is Reason.PROFILE_INVALID
            assert caught.value.violations[0].field == "account.profile.it"
    assert cell.all() == [empty]


@cells()
def test_filter_finds_what_the_reference_finds(cell: Cell) -> None:
    """Every comparison, and its negation, finds the accounts that it matches in memory."""
    accounts = cell.fill()

    for predicate in _predicates(cell.case, accounts):
        found = {each.key for each in cell.all(Query(predicate))}
        assert found == {each.key for each in accounts if matches(predicate, each)}, predicate
        others = {each.key for each in cell.all(Query(Not(predicate)))}
        assert others == {each.key for each in accounts} - found, predicate


@cells(lambda case: case.kind in _SINGLE)
def test_order_is_that_of_the_values(cell: Cell) -> None:
    """Accounts are ordered and paged as the reference orders them, either way."""
    accounts = cell.fill()

    for is_descending in (False, True):
        query = Query(order=(OrderTerm(("profile", "it"), is_descending, cell.case.kind),))
        wanted = sorted(accounts, key=_standing(query))
        assert [each.key for each in cell.all(query, limit=3)] == [each.key for each in wanted]


@cells()
def test_description_says_the_kind(cell: Cell) -> None:
    """The description that schemas are inferred from says what the values are."""
    (described,) = cell.repository.describe().properties

    assert (described.kind, described.item_kind) == (cell.case.kind, cell.case.item_kind)
    assert described.is_writable


@cells(lambda case: case.any_value is not None)
@given(data=st.data())
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_value_reads_back_and_is_found(cell: Cell, data: st.DataObject) -> None:
    """Any value of the kind reads back exactly, and equality or membership finds it alone."""
    values = cell.case.any_value
    assert values is not None
    value, others = data.draw(values), data.draw(values)
    cell.run("DELETE FROM cell")
    other = cell.insert(others)

    made = cell.insert(value)

    assert cell.repository.get(Call(), made.key).profile["it"] == made.profile["it"]
    assert _same(made.profile["it"], value, cell.case.kind)
    for predicate in _predicates(cell.case, [made]):
        found = {each.key for each in cell.all(Query(predicate))}
        assert found == {each.key for each in (made, other) if matches(predicate, each)}


def _same(found: JsonValue, value: JsonValue, kind: Kind) -> bool:
    if kind is Kind.ARRAY:
        return found == value
    return literal_of(found, kind) == literal_of(value, kind)


def _giving(value: JsonValue) -> Change:
    return lambda account: replace(account, profile={"it": value})


def _standing(query: Query) -> Callable[[Account], tuple[object, ...]]:
    return lambda account: sort_key(query, position_of(account, query), _by_number)


def _by_number(key: tuple[str, ...]) -> tuple[object, ...]:
    return tuple(map(int, key))


def _predicates(case: CodecCase, accounts: Iterable[Account]) -> Iterator[Predicate]:
    path = ("profile", "it")
    yield Present(path)
    values = [each.profile.get("it") for each in accounts]
    if case.kind is Kind.ARRAY:
        items = [item for value in values if isinstance(value, list) for item in value]
        for item in _literals(items, case.item_kind or Kind.TEXT, case.literals):
            yield Contains(path, item)
        return
    for literal in _literals(values, case.kind, case.literals):
        for operator in Operator:
            if case.kind is Kind.BOOLEAN and operator not in {Operator.EQ, Operator.NE}:
                continue
            yield Compare(path, operator, literal)
        if isinstance(literal, str):
            yield Match(path, ("", literal, ""))
            yield Match(path, (literal[:1], literal[1:]))


def _literals(
    values: Iterable[JsonValue], kind: Kind, more: Iterable[Literal]
) -> Iterator[Literal]:
    for value in values:
        literal = literal_of(value, kind)
        if literal is not None:
            yield literal
    yield from more
