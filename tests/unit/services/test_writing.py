"""Holds making, changing and deleting accounts to what it promises."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ownid_grpc.domain.account import Account
from ownid_grpc.domain.call import Call
from ownid_grpc.errors import (
    Aborted,
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    OwnIdError,
    Reason,
)
from ownid_grpc.services.writing import NewAccount
from tests.support.shop import APP, KEYED, Shop, open_shop
from tests.support.shop_accounts import ADA, create, held, update, with_profile


class TestCreating:
    """Making accounts."""

    def test_account_breaks_no_rule(self, shop: Shop) -> None:
        """A profile that breaks the schema makes nothing; every fault is named by its place."""
        with pytest.raises(InvalidArgument) as caught:
            create(shop, given_name="x" * 41, loyalty=-1)

        assert caught.value.reason is Reason.PROFILE_INVALID
        assert {each.field for each in caught.value.violations} == {
            "account.profile.given_name",
            "account.profile.loyalty",
        }
        assert not shop.store.accounts

    def test_null_is_absence(self, shop: Shop) -> None:
        """A property that is given as null is not given."""
        account = create(shop, given_name=None, address={"city": None})

        assert account.profile == {"email": ADA}

    def test_property_that_the_mapping_only_reads_is_refused(self, shop: Shop) -> None:
        """A value for what the mapping does not write is refused, not dropped."""
        with pytest.raises(InvalidArgument) as caught:
            create(shop, source="import")

        assert caught.value.violations[0].field == "account.profile.source"

    def test_taken_login_id_is_refused(self, shop: Shop) -> None:
        """A login id of another account, in whatever case, is refused by its property."""
        create(shop)

        with pytest.raises(AlreadyExists) as caught:
            create(shop, "ADA@EXAMPLE.COM")

        assert caught.value.metadata["property"] == "email"

    def test_one_of_many_creates_wins(self, shop: Shop) -> None:
        """Of creates of one login id at once, one makes the account."""

        def outcome(_: int) -> Reason | None:
            try:
                create(shop)
            except OwnIdError as error:
                return error.reason
            return None

        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(outcome, range(32)))

        assert outcomes.count(None) == 1
        assert outcomes.count(Reason.VALUE_TAKEN) == 31

    def test_key_is_the_callers_where_the_mapping_says_so(self, tmp_path: Path, call: Call) -> None:
        """Where the caller chooses the key, the account gets the one that its id says."""
        with open_shop(tmp_path, KEYED) as shop:
            shop.set_schema()
            account = shop.services.accounts.create(
                call, APP, NewAccount({"email": ADA}, account_id="ada")
            )

            assert account.key == ("ada",)

    def test_key_must_be_given_where_the_caller_chooses(self, tmp_path: Path) -> None:
        """Where the caller chooses the key, an account without one is refused."""
        with open_shop(tmp_path, KEYED) as shop:
            shop.set_schema()

            with pytest.raises(InvalidArgument) as caught:
                create(shop)

            assert caught.value.violations[0].field == "account_id"

    def test_key_must_not_be_given_elsewhere(self, shop: Shop, call: Call) -> None:
        """Where the database makes the key, an account with one is refused."""
        with pytest.raises(InvalidArgument) as caught:
            shop.services.accounts.create(call, APP, NewAccount({"email": ADA}, account_id="ada"))

        assert caught.value.violations[0].field == "account_id"

    def test_no_schema_no_account(self, empty_shop: Shop) -> None:
        """Before a schema is set, the answer says how to set one."""
        with pytest.raises(FailedPrecondition) as caught:
            create(empty_shop)

        assert caught.value.reason is Reason.ACCOUNT_SCHEMA_NOT_SET


class TestUpdating:
    """Changing accounts."""

    def test_given_properties_change(self, shop: Shop) -> None:
        """Without a mask the properties given change, null clears one, and the others stay."""
        account = create(shop, given_name="Ada", loyalty=5, address={"city": "Rome", "zip": "0"})

        changed = update(shop, account, {"loyalty": 6, "given_name": None, "address": {"zip": "1"}})

        assert changed.profile == {
            "email": ADA,
            "loyalty": 6,
            "address": {"city": "Rome", "zip": "1"},
        }
        assert changed.etag != account.etag

    def test_masked_properties_change(self, shop: Shop) -> None:
        """With a mask only its paths change, and one without a value is cleared."""
        account = create(shop, given_name="Ada", loyalty=5)

        changed = update(
            shop, account, {"loyalty": 6, "email": "x"}, "profile.loyalty", "profile.given_name"
        )

        assert changed.profile == {"email": ADA, "loyalty": 6}

    def test_star_replaces_what_the_caller_sees(self, shop: Shop, call: Call) -> None:
        """`*` replaces the profile, but not what the caller cannot see or set."""
        account = create(shop, pin="1234", given_name="Ada")
        shop.repository.update(call, account.key, with_profile(internal_note="beware"))

        changed = update(shop, account, {"email": ADA, "loyalty": 1}, "*")

        assert changed.profile == {"email": ADA, "loyalty": 1}
        assert held(shop, account).profile == {
            "email": ADA,
            "loyalty": 1,
            "pin": "1234",
            "internal_note": "beware",
        }

    def test_write_only_property_can_be_cleared_by_name(self, shop: Shop) -> None:
        """A write-only property that the mask names is cleared like any other."""
        account = create(shop, pin="1234")

        update(shop, account, {}, "profile.pin")

        assert "pin" not in held(shop, account).profile

    def test_what_was_read_can_be_written_back(self, shop: Shop, call: Call) -> None:
        """Writing back what was read, read-only properties included, changes nothing."""
        account = create(shop)
        shop.store.accounts[account.key].profile["source"] = "import"
        read = shop.services.accounts.get(call, APP, account.key)

        changed = update(shop, account, read.profile, "*")

        assert changed.profile == read.profile == {"email": ADA, "source": "import"}

    @pytest.mark.parametrize("mask", [(), ("profile.source",)], ids=["given", "named"])
    def test_property_that_the_mapping_only_reads_is_refused(
        self, shop: Shop, mask: tuple[str, ...]
    ) -> None:
        """Another value for what the mapping does not write is refused, not dropped."""
        account = create(shop)

        with pytest.raises(InvalidArgument) as caught:
            update(shop, account, {"source": "mine"}, *mask)

        assert caught.value.violations[0].field == "account.profile.source"

    def test_etag_that_holds_lets_the_change_through(self, shop: Shop) -> None:
        """A change with the account's etag is made."""
        account = create(shop)

        changed = update(shop, account, {"loyalty": 1}, etag=account.etag)

        assert changed.profile["loyalty"] == 1

    def test_etag_that_does_not_hold_stops_the_change(self, shop: Shop) -> None:
        """A change with another etag changes nothing, and tells the current one."""
        account = create(shop)
        current = update(shop, account, {"loyalty": 1})

        with pytest.raises(Aborted) as caught:
            update(shop, account, {"loyalty": 2}, etag=account.etag)

        assert caught.value.reason is Reason.ETAG_MISMATCH
        assert caught.value.metadata["etag"] == current.etag
        assert held(shop, account).profile["loyalty"] == 1

    def test_one_of_many_changes_with_an_etag_wins(self, shop: Shop) -> None:
        """Of changes that carry the same etag, exactly one is made."""
        account = create(shop)

        def outcome(loyalty: int) -> Reason | None:
            try:
                update(shop, account, {"loyalty": loyalty}, etag=account.etag)
            except OwnIdError as error:
                return error.reason
            return None

        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(outcome, range(1, 33)))

        assert outcomes.count(None) == 1
        assert outcomes.count(Reason.ETAG_MISMATCH) == 31

    def test_old_faults_may_stay(self, shop: Shop, call: Call) -> None:
        """An account that broke a rule before may be changed elsewhere, and not made worse."""
        account = create(shop)
        shop.repository.update(call, account.key, with_profile(given_name="x" * 50))

        changed = update(shop, account, {"loyalty": 1})

        assert changed.profile["loyalty"] == 1
        with pytest.raises(InvalidArgument):
            update(shop, account, {"given_name": "y" * 51})

    def test_account_is_disabled_and_enabled(self, shop: Shop) -> None:
        """`disabled` changes where it is given, and is left alone where it is not."""
        account = create(shop)

        assert update(shop, account, {}, disabled=True).disabled is True
        assert update(shop, account, {"loyalty": 1}).disabled is True
        assert update(shop, account, {}, "disabled", disabled=False).disabled is False

    @pytest.mark.parametrize("validate_only", [True, False])
    def test_missing_account_is_named(self, shop: Shop, *, validate_only: bool) -> None:
        """An account that is not there is told by its name."""
        with pytest.raises(NotFound) as caught:
            update(shop, Account(("404",), {}), {}, validate_only=validate_only)

        assert caught.value.resource_name == "apps/shop/accounts/404"


class TestDeleting:
    """Deleting accounts."""

    def test_deleted_account_is_gone(self, shop: Shop, call: Call) -> None:
        """An account that was deleted is not found any more."""
        account = create(shop)

        shop.services.accounts.delete(call, APP, account.key)

        with pytest.raises(NotFound):
            shop.services.accounts.get(call, APP, account.key)

    def test_etag_that_does_not_hold_keeps_the_account(self, shop: Shop, call: Call) -> None:
        """A delete with another etag deletes nothing."""
        account = create(shop)

        with pytest.raises(Aborted):
            shop.services.accounts.delete(call, APP, account.key, etag='"another"')

        assert held(shop, account).key == account.key

    def test_missing_account_is_named(self, shop: Shop, call: Call) -> None:
        """Deleting an account that is not there tells its name."""
        with pytest.raises(NotFound) as caught:
            shop.services.accounts.delete(call, APP, ("404",))

        assert caught.value.resource_name == "apps/shop/accounts/404"

    def test_missing_account_can_be_allowed(self, shop: Shop, call: Call) -> None:
        """Where a missing account is allowed, deleting it is no error, with an etag or without."""
        shop.services.accounts.delete(call, APP, ("404",), allow_missing=True)
        shop.services.accounts.delete(call, APP, ("404",), etag='"e"', allow_missing=True)
