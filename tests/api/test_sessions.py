"""Holds SessionService to the life of a session, over the whole service."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import jwt
import pytest
from ownid.v1 import account_pb2, account_service_pb2, session_pb2, session_service_pb2

from tests.support.keys import bearer
from tests.support.serving import error_info_in
from tests.support.sessions import APP, Shop, User, session_shop

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


def refusal_of(call: object, *arguments: object, **fields: object) -> tuple[str, str]:
    """Returns the code and the reason with which a call is refused."""
    assert callable(call)
    with pytest.raises(grpc.RpcError) as caught:
        call(*arguments, **fields)
    error: grpc.Call = caught.value  # type: ignore[assignment]  # what grpcio raises is both
    return error.code().name, error_info_in(error).reason


def test_new_session_holds_what_the_backend_gave(shop: Shop) -> None:
    """A session shows its account, payload, device and times, and is active."""
    opened = shop.open(payload={"theme": "dark"}, user_agent="Firefox", ip_address="192.0.2.1")

    session = opened.session
    assert re.fullmatch(f"{APP}/accounts/1/sessions/[0-9a-f]{{32}}", session.name)
    assert session.state == ACTIVE
    assert dict(session.payload) == {"theme": "dark"}
    assert (session.user_agent, session.ip_address) == ("Firefox", "192.0.2.1")
    assert session.expire_time.ToDatetime() > session.create_time.ToDatetime()
    assert shop.admin_call("GetSession", name=session.name) == session


def test_access_token_is_a_jwt_that_others_can_verify(shop: Shop) -> None:
    """With the key set of GetJwks, any JWT library reads who the user is."""
    opened = shop.open()
    keys = shop.sessions.GetJwks(session_service_pb2.GetJwksRequest(parent=APP)).keys
    kid = jwt.get_unverified_header(opened.access_token)["kid"]
    (key,) = [key for key in keys if key.kid == kid]
    public = jwt.PyJWK({"kty": key.kty, "crv": key.crv, "x": key.x, "alg": key.alg})

    claims = jwt.decode(opened.access_token, public.key, algorithms=["EdDSA"], audience="shop")

    assert (claims["sub"], claims["iss"]) == ("1", "ownid-grpc")
    assert opened.session.name.endswith(claims["sid"])


@pytest.mark.parametrize(
    ("statement", "account", "expected"),
    [
        ("", "3", ("NOT_FOUND", "ACCOUNT_NOT_FOUND")),
        (
            "UPDATE customers SET blocked = 1",
            "1",
            ("FAILED_PRECONDITION", "ACCOUNT_DISABLED"),
        ),
    ],
)
def test_session_needs_an_account_that_may_sign_in(
    shop: Shop, statement: str, account: str, expected: tuple[str, str]
) -> None:
    """No session is opened of an account that is not there, or disabled."""
    if statement:
        shop.execute(statement)

    assert refusal_of(shop.open, account) == expected


def test_ticket_opens_once(shop: Shop) -> None:
    """A ticket is traded for tokens that work, once; also when eight browsers try at once."""
    ticket = shop.open().ticket

    def exchange(_: int) -> str:
        request = session_service_pb2.ExchangeTicketRequest(parent=APP, ticket=ticket)
        try:
            return str(shop.sessions.ExchangeTicket(request, timeout=20).access_token)
        except grpc.RpcError as error:
            return error_info_in(error).reason

    with ThreadPoolExecutor(8) as pool:
        answers = [*pool.map(exchange, range(8))]

    tokens = [answer for answer in answers if answer != "TICKET_INVALID"]
    assert len(tokens) == 1
    assert User(shop.sessions, tokens[0], "").call("GetCurrentSession").state == ACTIVE


def test_ticket_is_for_a_minute(shop: Shop) -> None:
    """After 60 seconds a ticket opens nothing."""
    ticket = shop.open().ticket
    shop.clock.move(seconds=61)

    user = User(shop.sessions, "", "")

    assert refusal_of(user.sessions_call, "ExchangeTicket", (), ticket=ticket) == (
        "UNAUTHENTICATED",
        "TICKET_INVALID",
    )


def test_session_id_opens_nothing(shop: Shop) -> None:
    """Who knows the name of a session can do nothing with it."""
    session = shop.open().session
    session_id = session.name.rpartition("/")[2]
    user = User(shop.sessions, session_id, session_id)

    assert refusal_of(user.call, "GetCurrentSession")[0] == "UNAUTHENTICATED"
    assert refusal_of(user.refreshed)[1] == "CREDENTIAL_INVALID"
    assert refusal_of(user.sessions_call, "ExchangeTicket", (), ticket=session_id)[1] == (
        "TICKET_INVALID"
    )


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


def test_refresh_token_is_replaced_at_each_use(shop: Shop) -> None:
    """Each refresh gives tokens that work, in a chain."""
    user = shop.sign_in()

    for _ in range(5):
        shop.clock.move(seconds=30)
        user = user.refreshed()

    assert user.call("GetCurrentSession").state == ACTIVE


def test_stolen_refresh_token_ends_the_session(shop: Shop) -> None:
    """A token used again after it was replaced ends the session for both who hold it."""
    stolen = shop.sign_in()
    user = stolen.refreshed()
    shop.clock.move(seconds=11)

    assert refusal_of(stolen.refreshed) == ("UNAUTHENTICATED", "REFRESH_TOKEN_REUSED")

    assert refusal_of(user.refreshed)[1] == "SESSION_ENDED"
    assert refusal_of(user.call, "GetCurrentSession")[1] == "SESSION_ENDED"


def test_token_older_than_the_last_is_no_matter_of_grace(shop: Shop) -> None:
    """The seconds of grace are for the token that was replaced last, for no older one."""
    first = shop.sign_in()
    first.refreshed().refreshed()

    assert refusal_of(first.refreshed)[1] == "REFRESH_TOKEN_REUSED"


def test_two_tabs_both_go_on(shop: Shop) -> None:
    """Tabs that refresh at once get the same new token, which then refreshes as any other."""
    user = shop.sign_in()
    with ThreadPoolExecutor(8) as pool:
        tabs = [*pool.map(lambda _: user.refreshed(), range(8))]

    assert len({tab.refresh_token for tab in tabs}) == 1
    shop.clock.move(seconds=60)
    assert tabs[0].refreshed().call("GetCurrentSession").state == ACTIVE


def test_forged_refresh_token_ends_nothing(shop: Shop) -> None:
    """Who knows a session's id and guesses the rest of a token is refused, to no effect."""
    user = shop.sign_in()
    forged = user.refresh_token[:-4] + ("AAAA" if user.refresh_token[-4:] != "AAAA" else "BBBB")

    assert refusal_of(user.refreshed, forged) == ("UNAUTHENTICATED", "CREDENTIAL_INVALID")
    assert user.refreshed().call("GetCurrentSession").state == ACTIVE


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


def test_access_token_ends_long_before_its_session(shop: Shop) -> None:
    """An access token of ten minutes holds no more after them; refreshing helps."""
    user = shop.sign_in()
    shop.clock.move(minutes=11)

    assert refusal_of(user.call, "GetCurrentSession") == ("UNAUTHENTICATED", "CREDENTIAL_EXPIRED")
    assert user.refreshed().call("GetCurrentSession").state == ACTIVE


def test_clocks_may_differ_by_seconds(shop: Shop) -> None:
    """A token is taken for half a minute longer, for the sake of a replica whose clock is slow."""
    user = shop.sign_in()
    shop.clock.move(minutes=10, seconds=20)

    assert user.call("GetCurrentSession").state == ACTIVE


def test_last_use_is_noted_once_a_minute(shop: Shop) -> None:
    """The last-active time moves with use, in steps of a minute."""
    user = shop.sign_in()
    opened = user.call("GetCurrentSession")
    shop.clock.move(seconds=59)
    user.call("GetCurrentSession")
    soon = shop.admin_call("GetSession", name=opened.name)
    shop.clock.move(seconds=2)
    user.call("GetCurrentSession")
    later = shop.admin_call("GetSession", name=opened.name)

    assert soon.last_active_time == opened.last_active_time
    assert later.last_active_time.seconds - opened.last_active_time.seconds == 61


def test_payload_changes_as_the_mask_says(shop: Shop) -> None:
    """A mask names the payload or a path in it; no mask replaces what is given."""
    name = shop.open(payload={"a": 1, "b": {"c": 2, "d": 3}}).session.name

    def updated(payload: dict[str, object], *paths: str) -> dict[str, object]:
        fields = {"session": {"name": name, "payload": payload}, "update_mask": {"paths": paths}}
        return dict(shop.admin_call("UpdateSession", **fields).payload)

    assert updated({"b": {"c": 9}}, "payload.b.c")["b"]["c"] == 9  # type: ignore[index]  # a Struct
    assert updated({}, "payload.a").keys() == {"b"}
    assert updated({"x": 1}, "payload") == {"x": 1}
    assert updated({"y": 2}) == {"y": 2}
    assert refusal_of(
        shop.admin_call,
        "UpdateSession",
        session={"name": name},
        update_mask={"paths": ["expire_time"]},
    ) == ("INVALID_ARGUMENT", "FIELD_MASK_INVALID")


def test_ended_session_does_not_change(shop: Shop) -> None:
    """The payload of an ended session stays as it was."""
    name = shop.open().session.name
    shop.admin_call("RevokeSession", name=name)

    assert refusal_of(
        shop.admin_call, "UpdateSession", session={"name": name, "payload": {"a": 1}}
    ) == ("FAILED_PRECONDITION", "SESSION_ENDED")


def test_sessions_are_listed_newest_first(shop: Shop) -> None:
    """An account's sessions, and a whole app's, come in pages, the newest first."""
    names = []
    for number in range(5):
        shop.clock.move(seconds=1)
        names.append(shop.open(str(1 + number % 2)).session.name)

    def pages(parent: str) -> list[list[str]]:
        found: list[list[str]] = []
        token = ""
        while not found or token:
            page = shop.admin_call("ListSessions", parent=parent, page_size=2, page_token=token)
            found.append([session.name for session in page.sessions])
            token = page.next_page_token
        return found

    newest = names[::-1]
    assert pages(f"{APP}/accounts/-") == [newest[:2], newest[2:4], newest[4:]]
    of_two = [name for page in pages(f"{APP}/accounts/2") for name in page]
    assert of_two == [name for name in newest if "/2/" in name]


def test_sessions_are_filtered_by_their_fields(shop: Shop) -> None:
    """The filter language works over the state, the times and the device of a session."""
    kept, ended = shop.open(user_agent="Firefox").session, shop.open(user_agent="Curl").session
    shop.admin_call("RevokeSession", name=ended.name, reason="test")

    def found(filter_: str) -> list[str]:
        parent = f"{APP}/accounts/-"
        page = shop.admin_call("ListSessions", parent=parent, filter=filter_)
        return [session.name for session in page.sessions]

    assert found("state = ACTIVE") == [kept.name]
    assert found('state = "REVOKED" AND revoke_reason = "test"') == [ended.name]
    assert found('user_agent = "Fire*"') == [kept.name]
    assert found('create_time > "2100-01-01T00:00:00Z"') == []
    assert refusal_of(found, "nothing = 1") == ("INVALID_ARGUMENT", "FILTER_INVALID")


def test_credentials_do_not_work_on_each_others_methods(shop: Shop) -> None:
    """An admin token is nobody's session, and an access token no admin's."""
    user = shop.sign_in()
    own = user.call("GetCurrentSession").name

    assert refusal_of(user.sessions_call, "GetSessionAccount", bearer()) == (
        "UNAUTHENTICATED",
        "CREDENTIAL_INVALID",
    )
    request = session_service_pb2.GetSessionRequest(name=own)
    assert refusal_of(shop.sessions.GetSession, request, metadata=user.bearer()) == (
        "UNAUTHENTICATED",
        "CREDENTIAL_INVALID",
    )


def test_new_secret_ends_old_tokens(tmp_path: Path) -> None:
    """After the secret is replaced nobody is signed in, and everybody can sign in again."""
    with session_shop(tmp_path) as before:
        user = before.sign_in()
    with session_shop(tmp_path, secret=b"another secret of 32 bytes......") as after:
        old = User(after.sessions, user.access_token, user.refresh_token)

        assert refusal_of(old.call, "GetCurrentSession")[0] == "UNAUTHENTICATED"
        assert refusal_of(old.refreshed)[0] == "UNAUTHENTICATED"
        assert after.sign_in().call("GetCurrentSession").state == ACTIVE


def test_store_shows_nothing(shop: Shop) -> None:
    """The bytes of the state store have no account, payload, device, token or key in them."""
    opened = shop.open(payload={"mark": "MARKED-p"}, user_agent="MARKED-u", ip_address="192.0.2.77")
    user = User(shop.sessions, opened.access_token, opened.refresh_token).refreshed()
    user.call("UpdateSessionAccount", account={"profile": {"given_name": "MARKED-n"}})
    shop.admin_call("RevokeSession", name=opened.session.name, reason="MARKED-r")

    files = [path.read_bytes() for path in shop.state_file.parent.glob("state.db*")]

    secrets = [opened.ticket, opened.refresh_token, opened.access_token, user.refresh_token]
    marks = ["MARKED", "192.0.2.77", "ada@example.com", *secrets]
    assert [mark for mark in marks for content in files if mark.encode() in content] == []
