"""What the port promises of making, changing and deleting accounts."""

import dataclasses
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from ownid_grpc.domain.account import (
    Account,
    AccountDraft,
    JsonValue,
    Profile,
)
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.source import Capability
from ownid_grpc.errors import (
    AlreadyExists,
    InvalidArgument,
    NotFound,
    Reason,
)
from ownid_grpc.testing.backends import Backend
from ownid_grpc.testing.building import changing, everybody, made, query
from ownid_grpc.testing.declared import DeclaredRepository


class Refused(Exception):
    """What a change raises that will not have it."""


class Writing:
    """Accounts that are made and changed."""

    def test_insert_returns_what_is_stored(self, repository: DeclaredRepository) -> None:
        """What insert returns is what a read finds: key, etag, defaults and times included."""
        declared = repository.declared
        before = datetime.now(UTC) - timedelta(seconds=2)

        ada = made(repository, name="Ada")

        assert repository.get(Call(), ada.key) == ada
        assert ada.profile == {"email": "ada@example.com", "name": "Ada"}
        assert ada.disabled is (False if Capability.DISABLE in declared.capabilities else None)
        assert ada.etag.startswith('"')
        assert (ada.create_time is not None) == declared.has_create_time
        assert (ada.update_time is not None) == declared.has_update_time
        if ada.create_time is not None:
            assert ada.create_time.tzinfo is not None
            assert before <= ada.create_time <= datetime.now(UTC) + timedelta(seconds=2)

    def test_account_can_be_made_disabled(self, repository: DeclaredRepository) -> None:
        """A draft may say that the account is disabled."""
        draft = AccountDraft({"email": "ada@example.com"}, disabled=True)

        ada = repository.insert(Call(), draft)

        assert ada.disabled is True

    def test_unique_value_is_taken_once(self, repository: DeclaredRepository) -> None:
        """A value that the database keeps unique is refused by the property's name, not shown."""
        repository.need(Capability.INSERT)
        made(repository, login_ids=())

        with pytest.raises(AlreadyExists) as caught:
            made(repository, login_ids=())

        assert caught.value.reason is Reason.VALUE_TAKEN
        assert caught.value.metadata["property"] == "email"
        assert caught.value.violations[0].field == "account.profile.email"
        assert "ada@" not in str(caught.value)
        assert everybody(repository, query()) == ["ada@example.com"]

    def test_missing_value_is_refused(self, repository: DeclaredRepository) -> None:
        """A value that the database demands and nobody gives is an error of its property."""
        with pytest.raises(InvalidArgument) as caught:
            repository.insert(Call(), AccountDraft({"name": "Ada"}))

        assert caught.value.reason is Reason.PROFILE_INVALID
        assert [each.field for each in caught.value.violations] == ["account.profile.email"]
        assert everybody(repository, query()) == []

    def test_update_returns_what_is_stored(self, repository: DeclaredRepository) -> None:
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
        self, repository: DeclaredRepository, path: str, value: JsonValue
    ) -> None:
        """Each property, wherever it lives, can be set, and taken away again, alone."""
        empty = made(repository)

        filled = repository.update(Call(), empty.key, changing(path, value))
        cleared = repository.update(Call(), empty.key, changing(path, None))

        assert filled.profile == changing(path, value)(empty).profile
        assert cleared.profile == empty.profile
        assert repository.get(Call(), empty.key) == cleared

    def test_change_sees_the_account_as_it_is(self, repository: DeclaredRepository) -> None:
        """The change is given the whole account as a read finds it."""
        ada = made(repository, name="Ada", address={"city": "London"}, tags=["vip"], theme="dark")
        seen: list[Account] = []

        def change(account: Account) -> Account:
            seen.append(account)
            return account

        repository.update(Call(), ada.key, change)

        assert seen == [ada]

    def test_where_nothing_changed_nothing_is_written(self, repository: DeclaredRepository) -> None:
        """A change that changes nothing leaves even the time of the last update as it was."""
        ada = made(repository, name="Ada", score=1, tags=["vip"], address={"city": "London"})

        same = repository.update(Call(), ada.key, changing("name", "Ada"))

        assert same == ada
        assert repository.get(Call(), ada.key) == ada

    def test_update_time_moves_with_a_change(self, repository: DeclaredRepository) -> None:
        """A change renews the time of the last update and leaves the time of creation."""
        if not repository.declared.has_update_time:
            pytest.skip("it declares to have no time of the last update")
        ada = made(repository)

        updated = repository.update(Call(), ada.key, changing("score", 2))

        assert updated.update_time is not None
        assert ada.update_time is not None
        assert updated.update_time >= ada.update_time
        assert updated.create_time == ada.create_time

    def test_only_profile_and_disabled_of_a_change_count(
        self, repository: DeclaredRepository
    ) -> None:
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

    def test_account_is_disabled_and_enabled(self, repository: DeclaredRepository) -> None:
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

    def test_change_that_raises_changes_nothing(self, repository: DeclaredRepository) -> None:
        """What a change raises comes out as it is, and the account stays as it was."""
        ada = made(repository)

        def refuse(account: Account) -> Account:
            raise Refused(account.key)

        with pytest.raises(Refused):
            repository.update(Call(), ada.key, refuse)

        assert repository.get(Call(), ada.key) == ada

    def test_refused_update_leaves_every_table_as_it_was(
        self, repository: DeclaredRepository
    ) -> None:
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

    def test_update_of_no_account_is_not_found(self, repository: DeclaredRepository) -> None:
        """A change of an account that is not there is not even asked for."""

        def refuse(account: Account) -> Account:
            raise Refused(account.key)

        with pytest.raises(NotFound):
            repository.update(Call(), ("1",), refuse)

    def test_required_value_cannot_be_taken_away(self, repository: DeclaredRepository) -> None:
        """A value that the database demands cannot be cleared."""
        ada = made(repository)

        with pytest.raises(InvalidArgument) as caught:
            repository.update(Call(), ada.key, changing("email", None))

        assert [each.field for each in caught.value.violations] == ["account.profile.email"]
        assert repository.get(Call(), ada.key) == ada

    def test_two_repositories_over_one_store(
        self, backend: Backend, repository: DeclaredRepository
    ) -> None:
        """What one repository writes another one over the same store reads at once."""
        with closing(DeclaredRepository.one_more(backend)) as other:
            ada = made(repository)
            updated = other.update(Call(), ada.key, changing("name", "Ada"))

            assert repository.get(Call(), ada.key) == updated
            repository.delete(Call(), ada.key)
            with pytest.raises(NotFound):
                other.get(Call(), ada.key)
