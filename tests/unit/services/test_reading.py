"""Holds reading accounts to what it promises."""

import pytest

from ownid_grpc.domain.account import Account
from ownid_grpc.domain.call import Call
from ownid_grpc.errors import (
    Cancelled,
    InvalidArgument,
    NotFound,
    Reason,
    Unavailable,
)
from ownid_grpc.services.writing import NewAccount
from tests.support.shop import APP, Shop
from tests.support.shop_accounts import ADA, create, held, with_profile


class TestReading:
    """Reading accounts."""

    def test_account_is_found_by_its_key(self, shop: Shop, call: Call) -> None:
        """An account that was made is found by its key, as it was returned."""
        account = create(shop, loyalty=5)

        found = shop.services.accounts.get(call, APP, account.key)

        assert found == account
        assert found.profile == {"email": ADA, "loyalty": 5}

    def test_only_the_schema_is_shown(self, shop: Shop, call: Call) -> None:
        """What the schema does not have, or has as write-only, is not shown."""
        account = create(shop, pin="1234")
        shop.repository.update(call, account.key, with_profile(internal_note="beware"))

        found = shop.services.accounts.get(call, APP, account.key)

        assert held(shop, account).profile["pin"] == "1234"
        assert held(shop, account).profile["internal_note"] == "beware"
        assert found.profile == {"email": ADA}

    def test_hidden_properties_cannot_be_asked_for(self, shop: Shop, call: Call) -> None:
        """A mask that names what the schema does not have is refused."""
        account = create(shop)

        with pytest.raises(InvalidArgument) as caught:
            shop.services.accounts.get(call, APP, account.key, ["profile.internal_note"])

        assert caught.value.reason is Reason.FIELD_MASK_INVALID

    def test_write_only_property_asked_for_is_not_shown(self, shop: Shop, call: Call) -> None:
        """A mask that names a write-only property brings nothing to light."""
        account = create(shop, pin="1234")

        found = shop.services.accounts.get(call, APP, account.key, ["profile.pin"])

        assert found.profile == {}

    def test_mask_narrows_what_is_filled(self, shop: Shop, call: Call) -> None:
        """Only the fields of the mask are filled, and the key always is."""
        account = create(shop, loyalty=5, address={"city": "London", "zip": "N1"})

        found = shop.services.accounts.get(call, APP, account.key, ["profile.address.city"])

        assert found == Account(account.key, {"address": {"city": "London"}})

    def test_integers_beyond_a_double_travel_as_text(self, shop: Shop, call: Call) -> None:
        """A property of format int64 is a decimal string in both directions."""
        account = create(shop, serial="9007199254740993")

        found = shop.services.accounts.get(call, APP, account.key)

        assert found.profile["serial"] == "9007199254740993"
        assert held(shop, account).profile["serial"] == 9007199254740993

    def test_missing_account_is_named(self, shop: Shop, call: Call) -> None:
        """An account that is not there is told by its name."""
        with pytest.raises(NotFound) as caught:
            shop.services.accounts.get(call, APP, ("404",))

        assert caught.value.reason is Reason.ACCOUNT_NOT_FOUND
        assert caught.value.resource_name == "apps/shop/accounts/404"

    def test_login_id_is_looked_up_in_any_case(self, shop: Shop, call: Call) -> None:
        """An account is found by its login id, whatever its case."""
        account = create(shop)

        assert shop.services.accounts.look_up(call, APP, "ADA@Example.com") == account

    def test_exact_login_id_keeps_its_case(self, shop: Shop, call: Call) -> None:
        """A login id that the schema calls exact is another in another case."""
        create(shop, phone="x1a")

        with pytest.raises(NotFound):
            shop.services.accounts.look_up(call, APP, "X1A")

    @pytest.mark.parametrize("login_id", ["", "a\0b", "x" * 1025], ids=["empty", "nul", "too-long"])
    def test_what_nobody_signs_in_with_is_refused(
        self, shop: Shop, call: Call, login_id: str
    ) -> None:
        """A text that no login id can be is the caller's mistake, not an account missing."""
        with pytest.raises(InvalidArgument) as caught:
            shop.services.accounts.look_up(call, APP, login_id)

        assert caught.value.reason is Reason.ARGUMENT_INVALID

    def test_batch_comes_in_the_order_asked(self, shop: Shop, call: Call) -> None:
        """Accounts come in the order of the names, one that is named twice twice."""
        one, two = create(shop, "one@example.com"), create(shop, "two@example.com")

        found = shop.services.accounts.batch_get(call, APP, [two.key, one.key, two.key])

        assert found == [two, one, two]

    def test_batch_fails_whole(self, shop: Shop, call: Call) -> None:
        """Where one account of a batch is missing, none is returned, and it is named."""
        account = create(shop)

        with pytest.raises(NotFound) as caught:
            shop.services.accounts.batch_get(call, APP, [account.key, ("404",), ("405",)])

        assert caught.value.resource_name == "apps/shop/accounts/404"

    @pytest.mark.parametrize("count", [0, 1001])
    def test_batch_has_a_limit(self, shop: Shop, call: Call, count: int) -> None:
        """A batch of no name, or of more than a thousand, is refused."""
        with pytest.raises(InvalidArgument) as caught:
            shop.services.accounts.batch_get(call, APP, [("1",)] * count)

        assert caught.value.reason is Reason.ARGUMENT_INVALID


class TestFailing:
    """What is told when something is down."""

    def test_database_that_is_down_is_unavailable(self, shop: Shop, call: Call) -> None:
        """While the app's database is down, no account looks absent."""
        account = create(shop)
        shop.store.is_down = True

        with pytest.raises(Unavailable):
            shop.services.accounts.get(call, APP, account.key)
        with pytest.raises(Unavailable):
            shop.services.accounts.look_up(call, APP, ADA)

    def test_cancelled_call_stops(self, shop: Shop) -> None:
        """A call whose caller has left does nothing more."""
        left = Call()
        left.cancel()

        with pytest.raises(Cancelled):
            shop.services.accounts.create(left, APP, NewAccount({"email": ADA}))

        assert not shop.store.accounts
