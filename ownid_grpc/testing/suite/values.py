"""What the port promises of values: they read back as they were given, or are refused."""

import uuid
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ownid_grpc.domain.account import AccountDraft, JsonValue, Profile, value_at
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.times import format_timestamp
from ownid_grpc.errors import InvalidArgument, Reason
from ownid_grpc.testing.building import changing, everybody, made, property_at, query
from ownid_grpc.testing.declared import DeclaredRepository
from ownid_grpc.testing.standard import profiles

SHARED = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)
"""For tests that run all their examples over one store, each on its own account.

The suite may be run by several classes, one for each kind of repository.
"""

VALUES: list[tuple[str, JsonValue]] = [
    ("name", "O'Brien"),
    ("name", 'say "hi"'),
    ("name", "100 % _ \\ \\\\ * ? [a-z]"),
    ("name", "; DROP TABLE people; --"),
    ("name", "%s %(a)s :a $1 ? {}"),
    ("name", "😀 👩‍👩‍👧 é e\u0301 ß İ"),
    ("name", " leading and trailing  "),
    ("name", "line\nbreak\ttab\r\n"),
    ("name", "\x01\x7f\u200b\ufeff\uffff"),
    ("name", ""),
    ("name", "null"),
    ("name", "x" * 400),
    ("name", "😀" * 400),
    ("score", 0),
    ("score", -(2**31)),
    ("score", 2**31 - 1),
    ("big", 2**53),
    ("big", 2**53 + 1),
    ("big", -(2**63)),
    ("big", 2**63 - 1),
    ("balance", Decimal("0.00")),
    ("balance", Decimal("19.90")),
    ("balance", Decimal("-0.01")),
    ("balance", Decimal("99999999.99")),
    ("balance", Decimal("0.10")),
    ("rating", 0.1),
    ("rating", -1.5e300),
    ("rating", 5e-324),
    ("rating", 1.7976931348623157e308),
    ("rating", 0.30000000000000004),
    ("active", True),
    ("active", False),
    ("last_seen", "1970-01-01T00:00:00Z"),
    ("last_seen", "1969-12-31T23:59:59.999999Z"),
    ("last_seen", "2024-02-29T23:59:59.000001Z"),
    ("last_seen", "2038-01-19T03:14:08Z"),
    ("last_seen", "2999-12-31T23:59:59Z"),
    ("birthdate", "1000-01-01"),
    ("birthdate", "1969-12-31"),
    ("birthdate", "2000-02-29"),
    ("birthdate", "9999-12-31"),
    ("address.city", "Zürich"),
    ("address.zip", "00100"),
    ("theme", "quo\"te \\ ' / </script> 😀"),
    ("theme", ""),
    ("theme", "null"),
    ("theme", "1"),
    ("theme", "true"),
    ("theme", "x" * 20_000),
    ("tags", ["vip", "a,b", 'quo"te', "😀", "", "null"]),
]


UNFIT: list[tuple[str, JsonValue]] = [
    ("name", "a\x00b"),
    ("name", "\ud800"),
    ("name", 1),
    ("name", True),
    ("name", ["a"]),
    ("score", 1.5),
    ("score", "1"),
    ("score", True),
    ("balance", "x"),
    ("balance", True),
    ("active", 1),
    ("active", "true"),
    ("last_seen", "2024-01-02"),
    ("last_seen", "2024-01-02T03:04:05"),
    ("last_seen", "2024-02-30T00:00:00Z"),
    ("last_seen", "yesterday"),
    ("last_seen", 1704164645),
    ("birthdate", "2023-02-29"),
    ("birthdate", "2024-01-02T03:04:05Z"),
    ("birthdate", 20240102),
    ("address.zip", 10115),
    ("theme", "a\x00b"),
]

BEYOND: list[tuple[str, JsonValue]] = [
    ("name", "x" * 401),
    ("address.city", "x" * 61),
    ("big", 2**63),
    ("big", 10**30),
    ("balance", Decimal("0.001")),
    ("balance", Decimal("100000000.00")),
    ("balance", Decimal("1e40")),
]


def check_refused(repository: DeclaredRepository, path: str, value: JsonValue) -> None:
    """Fails unless a value is refused by insert and by update, and nothing of it is written."""
    empty = made(repository)
    profile = changing(path, value)(empty).profile | {"email": "bob@example.com"}

    with pytest.raises(InvalidArgument) as on_insert:
        repository.insert(Call(), AccountDraft(profile))
    with pytest.raises(InvalidArgument) as on_update:
        repository.update(Call(), empty.key, changing(path, value))

    for caught in (on_insert, on_update):
        assert caught.value.reason is Reason.PROFILE_INVALID
        assert caught.value.violations[0].field == f"account.profile.{path}"
    assert repository.get(Call(), empty.key) == empty
    assert everybody(repository, query()) == ["ada@example.com"]


class Values:
    """Values that read back as they were given, or are refused."""

    @pytest.mark.parametrize(("path", "value"), VALUES, ids=lambda each: repr(each)[:40])
    def test_value_reads_back_as_it_was_given(
        self, repository: DeclaredRepository, path: str, value: JsonValue
    ) -> None:
        """A value is read as it was made or changed, to the last digit and character."""
        empty = made(repository)

        profile = changing(path, value)(empty).profile | {"email": "bob@example.com"}
        created = repository.insert(Call(), AccountDraft(profile))
        updated = repository.update(Call(), empty.key, changing(path, value))

        for account in (updated, created):
            found = value_at(repository.get(Call(), account.key).profile, property_at(path))
            assert (type(found), found) == (type(value), value)
            assert value_at(account.profile, property_at(path)) == value

    def test_whole_account_reads_back(self, repository: DeclaredRepository) -> None:
        """Accounts with a value in every place read back whole."""
        for profile in map(repository.declared.cut, profiles().values()):
            created = repository.insert(Call(), AccountDraft(profile))

            assert created.profile == profile
            assert repository.get(Call(), created.key) == created

    @pytest.mark.parametrize(
        ("given", "stored"),
        [
            ("2024-01-02T03:04:05+00:00", "2024-01-02T03:04:05Z"),
            ("2024-01-02T03:04:05.500000Z", "2024-01-02T03:04:05.500000Z"),
            ("2024-01-02T03:04:05+05:45", "2024-01-01T21:19:05Z"),
            ("2024-03-31T02:30:00+01:00", "2024-03-31T01:30:00Z"),
            ("2024-10-27T02:30:00+02:00", "2024-10-27T00:30:00Z"),
            ("2024-01-01T00:00:00-23:59", "2024-01-01T23:59:00Z"),
        ],
    )
    def test_time_reads_back_in_utc(
        self, repository: DeclaredRepository, given: str, stored: str
    ) -> None:
        """A time given with any offset reads back as the same instant in UTC."""
        ada = made(repository, last_seen=given)

        assert ada.profile["last_seen"] == stored

    @pytest.mark.parametrize(("path", "value"), UNFIT, ids=lambda each: repr(each)[:40])
    def test_value_that_does_not_fit_is_refused(
        self, repository: DeclaredRepository, path: str, value: JsonValue
    ) -> None:
        """A value that its place cannot hold as it is leaves nothing written."""
        check_refused(repository, path, value)

    @pytest.mark.parametrize(("path", "value"), BEYOND, ids=lambda each: repr(each)[:40])
    def test_value_beyond_its_limit_is_refused(
        self, repository: DeclaredRepository, path: str, value: JsonValue
    ) -> None:
        """A value longer or greater than its place can hold leaves nothing written."""
        repository.need_limits()
        check_refused(repository, path, value)

    def test_integer_out_of_the_described_range_is_refused(
        self, repository: DeclaredRepository
    ) -> None:
        """The limits of a description are the very ones at which values are refused."""
        repository.need_limits()
        limits = [
            (each, limit, step)
            for each in repository.describe().properties
            if each.path in {("score",), ("big",)}
            for limit, step in ((each.minimum, -1), (each.maximum, 1))
        ]
        ada = made(repository)

        for each, limit, step in limits:
            assert limit is not None
            path = each.path[0]
            updated = repository.update(Call(), ada.key, changing(path, int(limit)))
            assert updated.profile[path] == limit
            with pytest.raises(InvalidArgument):
                repository.update(Call(), ada.key, changing(path, int(limit) + step))

    @given(
        text=st.text(
            st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60
        ),
        big=st.integers(-(2**63), 2**63 - 1),
        cents=st.integers(-(10**10) + 1, 10**10 - 1),
        rating=st.floats(allow_nan=False, allow_infinity=False),
        moment=st.datetimes(
            datetime(1000, 1, 2),  # noqa: DTZ001 - hypothesis adds the zone
            datetime(9999, 12, 30),  # noqa: DTZ001 - likewise
            timezones=st.sampled_from([UTC, timezone(timedelta(hours=-9, minutes=-30))]),
        ),
        birthdate=st.dates(datetime(1000, 1, 1, tzinfo=UTC).date()),
    )
    @SHARED
    def test_any_value_reads_back(  # noqa: PLR0917 - a value of each kind
        self,
        repository: DeclaredRepository,
        text: str,
        big: int,
        cents: int,
        rating: float,
        moment: datetime,
        birthdate: date,
    ) -> None:
        """Any text, number, time and date within its place's limits reads back exactly."""
        balance = Decimal(cents).scaleb(-2)
        everything: Profile = {
            "name": text,
            "big": big,
            "balance": balance,
            "rating": rating,
            "last_seen": moment.isoformat(),
            "birthdate": birthdate.isoformat(),
            "theme": text,
            "tags": [text],
        }
        wanted = repository.declared.cut(everything) | {"email": f"{uuid.uuid4()}@example.com"}

        ada = repository.insert(Call(), AccountDraft(wanted))

        expected = everything | wanted | {"last_seen": format_timestamp(moment)}
        assert repository.get(Call(), ada.key).profile == repository.declared.cut(expected)
