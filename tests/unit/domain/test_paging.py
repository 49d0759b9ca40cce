"""Page tokens: they give back exactly what was sealed, to the same query, and to nobody else."""

import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ownid_grpc.domain.paging import Position, TokenSealer, query_fingerprint
from ownid_grpc.domain.predicates import Literal
from ownid_grpc.errors import InvalidArgument, Reason

SEALER = TokenSealer(b"a secret of at least thirty-two bytes")
QUERY = query_fingerprint("shop", "email = 'ada@example.com'", "email")

LITERALS: st.SearchStrategy[Literal | None] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.decimals(allow_nan=False),
    st.text(),
    st.dates(),
    st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))])),
)
POSITIONS = st.builds(
    Position,
    values=st.lists(LITERALS, max_size=8).map(tuple),
    key=st.lists(st.text(), min_size=1, max_size=3).map(tuple),
)


def written(position: Position) -> list[tuple[type, str]]:
    """Returns what tells values apart that Python calls equal, such as 1, 1.0, True and 1.00."""
    return [(type(value), str(value)) for value in position.values]


@given(position=POSITIONS)
@example(Position((Decimal("1.00"), 2**20_000, -0.0, math.inf), ("1",)))
@example(Position((datetime(2024, 2, 29, 23, 59, 59, 1, UTC), date(1, 1, 1)), ("\x00", "'")))
def test_a_token_gives_back_what_was_sealed(position: Position) -> None:
    """A token opens to the very position that was sealed, types and digits included."""
    opened = SEALER.open(SEALER.seal(position, QUERY), QUERY)

    assert opened == position
    if all(not isinstance(value, int) for value in position.values):
        assert written(opened) == written(position)


@given(
    position=POSITIONS,
    first=st.lists(st.text(), min_size=1).map(tuple),
    second=st.lists(st.text(), min_size=1).map(tuple),
)
@example(Position((), ("1",)), ("shop", "ab", "c"), ("shop", "a", "bc"))
@example(Position((), ("1",)), ("shop", "", ""), ("shop", ""))
def test_a_token_is_bound_to_its_query(
    position: Position, first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    """A token of one query does not open for another, however alike their parts."""
    token = SEALER.seal(position, query_fingerprint(*first))

    if first != second:
        with pytest.raises(InvalidArgument):
            SEALER.open(token, query_fingerprint(*second))


@given(where=st.integers(0, 200), character=st.characters())
def test_a_changed_token_is_refused(where: int, character: str) -> None:
    """A token in which any one character differs does not open."""
    token = SEALER.seal(Position(("ada@example.com",), ("17",)), QUERY)
    where %= len(token)
    changed = token[:where] + character + token[where + 1 :]

    if changed != token:
        with pytest.raises(InvalidArgument):
            SEALER.open(changed, QUERY)


@given(token=st.one_of(st.text(), st.text("AQ-_=é\ud800", max_size=90)))
@example("")
@example("AQ" * 500_000)
@example("x" * 1_000_001)
def test_any_other_text_is_refused(token: str) -> None:
    """Text that was never given out is refused as a faulty token of the field it came in."""
    with pytest.raises(InvalidArgument) as caught:
        SEALER.open(token, QUERY, "resume_token")

    assert caught.value.reason is Reason.PAGE_TOKEN_INVALID
    assert caught.value.violations[0].field == "resume_token"


def test_a_token_works_on_every_replica() -> None:
    """Whoever has the secret opens the token; another secret does not."""
    position = Position((None, 3), ("17",))
    token = SEALER.seal(position, QUERY)

    assert TokenSealer(b"a secret of at least thirty-two bytes").open(token, QUERY) == position
    with pytest.raises(InvalidArgument):
        TokenSealer(b"another secret of thirty-two bytes").open(token, QUERY)


def test_a_token_shows_nothing() -> None:
    """A token is plain URL-safe text, never the same twice, so that nothing can be read off it."""
    position = Position(("ada@example.com",), ("17",))
    tokens = {SEALER.seal(position, QUERY) for _ in range(10)}

    assert len(tokens) == 10
    assert all(
        set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        for token in tokens
    )
