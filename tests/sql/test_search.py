"""What the mapping promises of queries, on every SQL database."""

from datetime import UTC, datetime

import pytest

from ownid_grpc.domain.account import AccountDraft, AccountKey, FieldPath
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.predicates import (
    Compare,
    Match,
    Not,
    Operator,
    OrderTerm,
    Predicate,
    Present,
    Query,
)
from ownid_grpc.domain.source import Kind
from ownid_grpc.errors import Cancelled
from tests.sql.conftest import Shop


def at(name: str) -> FieldPath:
    """Returns the path of a property."""
    return ("profile", *name.split("."))


NAMES = ["Bob", "bob", "Bób", None, "bob "]
QUERIES = [
    (),
    (OrderTerm(at("given_name")),),
    (OrderTerm(at("given_name"), is_descending=True),),
    (OrderTerm(at("score"), is_descending=True, kind=Kind.INTEGER), OrderTerm(at("address.city"))),
    (OrderTerm(at("theme")),),
    (OrderTerm(at("active"), kind=Kind.BOOLEAN),),
]


@pytest.fixture
def filled(shop: Shop) -> Shop:
    """A shop with 25 accounts, one in five without a name or a score."""
    for number in range(25):
        profile = {
            "email": f"u{number}@example.com",
            "given_name": NAMES[number % 5],
            "score": number % 7 or None,
            "active": number % 2 == 0,
            "theme": ["a", "b", None][number % 3],
            "last_seen": f"2024-01-{number + 1:02}T00:00:00Z",
            "address": {"city": f"C{number % 3}"},
        }
        given = {name: value for name, value in profile.items() if value is not None}
        shop.repository.insert(Call(), AccountDraft(given))  # type: ignore[arg-type] # a test's values
    return shop


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        (Compare(at("given_name"), Operator.EQ, "bob"), 5),
        (Compare(at("given_name"), Operator.NE, "bob"), 15),
        (Not(Compare(at("given_name"), Operator.EQ, "bob")), 20),
        (Not(Present(at("given_name"))), 5),
        (Match(at("given_name"), ("B", "")), 10),
        (Match(at("given_name"), ("%", "")), 0),
        (Compare(at("score"), Operator.GE, 5), 6),
        (Compare(at("score"), Operator.LT, 10**30), 21),
        (Compare(at("active"), Operator.EQ, True), 13),  # noqa: FBT003 - the literal
        (Compare(at("theme"), Operator.EQ, "a"), 9),
        (Present(at("theme")), 17),
        (Compare(at("last_seen"), Operator.LT, datetime(2024, 1, 11, tzinfo=UTC)), 10),
        (Compare(at("address.city"), Operator.EQ, "C1"), 8),
    ],
)
def test_filter_matches_what_the_values_say(
    filled: Shop, predicate: Predicate, expected: int
) -> None:
    """Text matches by code point, absence never does, NOT inverts it."""
    assert filled.repository.count(Call(), predicate) == expected


def paged(shop: Shop, query: Query, limit: int) -> list[AccountKey]:
    """Returns the keys of all pages, following `next`."""
    keys, position = [], None
    while True:
        page = shop.repository.search(Call(), query, after=position, limit=limit)
        keys += [account.key for account in page.accounts]
        position = page.next
        if position is None:
            return keys


@pytest.mark.parametrize("order", QUERIES, ids=str)
@pytest.mark.parametrize("limit", [1, 4, 24, 25, 26])
def test_pages_meet_every_account_once(
    filled: Shop, order: tuple[OrderTerm, ...], limit: int
) -> None:
    """Pages of any size give what one page gives, in the same order, and so does a scan."""
    query = Query(order=order)
    whole = [a.key for a in filled.repository.search(Call(), query, after=None, limit=100).accounts]

    scanned = list(filled.repository.scan(Call(), query, after=None, size=limit))

    assert len(set(whole)) == 25
    assert paged(filled, query, limit) == whole
    assert [account.key for page in scanned for account in page.accounts] == whole
    assert [page.next is None for page in scanned] == [False] * (len(scanned) - 1) + [True]


def test_text_orders_by_code_point_absent_first(filled: Shop) -> None:
    """Names come absent first, then by code point, whatever the collation."""
    query = Query(order=(OrderTerm(at("given_name")),))

    page = filled.repository.search(Call(), query, after=None, limit=100)

    names = [account.profile.get("given_name") for account in page.accounts]
    assert names == sorted(names, key=lambda name: (name is not None, str(name)))


def test_resumed_scan_gives_the_rest(filled: Shop) -> None:
    """A scan that is taken up at any page's position gives the rest and nothing twice."""
    query = Query(order=(OrderTerm(at("given_name"), is_descending=True),))
    pages = list(filled.repository.scan(Call(), query, after=None, size=4))

    rest = list(filled.repository.scan(Call(), query, after=pages[2].next, size=4))

    flat = [account.key for page in pages for account in page.accounts]
    assert [account.key for page in rest for account in page.accounts] == flat[12:]


def test_scan_leaves_out_what_stops_matching(filled: Shop) -> None:
    """An account that stops matching while a scan is under way is not given any more."""
    query = Query(
        Compare(at("score"), Operator.GE, 1), (OrderTerm(at("score"), kind=Kind.INTEGER),)
    )
    pages = filled.repository.scan(Call(), query, after=None, size=4)
    given = [*next(pages).accounts, *next(pages).accounts]

    with filled.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE customers SET score = 0")

    assert len(given) == 8
    assert [account for page in pages for account in page.accounts] == []


def test_cancelled_call_does_nothing(filled: Shop) -> None:
    """A call whose caller has left is refused before it reaches the database."""
    call = Call()
    call.cancel()

    with pytest.raises(Cancelled):
        filled.repository.count(call, Present(at("email")))
