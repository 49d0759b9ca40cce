"""Leaves of an account what was asked for."""

import copy
from dataclasses import replace

from ownid_grpc.domain.account import (
    CREATE_TIME,
    DISABLED,
    ETAG,
    PROFILE,
    UPDATE_TIME,
    Account,
    FieldPath,
    JsonValue,
    Profile,
    value_at,
    with_value,
)
from ownid_grpc.repositories.base import Fields


def filled(account: Account, fields: Fields) -> Account:
    """Returns a copy that has nothing but the fields asked for, and shares nothing."""
    if fields is None:
        return replace(account, profile=copy.deepcopy(account.profile))
    return Account(
        account.key,
        chosen_of(account.profile, fields),
        account.etag if ETAG in fields else "",
        account.disabled if DISABLED in fields else None,
        account.create_time if CREATE_TIME in fields else None,
        account.update_time if UPDATE_TIME in fields else None,
    )


def chosen_of(profile: Profile, fields: frozenset[FieldPath]) -> Profile:
    """Returns a copy of a profile with nothing but the fields asked for."""
    chosen: Profile = {}
    for path in fields:
        if path == (PROFILE,):
            return copy.deepcopy(profile)
        if path[0] == PROFILE:
            value: JsonValue = copy.deepcopy(value_at(profile, path[1:]))
            chosen = chosen if value is None else with_value(chosen, path[1:], value)
    return chosen
