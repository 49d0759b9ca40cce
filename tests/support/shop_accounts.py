"""Accounts of the shop, made and changed by its services."""

from typing import Any

from ownid_grpc.domain.account import Account, JsonValue
from ownid_grpc.domain.call import Call
from ownid_grpc.services.writing import AccountChange, NewAccount
from tests.support.shop import APP, Shop

ADA = "ada@example.com"


def create(
    shop: Shop,
    email: str = ADA,
    *,
    validate_only: bool = False,
    request_id: str = "",
    **profile: JsonValue,
) -> Account:
    """Makes an account."""
    new = NewAccount({"email": email, **profile})
    return shop.services.accounts.create(
        Call(), APP, new, request_id=request_id, validate_only=validate_only
    )


def update(
    shop: Shop,
    account: Account,
    profile: dict[str, JsonValue],
    *mask: str,
    validate_only: bool = False,
    **change: Any,  # noqa: ANN401 - the other fields of a change
) -> Account:
    """Changes an account."""
    return shop.services.accounts.update(
        Call(),
        APP,
        account.key,
        AccountChange(profile, update_mask=mask, **change),
        validate_only=validate_only,
    )


def held(shop: Shop, account: Account) -> Account:
    """Returns the account as its database has it."""
    return shop.repository.get(Call(), account.key)


def with_profile(**profile: JsonValue) -> Any:  # noqa: ANN401 - a change of a repository
    """Returns the change that sets some properties."""

    def change(account: Account) -> Account:
        return Account(account.key, account.profile | profile, disabled=account.disabled)

    return change
