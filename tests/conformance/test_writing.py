"""What the port promises of making, changing and deleting accounts."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from ownid_grpc.domain.account import (
    CREATE_TIME,
    UPDATE_TIME,
    Account,
    AccountDraft,
    JsonValue,
    Profile,
)
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.source import Capability
from ownid_grpc.errors import (
    Aborted,
    AlreadyExists,
    InvalidArgument,
    NotFound,
    Reason,
    Unimplemented,
)
from ownid_grpc.repositories.base import AccountRepository
from tests.conformance.backends import Backend
from tests.conformance.building import changing, everybody, made, query


def test_insert_returns_what_is_stored(repository: AccountRepository) -> None:
    """What insert returns is what a read finds: key, etag, defaults and times included."""
    before = datetime.now(UTC) - timedelta(seconds=2)

    ada = made(repository, name="Ada")

    assert repository.get(Call(), ada.key) == ada
    assert ada.profile == {"email": "ada@example.com", "name": "Ada"}
    assert ada.disabled is False
    assert ada.etag.startswith('"')
    assert ada.create_time is not None
    assert before <= ada.create_time <= datetime.now(UTC) + timedelta(seconds=2)
    assert ada.create_time.tzinfo is not None
    assert ada.update_time is not None


def test_account_can_be_made_disabled(repository: AccountRepository) -> None:
    """A draft may say that the account is disabled."""
    draft = AccountDraft({"email": "ada@example.com"}, disabled=True)

    ada = repository.insert(Call(), draft)

    assert ada.disabled is True


def test_unique_value_is_taken_once(repository: AccountRepository) -> None:
    """A value that the database keeps unique is refused by the property's name, not shown."""
    made(repository, login_ids=())

    with pytest.raises(AlreadyExists) as caught:
        made(repository, login_ids=())

    assert caught.value.reason is Reason.VALUE_TAKEN
    assert caught.value.metadata["property"] == "email"
    assert caught.value.violations[0].field == "account.profile.email"
    assert "ada@" not in str(caught.value)
    assert everybody(repository, query()) == ["ada@example.com"]


def test_missing_value_is_refused(repository: AccountRepository) -> None:
    """A value that the database demands and nobody gives is an error of its property."""
    with pytest.raises(InvalidArgument) as caught:
        repository.insert(Call(), AccountDraft({"name": "Ada"}))

    assert caught.value.reason is Reason.PROFILE_INVALID
    assert [each.field for each in caught.value.violations] == ["account.profile.email"]
    assert everybody(repository, query()) == []


def test_update_returns_what_is_stored(repository: AccountRepository) -> None:
    """What update returns is what a read finds, with a new etag."""
    ada = made(repository, name="Ada", score=1)

    updated = repository.update(Call(), ada.key, changing("score", 2))

    assert updated.profile == {"email": "ada@example.com", "name": "Ada", "score": 2}
    assert updated.etag != ada.etag
    assert updated.create_time == ada.create_time
    assert repository.get(Call(), ada.key) == updated


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", "Ada L."),
        ("score", -1),
        ("active", False),
        ("address.city", "Paris"),
        ("theme", "light"),
        ("tags", ["a", "b"]),
        ("last_seen", "2024-01-02T03:04:05Z"),
        ("birthdate", "2000-02-29"),
    ],
)
def test_single_property_is_set_changed_and_cleared(
    repository: AccountRepository, path: str, value: JsonValue
) -> None:
    """Each property, wherever it lives, can be set, and taken away again, alone."""
    empty = made(repository)

    filled = repository.update(Call(), empty.key, changing(path, value))
    cleared = repository.update(Call(), empty.key, changing(path, None))

    assert filled.profile == changing(path, value)(empty).profile
    assert cleared.profile == empty.profile
    assert repository.get(Call(), empty.key) == cleared


def test_change_sees_the_account_as_it_is(repository: AccountRepository) -> None:
    """The change is given the whole account as a read finds it."""
    ada = made(repository, name="Ada", address={"city": "London"}, tags=["vip"], theme="dark")
    seen: list[Account] = []

    def change(account: Account) -> Account:
        seen.append(account)
        return account

    repository.update(Call(), ada.key, change)

    assert seen == [ada]


def test_where_nothing_changed_nothing_is_written(repository: AccountRepository) -> None:
    """A change that changes nothing leaves even the time of the last update as it was."""
    ada = made(repository, name="Ada", score=1, tags=["vip"], address={"city": "London"})

    same = repository.update(Call(), ada.key, changing("name", "Ada"))

    assert same == ada
    assert repository.get(Call(), ada.key) == ada


def test_update_time_moves_with_a_change(repository: AccountRepository) -> None:
    """A change renews the time of the last update and leaves the time of creation."""
    ada = made(repository)

    updated = repository.update(Call(), ada.key, changing("score", 2))

    assert updated.update_time is not None
    assert ada.update_time is not None
    assert updated.update_time >= ada.update_time
    assert updated.create_time == ada.create_time


def test_only_profile_and_disabled_of_a_change_count(repository: AccountRepository) -> None:
    """What a change says of key, etag and times is passed over."""
    ada = made(repository)
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)

    same = repository.update(
        Call(),
        ada.key,
        lambda account: dataclasses.replace(
            account, key=("999",), etag='"x"', create_time=long_ago, update_time=long_ago
        ),
    )

    assert same == ada


def test_account_is_disabled_and_enabled(repository: AccountRepository) -> None:
    """An update turns disabled on and off, without touching the profile."""
    ada = made(repository, name="Ada")

    off = repository.update(
        Call(), ada.key, lambda account: dataclasses.replace(account, disabled=True)
    )
    on = repository.update(
        Call(), ada.key, lambda account: dataclasses.replace(account, disabled=False)
    )

    assert (off.disabled, on.disabled) == (True, False)
    assert off.profile == on.profile == ada.profile
    assert off.etag != ada.etag


class Refused(Exception):
    """What a change raises that will not have it."""


def test_change_that_raises_changes_nothing(repository: AccountRepository) -> None:
    """What a change raises comes out as it is, and the account stays as it was."""
    ada = made(repository)

    def refuse(account: Account) -> Account:
        raise Refused(account.key)

    with pytest.raises(Refused):
        repository.update(Call(), ada.key, refuse)

    assert repository.get(Call(), ada.key) == ada


def test_refused_update_leaves_every_table_as_it_was(repository: AccountRepository) -> None:
    """An update of which one value does not fit writes none of the others."""
    ada = made(repository, address={"city": "London"}, theme="dark")
    made(repository, "bob@example.com")
    desired: Profile = {
        "email": "bob@example.com",
        "address": {"city": "Paris", "zip": "1"},
        "theme": "light",
    }

    with pytest.raises(AlreadyExists):
        repository.update(
            Call(), ada.key, lambda account: dataclasses.replace(account, profile=desired)
        )

    assert repository.get(Call(), ada.key) == ada


def test_update_of_no_account_is_not_found(repository: AccountRepository) -> None:
    """A change of an account that is not there is not even asked for."""

    def refuse(account: Account) -> Account:
        raise Refused(account.key)

    with pytest.raises(NotFound):
        repository.update(Call(), ("1",), refuse)


def test_required_value_cannot_be_taken_away(repository: AccountRepository) -> None:
    """A value that the database demands cannot be cleared."""
    ada = made(repository)

    with pytest.raises(InvalidArgument) as caught:
        repository.update(Call(), ada.key, changing("email", None))

    assert [each.field for each in caught.value.violations] == ["account.profile.email"]
    assert repository.get(Call(), ada.key) == ada


def test_deleted_account_is_gone(repository: AccountRepository) -> None:
    """A deleted account is found by no read, and its login id is free."""
    ada = made(repository, address={"city": "London"})
    made(repository, "bob@example.com")

    repository.delete(Call(), ada.key)

    with pytest.raises(NotFound):
        repository.get(Call(), ada.key)
    assert repository.get_many(Call(), [ada.key]) == []
    assert everybody(repository, query()) == ["bob@example.com"]
    again = made(repository)
    assert again.profile == {"email": "ada@example.com"}


def test_delete_with_the_current_etag(repository: AccountRepository) -> None:
    """A delete with the current etag, or without any, deletes."""
    ada = made(repository)

    repository.delete(Call(), ada.key, etag=ada.etag)

    assert everybody(repository, query()) == []


def test_delete_with_an_old_etag_is_aborted(repository: AccountRepository) -> None:
    """A delete with an etag of the past deletes nothing and names the present one."""
    ada = made(repository)
    updated = repository.update(Call(), ada.key, changing("name", "Ada"))

    with pytest.raises(Aborted) as caught:
        repository.delete(Call(), ada.key, etag=ada.etag)

    assert caught.value.reason is Reason.ETAG_MISMATCH
    assert caught.value.metadata == {"etag": updated.etag}
    assert repository.get(Call(), ada.key) == updated


@pytest.mark.parametrize("key", [("1",), ("x",), ("",), ("1", "2"), ("9" * 40,)], ids=repr)
def test_delete_of_no_account_is_not_found(
    repository: AccountRepository, key: tuple[str, ...]
) -> None:
    """There is nothing to delete where no account is, whatever the etag."""
    with pytest.raises(NotFound):
        repository.delete(Call(), key)
    with pytest.raises(NotFound):
        repository.delete(Call(), key, etag='"x"')


def test_two_repositories_over_one_store(backend: Backend, repository: AccountRepository) -> None:
    """What one repository writes another one over the same store reads at once."""
    other = backend.open()

    ada = made(repository)
    updated = other.update(Call(), ada.key, changing("name", "Ada"))

    assert repository.get(Call(), ada.key) == updated
    repository.delete(Call(), ada.key)
    with pytest.raises(NotFound):
        other.get(Call(), ada.key)
    other.close()


CHOSEN_KEYS = [
    "a",
    "A",
    "é",
    "e\u0301",
    "1",
    "01",
    "a b",
    "a/b",
    "~",
    ".",
    "%",
    "'",
    "😀",
    "ß",
    "ss",
]


def test_chosen_keys_are_exact(backend: Backend) -> None:
    """Where the caller chooses keys, any two texts are two keys, each found by its own."""
    repository = backend.open_chosen()

    accounts = [
        repository.insert(Call(), AccountDraft({"name": key}, key=(key,))) for key in CHOSEN_KEYS
    ]

    assert [account.key for account in accounts] == [(key,) for key in CHOSEN_KEYS]
    assert [repository.get(Call(), account.key) for account in accounts] == accounts
    assert len(repository.get_many(Call(), [account.key for account in accounts])) == len(accounts)
    repository.close()


def test_chosen_key_is_taken_once(backend: Backend) -> None:
    """A key that an account has is refused to another."""
    repository = backend.open_chosen()
    first = repository.insert(Call(), AccountDraft({"name": "Ada"}, key=("a",)))

    with pytest.raises(AlreadyExists) as caught:
        repository.insert(Call(), AccountDraft({"name": "Bob"}, key=("a",)))

    assert caught.value.metadata["property"] == "account_id"
    assert repository.get(Call(), ("a",)) == first
    repository.close()


def test_key_must_be_chosen_where_nobody_else_does(backend: Backend) -> None:
    """A draft without a key is refused where the caller is to choose it."""
    repository = backend.open_chosen()

    with pytest.raises(InvalidArgument) as caught:
        repository.insert(Call(), AccountDraft({"name": "Ada"}))

    assert caught.value.reason is Reason.ARGUMENT_INVALID
    assert caught.value.violations[0].field == "account_id"
    assert Capability.CHOOSE_KEY in repository.describe().capabilities
    repository.close()


def test_key_cannot_be_chosen_where_the_database_does(repository: AccountRepository) -> None:
    """A draft with a key is a stated error where keys make themselves."""
    with pytest.raises(Unimplemented) as caught:
        repository.insert(Call(), AccountDraft({"email": "ada@example.com"}, key=("7",)))

    assert caught.value.reason is Reason.CAPABILITY_MISSING
    assert caught.value.metadata == {"capability": "choose_key"}
    assert everybody(repository, query()) == []


def test_disabling_is_refused_where_nothing_says_disabled(backend: Backend) -> None:
    """Where the mapping has no place for disabled, setting it is a stated error."""
    repository = backend.open_chosen()
    ada = repository.insert(Call(), AccountDraft({"name": "Ada"}, key=("a",)))

    with pytest.raises(Unimplemented) as on_insert:
        repository.insert(Call(), AccountDraft({}, disabled=True, key=("b",)))
    with pytest.raises(Unimplemented) as on_update:
        repository.update(Call(), ada.key, lambda a: dataclasses.replace(a, disabled=True))

    assert ada.disabled is None
    assert {on_insert.value.reason, on_update.value.reason} == {Reason.CAPABILITY_MISSING}
    assert on_insert.value.metadata == on_update.value.metadata == {"capability": "disable"}
    with pytest.raises(NotFound):
        repository.get(Call(), ("b",))
    assert repository.get(Call(), ada.key) == ada
    repository.close()


def test_absent_times_stay_absent(backend: Backend) -> None:
    """Where the mapping has no times, an account has none."""
    repository = backend.open_chosen()

    ada = repository.insert(Call(), AccountDraft({"name": "Ada"}, key=("a",)))

    fields = frozenset({CREATE_TIME, UPDATE_TIME})
    assert (ada.create_time, ada.update_time) == (None, None)
    assert repository.get(Call(), ada.key, fields) == Account(ada.key, {})
    repository.close()
