"""Holds SessionService to the end of a session, whoever or whatever ends it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from ownid.v1 import account_pb2, account_service_pb2, session_pb2

from tests.support.keys import bearer
from tests.support.sessions import APP, Shop, refusal_of, session_shop

ACTIVE, EXPIRED, REVOKED = (
    session_pb2.Session.ACTIVE,
    session_pb2.Session.EXPIRED,
    session_pb2.Session.REVOKED,
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Gives a shop of its own."""
    with session_shop(tmp_path) as shop:
        yield shop


def test_revoked_session_ends_at_the_next_call(shop: Shop, tmp_path: Path) -> None:
    """A session that one replica revokes is over on every other one, and says why."""
    user, opened = shop.sign_in(), shop.open()
    own = user.call("GetCurrentSession")
    with session_shop(tmp_path) as replica:
        replica.admin_call("RevokeSession", name=own.name, reason="stolen laptop")

    assert refusal_of(user.call, "GetCurrentSession") == ("UNAUTHENTICATED", "SESSION_ENDED")
    assert refusal_of(user.refreshed)[1] == "SESSION_ENDED"
    ended = shop.admin_call("GetSession", name=own.name)
    assert (ended.state, ended.revoke_reason) == (REVOKED, "stolen laptop")
    assert shop.admin_call("GetSession", name=opened.session.name).state == ACTIVE


def test_all_sessions_of_an_account_end_together(shop: Shop) -> None:
    """Revoking all ends every session of the account, and nobody else's."""
    users, other = [shop.sign_in() for _ in range(3)], shop.sign_in("2")

    shop.admin_call("RevokeAllSessions", parent=f"{APP}/accounts/1", reason="new password")

    assert [refusal_of(user.call, "GetCurrentSession")[1] for user in users] == (
        ["SESSION_ENDED"] * 3
    )
    assert other.call("GetCurrentSession").state == ACTIVE


def test_user_signs_out(shop: Shop) -> None:
    """The user's own sign-out ends the session and no other."""
    user, elsewhere = shop.sign_in(), shop.sign_in()

    user.call("RevokeCurrentSession")

    assert refusal_of(user.call, "GetCurrentSession")[1] == "SESSION_ENDED"
    assert elsewhere.call("GetCurrentSession").state == ACTIVE


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("DELETE FROM customers WHERE id = 1", ("UNAUTHENTICATED", "SESSION_ENDED")),
        (
            "UPDATE customers SET blocked = 1 WHERE id = 1",
            ("PERMISSION_DENIED", "ACCOUNT_DISABLED"),
        ),
    ],
)
@pytest.mark.parametrize(
    "method",
    ["GetCurrentSession", "GetSessionAccount", "GetSessionAccountSchema", "UpdateSessionAccount"],
)
def test_account_gone_from_the_database_ends_its_sessions(
    shop: Shop, statement: str, expected: tuple[str, str], method: str
) -> None:
    """What somebody did straight in the database is seen at the next call of any kind."""
    user = shop.sign_in()
    name = user.call("GetCurrentSession").name
    shop.execute(statement)

    assert refusal_of(user.call, method) == expected

    ended = shop.admin_call("GetSession", name=name)
    assert ended.state == REVOKED
    assert ended.revoke_reason in {"account deleted", "account disabled"}
    assert refusal_of(user.call, method) == ("UNAUTHENTICATED", "SESSION_ENDED")


def test_account_deleted_through_the_service_takes_its_sessions_along(shop: Shop) -> None:
    """Deleting an account ends its sessions at once, without waiting for their next call."""
    name = shop.open().session.name
    request = account_service_pb2.DeleteAccountRequest(name=f"{APP}/accounts/1")

    shop.admin.accounts.DeleteAccount(request, metadata=bearer())

    assert shop.admin_call("GetSession", name=name).state == REVOKED


def test_account_disabled_through_the_service_takes_its_sessions_along(shop: Shop) -> None:
    """Disabling an account ends its sessions at once."""
    name = shop.open().session.name
    account = account_pb2.Account(name=f"{APP}/accounts/1", disabled=True)
    request = account_service_pb2.UpdateAccountRequest(account=account)

    shop.admin.accounts.UpdateAccount(request, metadata=bearer())

    assert shop.admin_call("GetSession", name=name).state == REVOKED


def test_unused_session_ends_of_idleness(shop: Shop) -> None:
    """A session that is not used for its idle timeout is over; one that is used goes on."""
    used, unused = shop.sign_in(), shop.sign_in()
    name = unused.call("GetCurrentSession").name
    shop.clock.move(days=6)
    used = used.refreshed()
    shop.clock.move(days=2)

    assert used.refreshed().call("GetCurrentSession").state == ACTIVE
    assert refusal_of(unused.refreshed)[1] == "SESSION_ENDED"
    assert shop.admin_call("GetSession", name=name).state == EXPIRED


def test_session_ends_however_much_it_is_used(shop: Shop) -> None:
    """After its lifetime a session is over, although it was used every day."""
    user = shop.sign_in()
    for _ in range(29):
        shop.clock.move(days=1)
        user = user.refreshed()
    assert user.call("GetCurrentSession").state == ACTIVE

    shop.clock.move(days=1)

    assert refusal_of(user.refreshed)[1] == "SESSION_ENDED"


def test_ended_session_does_not_change(shop: Shop) -> None:
    """The payload of an ended session stays as it was."""
    name = shop.open().session.name
    shop.admin_call("RevokeSession", name=name)

    assert refusal_of(
        shop.admin_call, "UpdateSession", session={"name": name, "payload": {"a": 1}}
    ) == ("FAILED_PRECONDITION", "SESSION_ENDED")
