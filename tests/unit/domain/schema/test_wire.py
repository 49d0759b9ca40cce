"""Holds what an account schema makes of numbers and nulls that a Struct brings and takes."""

from decimal import Decimal

import pytest

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.schema.numbers import is_same
from ownid_grpc.errors import InvalidArgument
from tests.unit.domain.schema.profile_cases import SCHEMA


@pytest.mark.parametrize(
    ("name", "value", "sent"),
    [
        ("id", 5, "5"),
        ("id", -(2**63), str(-(2**63))),
        ("points", 5, 5),
        ("points", 2**53, 2**53),
        ("points", 2**53 + 1, str(2**53 + 1)),
        ("balance", Decimal("0.1"), 0.1),
        ("balance", Decimal("12345678901234567.89"), "12345678901234567.89"),
        ("balance", Decimal("1.10"), 1.1),
    ],
    ids=str,
)
def test_number_survives_the_wire(name: str, value: JsonValue, sent: JsonValue) -> None:
    """A number is sent so that a double does not bend it, and comes back as it was."""
    shown = SCHEMA.shown({name: value})

    assert shown == {name: sent}
    assert is_same(SCHEMA.profile_from_wire(shown), {name: value})


@pytest.mark.parametrize(
    ("name", "sent", "meant"),
    [
        ("points", 5.0, 5),
        ("points", "5", 5),
        ("points", "5.0", "5.0"),
        ("points", "05", "05"),
        ("points", " 5", " 5"),
        ("balance", "1e5", "1e5"),
        ("balance", 2.5, 2.5),
        ("phone", "5", "5"),
    ],
    ids=str,
)
def test_number_is_read_as_the_schema_means_it(
    name: str, sent: JsonValue, meant: JsonValue
) -> None:
    """Text is a number where the schema has numbers only, and it is written as JSON has them."""
    found = SCHEMA.profile_from_wire({name: sent})

    assert found == {name: meant}
    assert type(found[name]) is type(meant)


@pytest.mark.parametrize(
    ("name", "sent", "rule"),
    [
        ("points", 2.0**53 * 2, "precision"),
        ("balance", float("nan"), "type"),
        ("points", float("-inf"), "type"),
    ],
    ids=str,
)
def test_number_that_a_double_may_have_bent_is_refused(
    name: str, sent: JsonValue, rule: str
) -> None:
    """An integer beyond 2^53 must come as text, and what is no number not at all."""
    with pytest.raises(InvalidArgument) as caught:
        SCHEMA.profile_from_wire({name: sent})

    assert [(fault.field, fault.rule) for fault in caught.value.violations] == [
        (f"account.profile.{name}", rule)
    ]


def test_null_is_absence_of_a_property_and_a_value_elsewhere() -> None:
    """A property that is null is left out; in a document or a list null stays what it is."""
    sent: dict[str, JsonValue] = {
        "plan": None,
        "settings": {"theme": None, "beta": None},
        "tags": [None],
    }

    assert SCHEMA.profile_from_wire(sent) == {"settings": {"beta": None}, "tags": [None]}
