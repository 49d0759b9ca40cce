"""The filter language: every text is a predicate or a fault that says where it stands."""

import itertools
import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ownid_grpc.domain.account import PROFILE, Account
from ownid_grpc.domain.filters import FieldType, bind_filter
from ownid_grpc.domain.predicates import (
    EVERYTHING,
    And,
    Compare,
    Match,
    Not,
    Operator,
    Or,
    Predicate,
    Present,
    matches,
)
from ownid_grpc.domain.source import Kind
from ownid_grpc.errors import InvalidArgument, Reason
from ownid_grpc.testing.filter_cases import CASE_FIELDS, FilterCase, filter_cases
from ownid_grpc.testing.standard import profiles

CASES = filter_cases()
PIECES = st.sampled_from(
    [*" ()\"'\\-*.:,=<>!%é😀\0\ud800", "AND", " OR ", "NOT ", "null", "email", "score", "tags", "9"]
)
ACTIVE = Compare((PROFILE, "active"), Operator.EQ, value=True)


def accounts() -> dict[str, Account]:
    """Returns the accounts that the lines are about."""
    moment = datetime(2024, 5, 6, tzinfo=UTC)
    return {
        name: Account((name,), profile, "", disabled=False, create_time=moment, update_time=moment)
        for name, profile in profiles().items()
    }


@pytest.mark.parametrize("case", [case for case in CASES if case.fault is None], ids=str)
def test_filter_matches_the_accounts_of_its_line(case: FilterCase) -> None:
    """A filter matches exactly the accounts that its line names."""
    predicate = bind_filter(case.text, CASE_FIELDS)

    found = {name for name, account in accounts().items() if matches(predicate, account)}

    assert found == case.names


@pytest.mark.parametrize("case", [case for case in CASES if case.fault is not None], ids=str)
def test_faulty_filter_says_where(case: FilterCase) -> None:
    """A faulty filter is refused with the column and the rule that its line names."""
    with pytest.raises(InvalidArgument) as caught:
        bind_filter(case.text, CASE_FIELDS)

    error = caught.value
    assert error.reason is Reason.FILTER_INVALID
    assert (int(error.metadata["position"]), error.violations[0].rule) == case.fault
    assert error.violations[0].field == "filter"
    assert error.metadata["expected"] in error.message
    assert f"in filter at {error.metadata['position']}" in error.message


def outcome(text: str) -> Predicate | InvalidArgument:
    """Returns what becomes of `text`; anything else than these two is a fault of ours."""
    try:
        return bind_filter(text, CASE_FIELDS)
    except InvalidArgument as error:
        return error


@given(text=st.one_of(st.text(), st.lists(PIECES).map("".join)))
@example("(" * 5000)
@example("-" * 4096)
@example("NOT " * 1000)
@example("(" * 4096 + "active")
@example('"' + "\\" * 4000)
@example("a." * 2000 + "a")
@example("x" * 1_000_000)
@example("email = " + "*a" * 2000)
def test_any_text_is_a_predicate_or_refused(text: str) -> None:
    """Any text at all is a predicate, or an error whose message is short."""
    result = outcome(text)

    if isinstance(result, InvalidArgument):
        assert 1 <= int(result.metadata["position"]) <= len(text) + 1
        assert len(result.message) < 500


@given(
    text=st.sampled_from([case.text for case in CASES]),
    edits=st.lists(st.tuples(st.integers(0, 100), st.integers(0, 3), PIECES), max_size=4),
)
def test_any_damaged_filter_is_a_predicate_or_refused(
    text: str, edits: list[tuple[int, int, str]]
) -> None:
    """A filter in which pieces were lost or put in is a predicate or an error."""
    for place, lost, piece in edits:
        where = place % (len(text) + 1)
        text = text[:where] + piece + text[where + lost :]

    assert outcome(text) is not None


@given(
    value=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=50)
)
def test_every_text_can_be_quoted(value: str) -> None:
    """Any value in quotation marks, with those, backslashes and stars escaped, is itself."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("*", "\\*")

    assert bind_filter(f'name = "{escaped}"', CASE_FIELDS) == Compare(
        (PROFILE, "name"), Operator.EQ, value
    )


@given(
    number=st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20)
)
def test_numbers_keep_every_digit(number: Decimal) -> None:
    """A number is taken as it is written, however many digits it has."""
    predicate = bind_filter(f"balance = {number:f}", CASE_FIELDS)

    assert isinstance(predicate, Compare)
    assert isinstance(predicate.value, Decimal)
    assert predicate.value.compare_total(number) == Decimal(0)


@given(
    text=st.text("0123456789.-+eE", max_size=12), secret=st.text("xyz", min_size=12, max_size=12)
)
def test_a_message_shows_no_value(text: str, secret: str) -> None:
    """What a field was compared with never appears in a message."""
    fields = ("score", "balance", "active", "last_seen", "birthdate", "address", "extra")
    for field, comparator in itertools.product(fields, ("=", ":")):
        result = outcome(f'{field}{comparator}"{secret}{text}"')

        assert isinstance(result, InvalidArgument)
        assert secret not in f"{result.message}{result.metadata}{result.violations}"


@pytest.mark.parametrize("levels", [1, 32])
def test_levels_up_to_the_limit_are_fine(levels: int) -> None:
    """Parentheses may be 32 deep."""
    assert bind_filter("(" * levels + "active" + ")" * levels, CASE_FIELDS) == ACTIVE


def test_more_levels_are_refused() -> None:
    """Parentheses deeper than 32 are an error at the first one too many."""
    result = outcome("(" * 33 + "active" + ")" * 33)

    assert isinstance(result, InvalidArgument)
    assert (result.metadata["position"], result.violations[0].rule) == ("33", "depth")


def test_length_counts_in_bytes() -> None:
    """A filter of 4,096 bytes is read; one byte more is an error where it begins."""
    longest = "name = " + "é" * 2044 + "a"

    assert isinstance(outcome(longest), Compare)
    result = outcome(longest + "a")
    assert isinstance(result, InvalidArgument)
    assert (result.metadata["position"], result.violations[0].rule) == ("2053", "length")


@pytest.mark.parametrize("character", ["\0", "\ud800"])
def test_characters_that_no_text_has_are_refused(character: str) -> None:
    """A null character or half a surrogate pair is an error where it stands, quoted or not."""
    result = outcome(f'name = "a{character}"')

    assert isinstance(result, InvalidArgument)
    assert result.metadata["position"] == "10"


@pytest.mark.parametrize(
    "text",
    [
        "(" * 32 + "active " * 500,
        "active OR " * 400 + "active",
        'name = "' + "\\" * 4000,
        "-" * 4000,
    ],
    ids=["sequence", "alternatives", "backslashes", "minus"],
)
def test_reading_takes_no_time(text: str) -> None:
    """The longest and most twisted filters are read in a fraction of a second."""
    started = time.process_time()

    outcome(text)

    assert time.process_time() - started < 0.5


def test_or_binds_tighter_than_and() -> None:
    """`a AND b OR c` is `a AND (b OR c)`, as AIP-160 has it."""
    email = Match((PROFILE, "email"), ("a", ""))
    theme = Present((PROFILE, "theme"))

    predicate = bind_filter("active AND email = a* OR NOT theme:*", CASE_FIELDS)

    assert predicate == And((ACTIVE, Or((email, Not(theme)))))


def test_empty_filter_matches_everything() -> None:
    """A filter without a word asks nothing."""
    assert bind_filter(" \t\r\n", CASE_FIELDS) == EVERYTHING


def test_property_wins_over_field_of_its_name() -> None:
    """A property named as a field of the account wins; `profile.` says the property for sure."""
    fields = {
        ("disabled",): FieldType(Kind.BOOLEAN),
        (PROFILE, "disabled"): FieldType(Kind.TEXT),
        (PROFILE, PROFILE): FieldType(Kind.INTEGER),
        (PROFILE, PROFILE, "name"): FieldType(Kind.TEXT),
        (PROFILE, "name"): FieldType(Kind.TEXT),
    }

    def path(text: str) -> object:
        predicate = bind_filter(text, fields)
        assert isinstance(predicate, Compare)
        return predicate.path

    assert path("disabled = x") == (PROFILE, "disabled")
    assert path("profile = 1") == (PROFILE, PROFILE)
    assert path("profile.name = x") == (PROFILE, "name")
    assert path("profile.profile.name = x") == (PROFILE, PROFILE, "name")


def test_unknown_field_suggests_the_nearest() -> None:
    """A misspelt field is answered with the one probably meant, if that may be searched by."""
    result = outcome("emial = x")

    assert isinstance(result, InvalidArgument)
    assert result.message == "Unknown field 'emial' in filter at 1; did you mean email."
    result = outcome("secre = x")
    assert isinstance(result, InvalidArgument)
    assert "secret" not in result.message


def test_a_long_name_is_cut() -> None:
    """A message shows at most 64 characters of a name."""
    result = outcome("x" * 4000 + " = 1")

    assert isinstance(result, InvalidArgument)
    assert "x" * 64 in result.message
    assert "x" * 65 not in result.message
