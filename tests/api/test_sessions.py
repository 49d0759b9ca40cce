"""Holds SessionService to what a session holds and shows, over the whole service."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from ownid.v1 import session_pb2

from tests.support.sessions import APP, Shop, User, refusal_of, session_shop

ACTIVE = session_pb2.Session.ACTIVE


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Gives a shop of its own."""
    with session_shop(tmp_path) as shop:
        yield shop


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
