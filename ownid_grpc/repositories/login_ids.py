"""Which accounts have a login id, for repositories that compare them in Python."""

from collections.abc import Iterable, Sequence

from ownid_grpc.domain.account import Account, AccountKey, LoginId, Profile, value_at
from ownid_grpc.domain.login_ids import fold_login_id
from ownid_grpc.repositories.refusals import account_not_found, login_id_ambiguous


def identified(
    accounts: Iterable[Account], login_ids: Sequence[LoginId], value: str
) -> list[Account]:
    """Returns the accounts with this login id; of several, those that write it just so."""
    found = [
        each for each in accounts if any(is_login_id(each.profile, one, value) for one in login_ids)
    ]
    if len(found) > 1:
        exact = [
            each
            for each in found
            if any(value_at(each.profile, one.path) == value for one in login_ids)
        ]
        return exact or found
    return found


def identified_one(
    accounts: Iterable[Account], login_ids: Sequence[LoginId], value: str
) -> Account:
    """Returns the account with this login id; raises as `AccountRepository.find` does."""
    found = identified(accounts, login_ids, value)
    if not found:
        raise account_not_found()
    if len(found) > 1:
        raise login_id_ambiguous()
    return found[0]


def holders(
    accounts: Iterable[Account], login_ids: Sequence[LoginId], profile: Profile
) -> set[AccountKey]:
    """Returns the accounts that have a login id of a profile."""
    every = list(accounts)
    wanted = [(login_id, value_at(profile, login_id.path)) for login_id in login_ids]
    return {
        account.key
        for login_id, value in wanted
        if isinstance(value, str)
        for account in identified(every, [login_id], value)
    }


def is_login_id(profile: Profile, login_id: LoginId, value: str) -> bool:
    """Returns whether a profile has a login id, in any case unless it is exact."""
    found = value_at(profile, login_id.path)
    if login_id.is_exact or not isinstance(found, str):
        return found == value
    return fold_login_id(found) == fold_login_id(value)
