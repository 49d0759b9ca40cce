"""Holds writes that only validate to saying what the write itself would say."""

import pytest

from ownid_grpc.domain.account import Account, AccountDraft
from ownid_grpc.domain.call import Call
from ownid_grpc.errors import (
    AlreadyExists,
    InvalidArgument,
)
from ownid_grpc.services.writing import NewAccount
from tests.support.shop import APP, Shop
from tests.support.shop_accounts import ADA, create, held, update


def share_login_id(shop: Shop) -> Account:
    """Makes two accounts with one login id, as there may be old ones, and returns one of them."""
    for _ in range(2):
        shop.repository.insert(Call(), AccountDraft({"email": ADA}))
    return shop.services.accounts.get(Call(), APP, ("1",))


class TestCreating:
    """Creates that only validate."""

    def test_validating_makes_nothing(self, shop: Shop, call: Call) -> None:
        """A create that only validates answers as if made, and makes nothing."""
        answer = shop.services.accounts.create(
            call, APP, NewAccount({"email": ADA, "pin": "1234"}), validate_only=True
        )

        assert answer.profile == {"email": ADA}
        assert not shop.store.accounts

    def test_validating_finds_taken_login_ids(self, shop: Shop, call: Call) -> None:
        """A create that only validates fails for a login id that is taken."""
        create(shop)

        with pytest.raises(AlreadyExists):
            shop.services.accounts.create(
                call, APP, NewAccount({"email": ADA.upper()}), validate_only=True
            )

    def test_validating_finds_faults(self, shop: Shop, call: Call) -> None:
        """A create that only validates fails for a profile that breaks the schema."""
        with pytest.raises(InvalidArgument):
            shop.services.accounts.create(call, APP, NewAccount({}), validate_only=True)

    @pytest.mark.parametrize("validate_only", [True, False])
    def test_malformed_request_id_is_refused(self, shop: Shop, *, validate_only: bool) -> None:
        """What is no request id is refused, whether an account would be made or not."""
        with pytest.raises(InvalidArgument) as caught:
            create(shop, request_id="a b", validate_only=validate_only)

        assert caught.value.violations[0].field == "request_id"

    @pytest.mark.parametrize("validate_only", [True, False])
    def test_login_id_of_several_others_is_taken(self, shop: Shop, *, validate_only: bool) -> None:
        """A login id that several accounts share is as taken as any other."""
        share_login_id(shop)

        with pytest.raises(AlreadyExists) as caught:
            create(shop, "Ada@example.com", validate_only=validate_only)

        assert caught.value.metadata["property"] == "email"


class TestUpdating:
    """Updates that only validate."""

    def test_validating_changes_nothing(self, shop: Shop) -> None:
        """An update that only validates answers as if done, and changes nothing."""
        account = create(shop)

        answer = update(shop, account, {"loyalty": 1}, validate_only=True)

        assert answer.profile["loyalty"] == 1
        assert held(shop, account).profile == {"email": ADA}

    def test_validating_finds_taken_login_ids(self, shop: Shop) -> None:
        """An update that only validates fails for a login id of another, not for its own."""
        create(shop, "grace@example.com")
        account = create(shop)

        update(shop, account, {"email": ADA.upper()}, validate_only=True)
        with pytest.raises(AlreadyExists):
            update(shop, account, {"email": "Grace@example.com"}, validate_only=True)

    @pytest.mark.parametrize("validate_only", [True, False])
    def test_shared_login_id_that_stays_is_no_fault(
        self, shop: Shop, *, validate_only: bool
    ) -> None:
        """An account whose login id another has too can be changed elsewhere."""
        account = share_login_id(shop)

        changed = update(shop, account, {"loyalty": 1}, validate_only=validate_only)

        assert changed.profile["loyalty"] == 1
