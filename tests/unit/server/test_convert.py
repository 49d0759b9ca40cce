"""Holds the converters to what messages and values promise each other."""

import math
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st
from ownid.v1.account_pb2 import Account as AccountMessage

from ownid_grpc.domain.account import Account, JsonValue
from ownid_grpc.errors import InvalidArgument, Reason
from ownid_grpc.server.convert import (
    MAX_DEPTH,
    fill_account,
    fill_struct,
    fill_timestamp,
    members_of,
)

TEXTS = st.text(st.characters(codec="utf-8"))
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
)


def struct_of(members: dict[str, JsonValue]) -> Struct:
    """Returns a struct with these members."""
    struct = Struct()
    fill_struct(struct, members)
    return struct


def read(struct: Struct) -> dict[str, JsonValue]:
    """Returns the members of a struct, as those of a profile."""
    return members_of(struct, "account.profile", Reason.PROFILE_INVALID)


@given(members=st.dictionaries(TEXTS, VALUES))
def test_json_survives_the_wire(members: dict[str, JsonValue]) -> None:
    """Any JSON object comes back from the wire as it was sent."""
    sent = struct_of(members).SerializeToString()

    assert read(Struct.FromString(sent)) == members


@given(number=NUMBERS)
def test_whole_numbers_come_as_integers(number: float) -> None:
    """A number without a fraction is an integer, unless a double cannot hold it exactly."""
    found = read(struct_of({"number": number}))["number"]

    is_whole = number == math.floor(number) and abs(number) <= 2**53
    assert isinstance(found, int) == is_whole


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2**53 + 1, "9007199254740993"),
        (-(2**63), "-9223372036854775808"),
        (Decimal("19.90"), "19.90"),
        (math.nan, "nan"),
        (math.inf, "inf"),
    ],
    ids=["beyond-double", "int64", "decimal", "nan", "infinity"],
)
def test_number_that_json_cannot_hold_is_text(value: JsonValue, expected: str) -> None:
    """A number that JSON has no word for, or a double no room, goes out as text."""
    assert read(struct_of({"value": value})) == {"value": expected}


@pytest.mark.parametrize("where", ["value", "name", "nested", "item"])
def test_broken_text_goes_out_repaired(where: str) -> None:
    """Half a surrogate pair, which a JSON column can hold, goes out as U+FFFD."""
    members: dict[str, dict[str, JsonValue]] = {
        "value": {"a": "x\ud800"},
        "name": {"x\ud800": "a"},
        "nested": {"a": {"b": "x\ud800"}},
        "item": {"a": ["x\ud800"]},
    }
    expected: dict[str, dict[str, JsonValue]] = {
        "value": {"a": "x\ufffd"},
        "name": {"x\ufffd": "a"},
        "nested": {"a": {"b": "x\ufffd"}},
        "item": {"a": ["x\ufffd"]},
    }

    found = read(struct_of({"before": "\U0001f600", **members[where]}))

    assert found == {"before": "\U0001f600", **expected[where]}


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_number_that_is_none_is_refused(number: float) -> None:
    """Not-a-number and the infinities, which a Value can hold, are refused where they stand."""
    struct = Struct()
    struct.fields["address"].struct_value.fields["floor"].number_value = number

    with pytest.raises(InvalidArgument) as caught:
        read(struct)

    assert caught.value.reason is Reason.PROFILE_INVALID
    assert caught.value.violations[0].field == "account.profile.address.floor"


def test_value_of_no_kind_is_refused() -> None:
    """A Value that says nothing is refused where it stands."""
    struct = Struct()
    struct.fields["tags"].list_value.values.add()

    with pytest.raises(InvalidArgument) as caught:
        read(struct)

    assert caught.value.violations[0].field == "account.profile.tags[0]"


@pytest.mark.parametrize("is_list", [True, False], ids=["arrays", "objects"])
def test_depth_is_limited(*, is_list: bool) -> None:
    """Objects and arrays are read down to the last level allowed, and no deeper."""

    def nested(levels: int) -> dict[str, JsonValue]:
        value: JsonValue = "bottom"
        for _ in range(levels - 1):
            value = [value] if is_list else {"in": value}
        return {"top": value}

    assert read(struct_of(nested(MAX_DEPTH))) == nested(MAX_DEPTH)
    with pytest.raises(InvalidArgument) as caught:
        read(struct_of(nested(MAX_DEPTH + 1)))
    assert caught.value.violations[0].rule == "depth"


@given(time=st.datetimes(timezones=st.just(UTC)))
def test_time_is_as_protobuf_has_it(time: datetime) -> None:
    """A time becomes what protobuf's own conversion makes of it."""
    expected = Timestamp()
    expected.FromDatetime(time)

    found = Timestamp()
    fill_timestamp(found, time)

    assert found == expected


def test_what_an_account_lacks_stays_absent() -> None:
    """What the mapping has no place for is absent in the message, not a default."""
    message = AccountMessage()

    fill_account(message, "shop", Account(("7",), {"email": "ada@example.com"}))

    assert message.name == "apps/shop/accounts/7"
    assert not message.HasField("disabled")
    assert not message.HasField("create_time")
    assert not message.HasField("update_time")
    assert message.etag == ""
