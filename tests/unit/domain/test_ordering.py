"""The order of accounts: what `order_by` says, and where an account then stands."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ownid_grpc.domain.account import DISABLED, PROFILE, Account, JsonValue
from ownid_grpc.domain.ordering import bind_order, position_of, sort_key
from ownid_grpc.domain.paging import Position
from ownid_grpc.domain.predicates import OrderTerm, Query
from ownid_grpc.domain.source import Kind
from ownid_grpc.errors import InvalidArgument, Reason
from ownid_grpc.testing.filter_cases import CASE_FIELDS

EMAIL = (PROFILE, "email")
CITY = (PROFILE, "address", "city")
SCORE = (PROFILE, "score")


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", ()),
        (" \t\r\n", ()),
        ("email", (OrderTerm(EMAIL),)),
        ("email asc", (OrderTerm(EMAIL),)),
        ("profile.email desc", (OrderTerm(EMAIL, is_descending=True),)),
        ("'email' desc", (OrderTerm(EMAIL, is_descending=True),)),
        ('profile."address".city', (OrderTerm(CITY),)),
        (
            " score  desc ,address.city,disabled",
            (
                OrderTerm(SCORE, is_descending=True, kind=Kind.INTEGER),
                OrderTerm(CITY),
                OrderTerm(DISABLED, kind=Kind.BOOLEAN),
            ),
        ),
    ],
)
def test_order_is_fields_and_directions(text: str, terms: tuple[OrderTerm, ...]) -> None:
    """An order is fields by their names in filters, ascending unless `desc` follows."""
    assert bind_order(text, CASE_FIELDS) == terms


@pytest.mark.parametrize(
    ("text", "column", "rule"),
    [
        (",", 1, "syntax"),
        ("email,", 7, "syntax"),
        ("email,,name", 7, "syntax"),
        ("email name", 7, "syntax"),
        ("email DESC", 7, "syntax"),
        ("email desc asc", 12, "syntax"),
        ("email; name", 1, "unknown"),
        ("(email)", 1, "unknown"),
        ('"email', 1, "syntax"),
        ("emial", 1, "unknown"),
        ("😀", 1, "unknown"),
        ("email, secret", 8, "unsearchable"),
        ("email, profile.email desc", 8, "duplicate"),
        ("tags", 1, "type"),
        ("address", 1, "type"),
        ("extra", 1, "type"),
        ("email" + " " * 1020, 1025, "length"),
        (
            "email,username,name,score,big,balance,rating,active,last_seen",
            53,
            "limit",
        ),
    ],
)
def test_faulty_order_says_where(text: str, column: int, rule: str) -> None:
    """Anything else is refused with the column at which it stands."""
    with pytest.raises(InvalidArgument) as caught:
        bind_order(text, CASE_FIELDS)

    error = caught.value
    assert error.reason is Reason.ORDER_BY_INVALID
    assert (int(error.metadata["position"]), error.violations[0].rule) == (column, rule)
    assert error.violations[0].field == "order_by"


@given(text=st.one_of(st.text(), st.text("email,. \"'\\descro\ud800\0", max_size=40)))
@example("email," * 170)
@example('"' + "\\" * 1000)
@example("x" * 1_000_000)
def test_any_text_is_an_order_or_refused(text: str) -> None:
    """Any text at all is an order or an error whose message is short."""
    try:
        terms = bind_order(text, CASE_FIELDS)
    except InvalidArgument as error:
        message = error.message
    else:
        assert len(terms) <= 8
        return

    assert len(message) < 500


def in_order(text: str, values: dict[str, JsonValue]) -> list[str]:
    """Returns the keys of accounts, given the score of each, as `text` orders them."""
    query = Query(order=bind_order(text, CASE_FIELDS))
    accounts = [
        Account((key,), {} if score is None else {"score": score}) for key, score in values.items()
    ]
    positions = [position_of(account, query) for account in accounts]
    return [position.key[0] for position in sorted(positions, key=lambda p: sort_key(query, p))]


def test_absent_values_come_first() -> None:
    """An absent value is less than any other, so last when descending; ties break on the key."""
    scores: dict[str, JsonValue] = {"d": 2, "a": 1, "c": None, "b": None, "e": 1}

    assert in_order("score", scores) == ["b", "c", "a", "e", "d"]
    assert in_order("score desc", scores) == ["d", "a", "e", "b", "c"]


def test_numbers_of_any_type_stand_in_one_order() -> None:
    """Integers, floats and decimals are ordered by what they mean, exactly."""
    scores: dict[str, JsonValue] = {
        "c": 2**53 + 1,
        "b": 2.0**53,
        "a": Decimal("0.1"),
        "d": Decimal("9007199254740993.5"),
    }

    assert in_order("score", scores) == ["a", "b", "c", "d"]


def test_a_position_has_the_literals_of_its_kinds() -> None:
    """A position holds what was ordered by as values, times as instants in UTC."""
    query = Query(order=bind_order("last_seen, name, rating desc, disabled", CASE_FIELDS))
    account = Account(
        ("1",), {"last_seen": "2024-01-02T04:04:05+01:00", "rating": 0.1}, disabled=True
    )

    assert position_of(account, query) == Position(
        (datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), None, Decimal("0.1"), True), ("1",)
    )


def test_keys_compare_as_they_are_told_to() -> None:
    """Keys that are numbers break ties as numbers where the database has them so."""
    query = Query()
    positions = [Position((), (key,)) for key in ("10", "9")]

    by_text = sorted(positions, key=lambda p: sort_key(query, p))
    by_number = sorted(
        positions, key=lambda p: sort_key(query, p, lambda key: tuple(int(part) for part in key))
    )

    assert [p.key for p in by_text] == [("10",), ("9",)]
    assert [p.key for p in by_number] == [("9",), ("10",)]
