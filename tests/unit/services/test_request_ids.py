"""Holds retried creates to what they promise: one account, however often it is asked for."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ownid_grpc.domain.account import Account, AccountDraft, JsonValue, LoginId
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.source import SourceDescription
from ownid_grpc.errors import (
    Aborted,
    AlreadyExists,
    InvalidArgument,
    NotFound,
    OwnIdError,
    Reason,
    Unavailable,
)
from ownid_grpc.repositories.memory import MemoryAccountRepository
from ownid_grpc.services.services import Services
from ownid_grpc.services.writing import NewAccount
from tests.support.shop import APP, DESCRIPTION, KEYED, SECRET, Shop, open_shop

ADA = "ada@example.com"
ID = "3f2b8c1e-6d0a-4a53-9a76-0f6f5f0c9b11"


class LosesAnswers(MemoryAccountRepository):
    """A repository whose connection is lost after each commit, before it can say so."""

    def insert(
        self, call: Call, draft: AccountDraft, *, login_ids: Sequence[LoginId] = ()
    ) -> Account:
        """Makes an account, and does not say so."""
        super().insert(call, draft, login_ids=login_ids)
        raise Unavailable(Reason.DATABASE_UNAVAILABLE, "The connection was lost.")


def losing(shop: Shop, description: SourceDescription = DESCRIPTION) -> Services:
    """Returns services over the shop's own accounts whose answers are lost."""
    repository = LosesAnswers(description, store=shop.store)
    return Services.over({APP: repository}, shop.state, SECRET)


def create(
    services: Services, request_id: str = ID, account_id: str = "", **profile: JsonValue
) -> Account:
    """Makes an account under a request id."""
    new = NewAccount({"email": ADA, **profile}, account_id=account_id)
    return services.accounts.create(Call(), APP, new, request_id=request_id)


def test_retry_returns_the_first_account(shop: Shop) -> None:
    """The same id and request returns what the first call made, and makes nothing."""
    first = create(shop.services)

    second = create(shop.services)

    assert second == first
    assert len(shop.store.accounts) == 1


def test_retry_on_another_replica_returns_the_first_account(shop: Shop) -> None:
    """A retry that reaches another replica finds what the first call made on this one."""
    first = create(shop.services)
    replica = Services.over({APP: shop.repository}, shop.state, SECRET)

    assert create(replica) == first


def test_retry_returns_the_account_as_it_is_now(shop: Shop) -> None:
    """A retry returns the account with what has been changed since."""
    first = create(shop.services, loyalty=1)
    shop.repository.update(
        Call(), first.key, lambda account: Account(account.key, account.profile | {"loyalty": 2})
    )

    assert create(shop.services, loyalty=1).profile["loyalty"] == 2


def test_retry_after_a_delete_finds_nothing(shop: Shop) -> None:
    """A retry does not make an account anew that has been deleted since."""
    first = create(shop.services)
    shop.repository.delete(Call(), first.key)

    with pytest.raises(NotFound) as caught:
        create(shop.services)

    assert caught.value.resource_name == f"apps/shop/accounts/{first.key[0]}"
    assert not shop.store.accounts


def test_id_of_another_request_is_refused(shop: Shop) -> None:
    """The same id with another account to make is refused, and nothing is made."""
    create(shop.services)

    with pytest.raises(AlreadyExists) as caught:
        create(shop.services, loyalty=5)

    assert caught.value.reason is Reason.REQUEST_ID_REUSED
    assert len(shop.store.accounts) == 1


@pytest.mark.parametrize("request_id", [" ", "a b", "é", "x" * 65, "a\0", "a\n"])
def test_malformed_id_is_refused(shop: Shop, request_id: str) -> None:
    """What is no request id is refused, and nothing is made."""
    with pytest.raises(InvalidArgument) as caught:
        create(shop.services, request_id)

    assert caught.value.violations[0].field == "request_id"
    assert not shop.store.accounts


def test_many_retries_at_once_make_one_account(shop: Shop) -> None:
    """Of calls with one id at once, all that answer answer with the same account."""

    def outcome(_: int) -> object:
        try:
            return create(shop.services).key
        except Aborted as error:
            return error.reason

    with ThreadPoolExecutor(8) as pool:
        outcomes = set(pool.map(outcome, range(16)))

    assert len(shop.store.accounts) == 1
    assert outcomes - {Reason.CONCURRENT_CHANGE} == set(shop.store.accounts)


def test_refused_request_can_be_mended(shop: Shop) -> None:
    """An id whose request was refused is free for the request as it should have been."""
    with pytest.raises(InvalidArgument):
        create(shop.services, loyalty=-1)

    account = create(shop.services, loyalty=1)

    assert account.profile["loyalty"] == 1


def test_retry_after_a_lost_answer_finds_the_account(shop: Shop) -> None:
    """When the answer to the first call was lost after its commit, the retry finds its account."""
    with pytest.raises(Unavailable):
        create(losing(shop), given_name=" Ada ")

    account = create(shop.services, given_name=" Ada ")

    assert [account.key] == list(shop.store.accounts)


def test_retry_after_a_lost_answer_finds_the_key(tmp_path: Path) -> None:
    """An account whose key the caller chose is found again by that key."""
    with open_shop(tmp_path, KEYED) as shop:
        shop.set_schema(email={"type": "string"}, phone={"type": "string"})
        with pytest.raises(Unavailable):
            create(losing(shop, KEYED), account_id="ada")

        account = create(shop.services, account_id="ada")

        assert account.key == ("ada",)


def test_retry_after_a_failure_makes_the_account(shop: Shop) -> None:
    """When the database was down, the retry makes the account."""
    shop.store.is_down = True
    with pytest.raises(Unavailable):
        create(shop.services)
    shop.store.is_down = False

    account = create(shop.services)

    assert [account.key] == list(shop.store.accounts)


def test_account_of_somebody_else_is_not_taken_for_the_first_calls(shop: Shop) -> None:
    """An account with the login id but another profile was not made by the lost call."""
    shop.store.is_down = True
    with pytest.raises(Unavailable):
        create(shop.services, given_name="Ada")
    shop.store.is_down = False
    create(shop.services, "another", given_name="Augusta")

    with pytest.raises(AlreadyExists) as caught:
        create(shop.services, given_name="Ada")

    assert caught.value.reason is Reason.VALUE_TAKEN


def test_new_id_for_a_taken_login_id_is_refused(shop: Shop) -> None:
    """A second request for the same account, under an id of its own, is no retry."""
    create(shop.services)

    with pytest.raises(AlreadyExists) as caught:
        create(shop.services, "another")

    assert caught.value.reason is Reason.VALUE_TAKEN


def test_store_that_fails_after_the_write_fails_nobody(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An account that is made is returned, even when nobody can note it."""

    def fail(*_: object) -> None:
        raise Unavailable(Reason.DATABASE_UNAVAILABLE, "The store does not answer.")

    monkeypatch.setattr(shop.state.request_ids, "finish", fail)

    assert create(shop.services).profile == {"email": ADA}


def test_store_that_is_down_makes_nothing(shop: Shop) -> None:
    """While request ids cannot be kept, a create that carries one makes nothing."""
    create(shop.services, "warm-up", email="grace@example.com")
    break_store(shop)

    with pytest.raises(OwnIdError) as caught:
        create(shop.services)

    assert caught.value.reason is Reason.DATABASE_UNAVAILABLE
    assert len(shop.store.accounts) == 1


def test_nothing_of_an_account_is_kept(shop: Shop, tmp_path: Path) -> None:
    """What is kept of a request holds neither its id, nor what it asked for, nor what it made."""
    create(shop.services, "id-of-the-request", given_name="Given-Name-Of-Ada")
    with pytest.raises(Unavailable):
        create(losing(shop), "lost-request", email="lost@example.com")
    shop.state.close()

    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    for mark in (b"id-of-the-request", b"Given-Name", b"ada@", b"lost"):
        assert mark not in kept


def break_store(shop: Shop) -> None:
    """Overwrites the store's file with what is no database."""
    shop.state.close()
    path = Path(str(shop.state._connections._reader.url.database))
    for part in path.parent.glob(f"{path.name}*"):
        part.write_bytes(b"no database " * 1000)
