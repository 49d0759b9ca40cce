"""What the port promises where the caller chooses the keys."""

import dataclasses
from collections.abc import Iterator
from contextlib import closing

import pytest

from ownid_grpc.domain.account import CREATE_TIME, UPDATE_TIME, Account, AccountDraft
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.source import Capability
from ownid_grpc.errors import (
    AlreadyExists,
    InvalidArgument,
    NotFound,
    Reason,
    Unimplemented,
)
from ownid_grpc.repositories.base import AccountRepository
from ownid_grpc.testing.backends import Backend

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


def skip_if(claim: bool, reason: str) -> None:  # noqa: FBT001 - what it is about
    """Skips the test where the claim holds."""
    if claim:
        pytest.skip(reason)


class ChosenKeys:
    """Keys that the caller chooses."""

    @pytest.fixture
    def chosen(self, backend: Backend) -> Iterator[AccountRepository]:
        """Gives a repository of accounts whose keys the caller chooses, over an empty store."""
        if backend.open_chosen is None:
            pytest.skip("the backend has no accounts whose keys the caller chooses")
        backend.clear()
        with closing(backend.open_chosen()) as repository:
            yield repository

    def test_chosen_keys_are_exact(self, chosen: AccountRepository) -> None:
        """Where the caller chooses keys, any two texts are two keys, each found by its own."""
        accounts = [
            chosen.insert(Call(), AccountDraft({"name": key}, key=(key,))) for key in CHOSEN_KEYS
        ]

        assert [account.key for account in accounts] == [(key,) for key in CHOSEN_KEYS]
        assert [chosen.get(Call(), account.key) for account in accounts] == accounts
        assert len(chosen.get_many(Call(), [account.key for account in accounts])) == len(accounts)

    def test_chosen_key_is_taken_once(self, chosen: AccountRepository) -> None:
        """A key that an account has is refused to another."""
        first = chosen.insert(Call(), AccountDraft({"name": "Ada"}, key=("a",)))

        with pytest.raises(AlreadyExists) as caught:
            chosen.insert(Call(), AccountDraft({"name": "Bob"}, key=("a",)))

        assert caught.value.metadata["property"] == "account_id"
        assert chosen.get(Call(), ("a",)) == first

    def test_key_must_be_chosen_where_nobody_else_does(self, chosen: AccountRepository) -> None:
        """A draft without a key is refused where the caller is to choose it."""
        with pytest.raises(InvalidArgument) as caught:
            chosen.insert(Call(), AccountDraft({"name": "Ada"}))

        assert caught.value.reason is Reason.ARGUMENT_INVALID
        assert caught.value.violations[0].field == "account_id"
        assert Capability.CHOOSE_KEY in chosen.describe().capabilities

    def test_disabling_is_refused_where_nothing_says_disabled(
        self, chosen: AccountRepository
    ) -> None:
        """Where the mapping has no place for disabled, setting it is a stated error."""
        skip_if(Capability.DISABLE in chosen.describe().capabilities, "it can disable accounts")
        ada = chosen.insert(Call(), AccountDraft({"name": "Ada"}, key=("a",)))

        with pytest.raises(Unimplemented) as on_insert:
            chosen.insert(Call(), AccountDraft({}, disabled=True, key=("b",)))
        with pytest.raises(Unimplemented) as on_update:
            chosen.update(Call(), ada.key, lambda a: dataclasses.replace(a, disabled=True))

        assert ada.disabled is None
        assert {on_insert.value.reason, on_update.value.reason} == {Reason.CAPABILITY_MISSING}
        assert on_insert.value.metadata == on_update.value.metadata == {"capability": "disable"}
        with pytest.raises(NotFound):
            chosen.get(Call(), ("b",))
        assert chosen.get(Call(), ada.key) == ada

    def test_absent_times_stay_absent(self, chosen: AccountRepository) -> None:
        """Where the mapping has no times, an account has none."""
        described = chosen.describe()
        skip_if(described.has_create_time or described.has_update_time, "it has times")
        ada = chosen.insert(Call(), AccountDraft({"name": "Ada"}, key=("a",)))

        fields = frozenset({CREATE_TIME, UPDATE_TIME})
        assert (ada.create_time, ada.update_time) == (None, None)
        assert chosen.get(Call(), ada.key, fields) == Account(ada.key, {})

    def test_chosen_keys_are_taken_once(self, chosen: AccountRepository) -> None:
        """Where the caller chooses the keys, one that is taken fails alone."""
        chosen.insert(Call(), AccountDraft({"name": "x"}, key=("b",)))
        drafts = [AccountDraft({"name": key}, key=(key,)) for key in "abc"]

        outcomes = chosen.insert_many(Call(), drafts)

        assert [outcomes[0], outcomes[2]] == [("a",), ("c",)]
        assert isinstance(outcomes[1], AlreadyExists)
        assert outcomes[1].metadata["property"] == "account_id"

    def test_account_that_cannot_be_disabled_fails_alone(self, chosen: AccountRepository) -> None:
        """A draft that asks for what the repository cannot do is refused alone."""
        skip_if(Capability.DISABLE in chosen.describe().capabilities, "it can disable accounts")
        drafts = [
            AccountDraft({"name": "a"}, disabled=True, key=("a",)),
            AccountDraft({"name": "b"}, key=("b",)),
        ]

        refused, key = chosen.insert_many(Call(), drafts)

        assert isinstance(refused, Unimplemented)
        assert refused.reason is Reason.CAPABILITY_MISSING
        assert key == ("b",)
