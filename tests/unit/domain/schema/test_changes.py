"""Holds what an account schema makes of changes to accounts, with old faults and with new ones."""

import pytest

from ownid_grpc.domain.account import Profile
from ownid_grpc.errors import InvalidArgument
from tests.unit.domain.schema.profile_cases import BEFORE, SCHEMA


def refused_change(before: Profile, changes: Profile) -> set[tuple[str, str]]:
    """Returns the faults for which an account cannot change so."""
    with pytest.raises(InvalidArgument) as caught:
        SCHEMA.accept_change(before, {**before, **changes})
    return {
        (fault.field.removeprefix("account.profile"), fault.rule)
        for fault in caught.value.violations
    }


OLD_FAULTS: dict[str, tuple[Profile, Profile]] = {
    "of another property": ({**BEFORE, "points": 500}, {"plan": "paid"}),
    "of a missing property": ({"email": "a@b.co"}, {"plan": "paid"}),
    "of the whole account": ({"since": "2020"}, {"plan": "paid"}),
    "of another member": (
        {**BEFORE, "address": {"city": "E"}},
        {"address": {"city": "E", "kind": "home"}},
    ),
    "of a missing member": ({**BEFORE, "address": {}}, {"address": {"kind": "home"}}),
    "of another item": ({**BEFORE, "tags": ["long one"]}, {"tags": ["long one", "new"]}),
    "of a condition": ({**BEFORE, "country": "US", "zip": "x"}, {"plan": "paid"}),
    "of what depends": ({**BEFORE, "zip": "x"}, {"plan": "paid"}),
    "of an unknown property": ({**BEFORE, "legacy": 1}, {"plan": "paid"}),
}


@pytest.mark.parametrize("name", OLD_FAULTS)
def test_change_may_leave_an_old_fault(name: str) -> None:
    """A fault that an account had before does not stand in the way of another change."""
    before, changes = OLD_FAULTS[name]
    assert SCHEMA.faults(before) or "legacy" in before

    SCHEMA.accept_change(before, {**before, **changes})


@pytest.mark.parametrize("name", OLD_FAULTS)
def test_change_may_mend_an_old_fault(name: str) -> None:
    """An account with a fault can become one without any."""
    before, _ = OLD_FAULTS[name]
    mended: Profile = {**BEFORE, "since": before.get("since")}
    after: Profile = {key: value for key, value in mended.items() if value is not None}

    SCHEMA.accept_change(before, after)


NEW_FAULTS: dict[str, tuple[Profile, Profile, tuple[str, str]]] = {
    "of a value": (BEFORE, {"points": 101}, (".points", "maximum")),
    "where another was": ({**BEFORE, "points": 500}, {"points": 501}, (".points", "maximum")),
    "of a member": (
        {**BEFORE, "address": {"city": "Ely"}},
        {"address": {"city": "E"}},
        (".address.city", "minLength"),
    ),
    "of a member removed": (
        {**BEFORE, "address": {"city": "Ely"}},
        {"address": {}},
        (".address.city", "required"),
    ),
    "of an item": ({**BEFORE, "tags": ["ok"]}, {"tags": ["ok", "long"]}, (".tags[1]", "maxLength")),
    "of a condition met": (
        {**BEFORE, "country": "UK", "zip": "CB7"},
        {"country": "US"},
        (".zip", "pattern"),
    ),
    "of what depends": (BEFORE, {"zip": "1"}, (".country", "dependentRequired")),
    "of a new name": (BEFORE, {"emial": "x"}, (".emial", "unknown")),
    "of what is only read": (BEFORE, {"since": "2021"}, (".since", "readOnly")),
    "of what is set once": (
        {**BEFORE, "invited_by": "x"},
        {"invited_by": "y"},
        (".invited_by", "x-ownid-immutable"),
    ),
    "of a document": (BEFORE, {"settings": {"theme": "red"}}, (".settings.theme", "enum")),
}


@pytest.mark.parametrize("name", NEW_FAULTS)
def test_change_may_not_make_a_fault(name: str) -> None:
    """A change that breaks a rule is refused, where it does so and by which rule."""
    before, changes, fault = NEW_FAULTS[name]

    assert refused_change(before, changes) == {fault}


def test_removing_the_last_alternative_is_refused() -> None:
    """An account cannot lose what one of several requirements rests on."""
    with pytest.raises(InvalidArgument) as caught:
        SCHEMA.accept_change(BEFORE, {"since": "2020"})

    assert [fault.rule for fault in caught.value.violations] == ["anyOf"]
