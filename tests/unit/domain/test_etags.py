"""Etags: the same for what is the same, different for all else."""

import math
import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ownid_grpc.domain.account import JsonValue, Profile
from ownid_grpc.domain.etags import etag_of, version_etag

NUMBERS = st.one_of(
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.decimals(allow_nan=False, allow_infinity=False),
)
VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    st.one_of(st.booleans(), NUMBERS, st.text()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
PROFILES = st.dictionaries(st.text(), VALUES, max_size=4)
MOMENT = datetime(2024, 1, 2, 3, 4, 5, 6, UTC)


def hashed(profile: Profile) -> str:
    """Returns the etag of an account that has nothing but a profile."""
    return etag_of(profile, None, None, None)


def reordered(value: JsonValue) -> JsonValue:
    """Returns an equal value whose members stand the other way round, numbers as decimals."""
    if isinstance(value, dict):
        return {name: reordered(member) for name, member in reversed(value.items())}
    if isinstance(value, list):
        return [reordered(each) for each in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    number = Decimal(repr(value))
    return number if abs(number.adjusted()) > 20 else Decimal(f"{number:f}")


@given(profile=PROFILES)
@example({"a": 1, "b": 1.0, "c": -0.0, "d": 1e22, "e": 1e-7, "f": [{"b": 2, "a": 0.50}]})
def test_equal_profiles_have_one_etag(profile: Profile) -> None:
    """Neither the order of members nor the type of a number changes the etag."""
    other = {name: reordered(member) for name, member in reversed(profile.items())}

    assert hashed(other) == hashed(profile)


@given(one=PROFILES, other=PROFILES)
@example({"a": 1}, {"a": "1"})
@example({"a": 1}, {"a": True})
@example({"a": None}, {"a": "None"})
@example({"a": ["b", "c"]}, {"a": ["b,c"]})
@example({"a": "b", "c": "d"}, {"a": "b','c':'d"})
@example({"a": {}}, {"a": []})
@example({"a": Decimal("1.00000000000000000000000000001")}, {"a": 1})
@example({"a": Decimal("1E+5000")}, {"a": Decimal("1E+5001")})
@example({"a": "é"}, {"a": "e\u0301"})
def test_different_profiles_have_different_etags(one: Profile, other: Profile) -> None:
    """Whatever differs in a profile changes the etag."""
    assume(not _are_equal(one, other))

    assert hashed(one) != hashed(other)


def _are_equal(one: JsonValue, other: JsonValue) -> bool:
    """As `==`, but true is no number."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_are_equal(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_are_equal, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, float) and isinstance(other, Decimal):
        return Decimal(repr(one)) == other
    if isinstance(one, Decimal) and isinstance(other, float):
        return one == Decimal(repr(other))
    return one == other


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "1.00"),
        ("1E+2", "100"),
        ("0", "-0.00"),
        ("1.50E-3", "0.0015"),
        ("1.0E+9999", "1E+9999"),
        ("0E+9999", "0"),
    ],
)
def test_spelling_of_a_number_does_not_count(one: str, other: str) -> None:
    """A number has one etag, however its digits are written."""
    assert hashed({"n": Decimal(one)}) == hashed({"n": Decimal(other)})


def test_every_part_of_an_account_counts() -> None:
    """Disabled and each time change the etag, each in its own way."""
    etags = {
        etag_of({}, disabled, created, updated)
        for disabled in (None, False, True)
        for created in (None, MOMENT)
        for updated in (None, MOMENT)
    }

    assert len(etags) == 12


def test_zone_of_a_time_does_not_count() -> None:
    """The same instant in another zone is the same etag, a microsecond later is not."""
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=-7)))

    assert etag_of({}, None, elsewhere, None) == etag_of({}, None, MOMENT, None)
    later = MOMENT + timedelta(microseconds=1)
    assert etag_of({}, None, later, None) != etag_of({}, None, MOMENT, None)


@pytest.mark.parametrize(
    "profile", [{}, {"a": "\ud800"}, {"a": math.inf}, {"a": "\x00\"'"}, {"a": 10**5000 % 10**900}]
)
def test_an_etag_is_quoted(profile: Profile) -> None:
    """An etag is a short text in quotation marks that shows nothing of the account."""
    assert re.fullmatch(r'"[0-9a-f]{24}"', hashed(profile))


def test_a_version_is_an_etag_of_its_own() -> None:
    """A version column's values each have an etag, one for equal numbers of any type."""
    versions: list[object] = [1, 2, "a", b"a", MOMENT]

    assert len({version_etag(each) for each in versions}) == len(versions)
    assert version_etag(1) == version_etag(Decimal(1)) == version_etag("1")
