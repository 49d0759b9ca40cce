"""Accounts as callers see them: what the schema shows, in the numbers that the wire can carry."""

from ownid_grpc.domain.account import Account
from ownid_grpc.domain.schema import AccountSchema


def shown(schema: AccountSchema, account: Account) -> Account:
    """Returns the account as a caller may see it; what is write-only is not in it."""
    return Account(
        account.key,
        schema.shown(account.profile),
        account.etag,
        account.disabled,
        account.create_time,
        account.update_time,
    )
