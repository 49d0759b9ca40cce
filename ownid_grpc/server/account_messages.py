"""What a message of an account asks for."""

from collections.abc import Sequence

from ownid.v1 import account_pb2

from ownid_grpc.domain.account import Profile
from ownid_grpc.errors import Reason
from ownid_grpc.server.convert import members_of
from ownid_grpc.services.limits import Limits
from ownid_grpc.services.writing import AccountChange


def profile_of(given: account_pb2.Account, limits: Limits) -> Profile:
    """Returns the profile that was sent; raises `InvalidArgument` for one that is too large."""
    limits.check_profile(given.profile.ByteSize())
    return members_of(given.profile, "account.profile", Reason.PROFILE_INVALID)


def disabled_of(given: account_pb2.Account) -> bool | None:
    """Returns whether the account is to be disabled, None where nothing was said of it."""
    return given.disabled if given.HasField("disabled") else None


def change_of(given: account_pb2.Account, mask: Sequence[str], limits: Limits) -> AccountChange:
    """Returns the change that was sent."""
    return AccountChange(profile_of(given, limits), disabled_of(given), given.etag, mask)
