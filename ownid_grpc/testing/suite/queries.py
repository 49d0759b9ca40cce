"""What the port promises of filters and orders: the meaning of `matches`, on every backend."""

from decimal import Decimal

import pytest

from ownid_grpc.domain.account import AccountDraft, Profile
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.filters import bind_filter
from ownid_grpc.domain.predicates import EVERYTHING, Not, Or, Predicate, Query
from ownid_grpc.repositories.base import AccountRepository
from tests.conformance.building import everybody, made, query
from tests.support.filter_cases import CASE_FIELDS, filter_cases
from tests.support.standard import profiles

CASES = {str(case): case for case in filter_cases() if case.fault is None}


@pytest.fixture
def names(repository: AccountRepository) -> dict[str, str]:
    """Makes the accounts of accounts.yaml; returns their names there by email."""
    for profile in profiles().values():
        repository.insert(Call(), AccountDraft(profile))
    return {str(profile["email"]): name for name, profile in profiles().items()}


def found(repository: AccountRepository, names: dict[str, str], predicate: Predicate) -> set[str]:
    """Returns the names of the accounts that match."""
    return {names[email] for email in everybody(repository, Query(predicate))}


def test_filters_match_as_their_lines_say(
    repository: AccountRepository, names: dict[str, str]
) -> None:
    """Every line of filters.txt matches in the store what it says."""
    answers = {
        line: found(repository, names, bind_filter(case.text, CASE_FIELDS))
        for line, case in CASES.items()
    }

    assert answers == {line: set(case.names) for line, case in CASES.items()}


def test_not_inverts_every_filter(repository: AccountRepository, names: dict[str, str]) -> None:
    """The negation of every line matches exactly the other accounts, absent values included."""
    answers = {
        line: found(repository, names, Not(bind_filter(case.text, CASE_FIELDS)))
        for line, case in CASES.items()
    }

    everyone = set(names.values())
    assert answers == {line: everyone - case.names for line, case in CASES.items()}


def test_count_counts_what_matches(repository: AccountRepository, names: dict[str, str]) -> None:
    """The count of every line is the number of accounts that it matches."""
    assert len(names) == repository.count(Call(), EVERYTHING)
    answers = {
        line: repository.count(Call(), bind_filter(case.text, CASE_FIELDS))
        for line, case in CASES.items()
    }

    assert answers == {line: len(case.names) for line, case in CASES.items()}


LONG = [
    "score = 1 " * 400,
    "score = 1 OR " * 300 + "score = 100",
    "-active " * 500,
    "NOT (" * 16 + "(active OR " * 16 + "score = 100" + ")" * 32,
    "active OR score = 7 " * 200,
    "(active OR score = 7) " * 150,
    f'name = "{"*a" * 2000}"',
    f'name = "{"%" * 4000}"',
    f"name:{'é' * 2040}",
    f"score > {'9' * 4000}",
    f"big < {'9' * 4000}",
    f"balance > 0.{'9' * 4000}",
    f"balance >= {'9' * 300}.{'9' * 300}",
    "rating < 1e308",
    "rating > -1e308",
    "rating > 1e-320",
    "balance > 1e400",
]


@pytest.mark.parametrize("text", LONG, ids=lambda text: text[:20])
def test_longest_filters_are_answered(repository: AccountRepository, text: str) -> None:
    """A filter as long, deep or extreme as the language allows is answered like any other."""
    made(repository, score=100, active=True, balance=1, rating=0.5, name="aaa")

    wanted = query(text)

    assert repository.count(Call(), wanted.predicate) in {0, 1}
    assert repository.count(Call(), Or((wanted.predicate, Not(wanted.predicate)))) == 1


ORDERED: list[Profile] = [
    {
        "name": "a",
        "score": 10,
        "balance": 9,
        "active": True,
        "theme": "x",
        "last_seen": "2024-01-01T00:00:00Z",
    },
    {
        "name": "B",
        "score": 9,
        "balance": 10,
        "active": False,
        "theme": "X",
        "last_seen": "2023-12-31T23:00:00-02:00",
    },
    {
        "name": "é",
        "score": -1,
        "balance": Decimal("-0.5"),
        "theme": "é",
        "last_seen": "2024-01-01T00:00:00.5Z",
    },
    {},
    {"name": "", "score": 10, "active": True, "theme": ""},
    {"name": "\uffff"},
    {"name": "😀"},
]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("", "abcdefg"),
        ("name", "debacfg"),
        ("name desc", "gfcabed"),
        ("score", "dfgcbae"),
        ("score desc", "aebcdfg"),
        ("balance", "defgcab"),
        ("active", "cdfgbae"),
        ("active desc, name desc", "aebgfcd"),
        ("last_seen", "defgacb"),
        ("last_seen desc", "bcadefg"),
        ("theme", "dfgebac"),
        ("disabled, email desc", "gfedcba"),
        ("address.city, birthdate desc, rating, create_time desc", "gfedcba"),
    ],
)
def test_order_is_that_of_the_values(
    repository: AccountRepository, order: str, expected: str
) -> None:
    """Absent values come first, or last when descending; text goes by code point; ties by key."""
    for letter, profile in zip("abcdefg", ORDERED, strict=True):
        draft = AccountDraft(profile | {"email": f"{letter}@example.com"})
        repository.insert(Call(), draft)

    assert "".join(each[0] for each in everybody(repository, query(order=order))) == expected
