"""What a check of a schema against accounts counts, and how it tells of it."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ownid_grpc.domain.account import AccountDraft, JsonValue, Profile
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.source import Capability, Kind, PropertyDescription, SourceDescription
from ownid_grpc.errors import Cancelled, FailedPrecondition, InvalidArgument, Reason
from ownid_grpc.repositories.memory import MemoryAccountRepository
from ownid_grpc.services.apps import Apps
from ownid_grpc.services.checking import CheckProgress, SchemaChecks
from ownid_grpc.services.in_force import SchemasInForce
from ownid_grpc.state.sql import SqlStateStore
from tests.support.shop import APP, SECRET

SOURCE = SourceDescription(
    (
        PropertyDescription(("email",), Kind.TEXT),
        PropertyDescription(("age",), Kind.INTEGER),
        PropertyDescription(("a/b",), Kind.TEXT),
        PropertyDescription(("phones",), Kind.ARRAY),
        PropertyDescription(("settings",), Kind.OBJECT),
        PropertyDescription(("secret",), Kind.TEXT),
    ),
    frozenset(Capability) - {Capability.CHOOSE_KEY},
)


class Checked:
    """Accounts in memory, and checks of them."""

    def __init__(
        self, state: SqlStateStore, clock: Callable[[], float], source: SourceDescription
    ) -> None:
        self.repository = MemoryAccountRepository(source)
        apps = Apps({APP: self.repository})
        self._checks = SchemaChecks(apps, SchemasInForce(apps, state.revisions), clock)

    def add(self, *profiles: Profile) -> None:
        """Makes accounts that no schema was asked about."""
        for profile in profiles:
            self.repository.insert(Call(), AccountDraft(profile))

    def check(
        self,
        properties: dict[str, JsonValue],
        filter_text: str = "",
        call: Call | None = None,
    ) -> Iterator[CheckProgress]:
        """Checks the accounts against a schema of these properties."""
        document: dict[str, JsonValue] = {"type": "object", "properties": properties}
        return self._checks.check(call or Call(), APP, document, filter_text)

    def check_current(self) -> Iterator[CheckProgress]:
        """Checks the accounts against the schema in force."""
        return self._checks.check(Call(), APP, None)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[SqlStateStore]:
    """Gives a state store with no schema in it."""
    store = SqlStateStore(f"sqlite:///{tmp_path / 'state.db'}", SECRET)
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def checked(state: SqlStateStore) -> Checked:
    """Returns checks of accounts by a clock that stands still."""
    return Checked(state, lambda: 0.0, SOURCE)


def last(found: Iterator[CheckProgress]) -> CheckProgress:
    """Returns what a check has found in the end."""
    return list(found)[-1]


def faults(found: CheckProgress) -> list[tuple[str, str, int]]:
    """Returns the faults and their counts, in order."""
    return [(each.path, each.rule, each.count) for each in found.faults]


TEXT: JsonValue = {"type": "string"}


def aged(**more: JsonValue) -> dict[str, JsonValue]:
    """Returns the property of the age, with a rule for it."""
    return {"age": {"type": "integer", **more}}


def aged_profiles(*ages: int) -> list[Profile]:
    """Returns profiles of these ages."""
    return [{"age": age} for age in ages]


def test_faults_are_counted_by_place_and_rule(checked: Checked) -> None:
    """Each rule counts once for each account that breaks it at a place; the most frequent first."""
    checked.add({"email": "bad", "age": -1}, {"email": "worse"}, {"email": "ada@example.com"})

    found = last(checked.check({**aged(minimum=0), "email": {"type": "string", "format": "email"}}))

    assert faults(found) == [("/email", "format", 2), ("/age", "minimum", 1)]
    assert (found.accounts_checked, found.accounts_total, found.accounts_failed) == (3, 3, 2)
    assert found.is_done
    assert found.faults[0].sample_names == ["apps/shop/accounts/1", "apps/shop/accounts/2"]


def test_places_say_nothing_of_an_account(checked: Checked) -> None:
    """Indexes, and names of members that the schema does not have, are asterisks."""
    checked.add({"phones": ["1", 2, 3], "a/b": "long", "settings": {"ada@example.com": 1}})

    found = last(
        checked.check(
            {
                "phones": {"type": "array", "items": TEXT},
                "settings": {"type": "object", "additionalProperties": TEXT},
                "a/b": {"type": "string", "maxLength": 1},
            }
        )
    )

    assert faults(found) == [
        ("/a~1b", "maxLength", 1),
        ("/phones/*", "type", 1),
        ("/settings/*", "type", 1),
    ]


def test_what_is_missing_is_named(checked: Checked) -> None:
    """A property that is required and absent is the place of the fault."""
    checked.add({"settings": {"a": 1}})
    inner: JsonValue = {"type": "object", "properties": {"b": TEXT}, "required": ["b"]}

    found = last(checked.check({"settings": inner}))

    assert faults(found) == [("/settings/b", "required", 1)]


def test_what_the_schema_leaves_out_is_no_fault(checked: Checked) -> None:
    """Properties that the database has and the schema does not are none of its business."""
    checked.add({"email": "ada@example.com", "secret": "x"})

    assert last(checked.check({"email": TEXT})).accounts_failed == 0


def test_samples_are_few(checked: Checked) -> None:
    """However many accounts break a rule, ten of them are named."""
    checked.add(*aged_profiles(*range(-30, 0)))

    (fault,) = last(checked.check(aged(minimum=0))).faults

    assert fault.count == 30
    assert len(fault.sample_names) == 10


def test_filter_narrows_a_check(checked: Checked) -> None:
    """Only accounts that match are checked and counted."""
    checked.add({"age": 1}, {"age": 2}, {"age": 3})

    found = last(checked.check(aged(minimum=3), "age >= 2"))

    assert (found.accounts_checked, found.accounts_total, found.accounts_failed) == (2, 2, 1)


@pytest.mark.parametrize("filter_text", ["age >=", "unknown = 1"])
def test_bad_filter_is_refused(checked: Checked, filter_text: str) -> None:
    """A filter that is none, or names what the candidate does not have, is an error."""
    with pytest.raises(InvalidArgument) as caught:
        next(checked.check(aged(), filter_text))

    assert caught.value.reason is Reason.FILTER_INVALID


@pytest.mark.parametrize(
    "properties",
    [{"email": {"type": 3}}, {"nowhere": TEXT}, {"age": TEXT}],
    ids=["no schema", "not mapped", "other type"],
)
def test_candidate_that_cannot_be_set_is_refused(
    checked: Checked, properties: dict[str, JsonValue]
) -> None:
    """A candidate that UpdateAccountSchema would refuse is refused as it does."""
    with pytest.raises(InvalidArgument) as caught:
        next(checked.check(properties))

    assert caught.value.reason is Reason.ACCOUNT_SCHEMA_INVALID
    assert caught.value.violations


def test_schema_in_force_is_needed_without_a_candidate(checked: Checked) -> None:
    """Where no schema is set and none is given there is nothing to check by."""
    with pytest.raises(FailedPrecondition) as caught:
        next(checked.check_current())

    assert caught.value.reason is Reason.ACCOUNT_SCHEMA_NOT_SET


def test_progress_is_told_about_every_second(state: SqlStateStore) -> None:
    """It is told after the first accounts, then when a second has passed, and at the end."""
    clock = itertools.count(0.0, 0.4)
    checked = Checked(state, lambda: next(clock), SOURCE)
    checked.add(*aged_profiles(*range(10_000)))

    found = list(checked.check(aged()))

    counts = [each.accounts_checked for each in found]
    assert counts == sorted(set(counts))
    assert counts[0] == 1000
    assert counts[-1] == 10_000
    assert 3 <= len(counts) < 10
    assert [each.is_done for each in found] == [False] * (len(found) - 1) + [True]


def test_no_accounts_are_all_good(checked: Checked) -> None:
    """A check of no accounts is one message, and done."""
    (found,) = checked.check(aged(minimum=0))

    assert (found.accounts_checked, found.is_done, found.faults) == (0, True, [])


def test_source_that_cannot_count_is_checked_all_the_same(state: SqlStateStore) -> None:
    """Where accounts cannot be counted the total is 0, and nothing else is different."""
    source = SourceDescription(SOURCE.properties, SOURCE.capabilities - {Capability.COUNT})
    checked = Checked(state, lambda: 0.0, source)
    checked.add({"age": 1})

    found = last(checked.check(aged(minimum=2)))

    assert (found.accounts_checked, found.accounts_total, found.accounts_failed) == (1, 0, 1)


def test_check_stops_with_its_call(checked: Checked) -> None:
    """Once nobody waits for it a check goes no further."""
    checked.add(*aged_profiles(*range(3000)))
    call = Call()
    found = checked.check(aged(minimum=0), call=call)
    next(found)

    call.cancel()

    with pytest.raises(Cancelled):
        next(found)
