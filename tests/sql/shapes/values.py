"""What hypothesis puts into the properties of the shapes."""

from datetime import UTC, date, datetime

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.times import format_timestamp

TEXTS: SearchStrategy[JsonValue] = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8
)

FULL_TEXTS: SearchStrategy[JsonValue] = TEXTS.filter(bool)
"""For places where empty text means absence."""

INTEGERS: SearchStrategy[JsonValue] = st.integers(-(2**31), 2**31 - 1)

LONG_INTEGERS: SearchStrategy[JsonValue] = st.integers(-(2**63), 2**63 - 1)

CENTS: SearchStrategy[JsonValue] = st.decimals(-(10**7), 10**7, places=2)

EIGHTHS: SearchStrategy[JsonValue] = st.integers(-(10**6), 10**6).map(lambda number: number / 8)
"""Numbers that binary and decimal digits can both hold."""

BOOLEANS: SearchStrategy[JsonValue] = st.booleans()

DATES: SearchStrategy[JsonValue] = st.dates(date(1900, 1, 1), date(2100, 1, 1)).map(date.isoformat)


def instants(step: int) -> SearchStrategy[JsonValue]:
    """Returns times of which a column that counts steps of so many microseconds loses nothing."""
    moments = st.datetimes(datetime(1971, 1, 2), datetime(2037, 1, 1))  # noqa: DTZ001 - in UTC below
    return moments.map(
        lambda each: format_timestamp(
            each.replace(microsecond=each.microsecond - each.microsecond % step, tzinfo=UTC)
        )
    )


def bags(items: SearchStrategy[str]) -> SearchStrategy[JsonValue]:
    """Returns arrays with items, each of them once."""
    return st.lists(items, min_size=1, max_size=4, unique=True).map(list)


JSON: SearchStrategy[JsonValue] = st.recursive(
    BOOLEANS | INTEGERS | TEXTS,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b.c", 'd"', "é"]), inner, min_size=1, max_size=3)
    ),
    max_leaves=5,
)
