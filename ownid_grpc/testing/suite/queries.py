"""What the port promises of filters and orders: the meaning of `matches`, on every backend."""

from decimal import Decimal

import pytest

from ownid_grpc.domain.account import PROFILE, AccountDraft, Profile
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.filters import bind_filter
from ownid_grpc.domain.predicates import EVERYTHING, Not, Or, Predicate, Query, field_value
from ownid_grpc.testing.building import everybody, query
from ownid_grpc.testing.declared import DeclaredRepository
from ownid_grpc.testing.filter_cases import CASE_FIELDS, FilterCase, filter_cases
from ownid_grpc.testing.standard import LOGIN_IDS, profiles

CASES = [case for case in filter_cases() if case.fault is None]


def asked(repository: DeclaredRepository) -> dict[FilterCase, Predicate]:
    """Returns the lines of filters.txt that are about what the repository can hold."""
    bound = {case: bind_filter(case.text, CASE_FIELDS) for case in CASES}
    return {case: each for case, each in bound.items() if repository.declared.answers(Query(each))}


def found(repository: DeclaredRepository, names: dict[str, str], predicate: Predicate) -> set[str]:
    """Returns the names of the accounts that match."""
    return {names[email] for email in everybody(repository, Query(predicate))}


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

ASKED_FOR_LONG: Profile = {
    "email": "ada@example.com",
    "score": 100,
    "active": True,
    "balance": 1,
    "rating": 0.5,
    "name": "aaa",
}
"""The account that the filters of `LONG` are asked of."""


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


def fill_in_order(repository: DeclaredRepository) -> None:
    """Makes the accounts of `ORDERED`, whose emails begin with the letters a to g."""
    for letter, profile in zip("abcdefg", ORDERED, strict=True):
        given = repository.declared.cut(profile) | {"email": f"{letter}@example.com"}
        repository.planted(AccountDraft(given))


def letters(repository: DeclaredRepository, order: str) -> str:
    """Returns the first letters of the emails in an order."""
    return "".join(email[0] for email in everybody(repository, query(order=order)))


class Queries:
    """Filters and orders."""

    @pytest.fixture
    def names(self, repository: DeclaredRepository) -> dict[str, str]:
        """Makes the accounts of accounts.yaml; returns their names there by email."""
        for profile in map(repository.declared.cut, profiles().values()):
            repository.planted(AccountDraft(profile))
        return {str(profile["email"]): name for name, profile in profiles().items()}

    def test_filters_match_as_their_lines_say(
        self, repository: DeclaredRepository, names: dict[str, str]
    ) -> None:
        """Every line of filters.txt matches in the store what it says."""
        lines = asked(repository)

        answers = {str(case): found(repository, names, each) for case, each in lines.items()}

        assert answers == {str(case): set(case.names) for case in lines}

    def test_not_inverts_every_filter(
        self, repository: DeclaredRepository, names: dict[str, str]
    ) -> None:
        """The negation of every line matches exactly the other accounts, absent values included."""
        lines = asked(repository)

        answers = {str(case): found(repository, names, Not(each)) for case, each in lines.items()}

        everyone = set(names.values())
        assert answers == {str(case): everyone - case.names for case in lines}

    def test_count_counts_what_matches(
        self, repository: DeclaredRepository, names: dict[str, str]
    ) -> None:
        """The count of every line is the number of accounts that it matches."""
        assert len(names) == repository.count(Call(), EVERYTHING)
        lines = asked(repository)

        answers = {str(case): repository.count(Call(), each) for case, each in lines.items()}

        assert answers == {str(case): len(case.names) for case in lines}

    @pytest.mark.parametrize("text", LONG, ids=lambda text: text[:20])
    def test_longest_filters_are_answered(self, repository: DeclaredRepository, text: str) -> None:
        """A filter as long, deep or extreme as the language allows is answered like any other."""
        repository.planted(AccountDraft(repository.declared.cut(ASKED_FOR_LONG)))

        wanted = query(text)

        assert repository.count(Call(), wanted.predicate) in {0, 1}
        assert repository.count(Call(), Or((wanted.predicate, Not(wanted.predicate)))) == 1

    @pytest.mark.parametrize(
        ("order", "expected"),
        [
            ("email", "abcdefg"),
            ("name, email", "debacfg"),
            ("name desc, email", "gfcabed"),
            ("score, email", "dfgcbae"),
            ("score desc, email", "aebcdfg"),
            ("balance, email", "defgcab"),
            ("active, email", "cdfgbae"),
            ("active desc, name desc, email", "aebgfcd"),
            ("last_seen, email", "defgacb"),
            ("last_seen desc, email", "bcadefg"),
            ("theme, email", "dfgebac"),
            ("disabled, email desc", "gfedcba"),
            ("address.city, birthdate desc, rating, email desc", "gfedcba"),
        ],
    )
    def test_order_is_that_of_the_values(
        self, repository: DeclaredRepository, order: str, expected: str
    ) -> None:
        """Absent values come first, or last when descending; text goes by code point."""
        fill_in_order(repository)

        assert letters(repository, order) == expected

    @pytest.mark.parametrize("order", ["active", "score desc", "address.city"])
    def test_ties_break_on_the_key(self, repository: DeclaredRepository, order: str) -> None:
        """Accounts that are alike in an order stand in it by their keys, as without an order."""
        fill_in_order(repository)
        by_key = letters(repository, "")

        found = repository.search(Call(), query(order=order), after=None, limit=10).accounts

        (field,) = query(order=order).order
        ranks = [
            (field_value(each, field.path), by_key.index(str(each.profile["email"])[0]))
            for each in found
        ]
        for value in {value for value, _ in ranks}:
            tied = [rank for other, rank in ranks if other == value]
            assert tied == sorted(tied)

    def test_newest_accounts_come_first(self, repository: DeclaredRepository) -> None:
        """Accounts are ordered by the time at which they were made like by any other time."""
        fill_in_order(repository)

        wanted = query(order="create_time desc")
        found = repository.search(Call(), wanted, after=None, limit=10).accounts

        times = [each.create_time for each in found if each.create_time is not None]
        assert len(times) == len(ORDERED)
        assert times == sorted(times, reverse=True)

    def test_everything_by_key_is_served(self, repository: DeclaredRepository) -> None:
        """Accounts in the order of their keys need no index beside the key's own."""
        assert list(repository.unserved(Call(), Query())) == []

    def test_login_ids_asked_about_are_unserved_alone(self, repository: DeclaredRepository) -> None:
        """What no index finds is said of the login ids that were named, and of no others."""
        asked = {(PROFILE, *each.path) for each in LOGIN_IDS}

        assert {gap.path for gap in repository.unserved_login_ids(Call(), LOGIN_IDS)} <= asked
        assert list(repository.unserved_login_ids(Call(), ())) == []
