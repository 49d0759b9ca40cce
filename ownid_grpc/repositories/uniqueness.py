"""Values that no two accounts share, for repositories that compare them in Python."""

from collections.abc import Iterable, Sequence

from ownid_grpc.domain.account import LoginId, Profile, PropertyPath, dotted, value_at
from ownid_grpc.repositories.login_ids import is_login_id
from ownid_grpc.repositories.refusals import value_taken


def check_unique(
    profile: Profile,
    others: Sequence[Profile],
    login_ids: Iterable[LoginId],
    unique: Iterable[Sequence[PropertyPath]],
) -> None:
    """Raises `AlreadyExists` for a profile of which another one has what only one may have.

    Such are login ids, in any case unless they are exact, and the values of
    every group of properties in `unique`, together, where none is absent.
    """
    for login_id in login_ids:
        value = value_at(profile, login_id.path)
        if isinstance(value, str) and any(is_login_id(each, login_id, value) for each in others):
            raise value_taken([dotted(login_id.path)])
    for group in unique:
        values = [value_at(profile, path) for path in group]
        if None not in values and any(
            [value_at(each, path) for path in group] == values for each in others
        ):
            raise value_taken(dotted(path) for path in group)


def touched(login_ids: Iterable[LoginId], before: Profile, after: Profile) -> list[LoginId]:
    """Returns the login ids that a change changes; the others may clash as they did before."""
    return [each for each in login_ids if value_at(before, each.path) != value_at(after, each.path)]
