"""Two apps of one service: what was had at one of them is worth nothing at the other."""

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from ownid.v1 import account_service_pb2

from ownid_grpc.config import SessionSettings
from ownid_grpc.domain.texts import base64url, bytes_of_base64url
from ownid_grpc.server.cookies import access_cookie
from tests.support.keys import bearer
from tests.support.serving import error_info_in
from tests.support.sessions import APP, ORIGIN, Shop, User, refusal_of, session_shop

OTHER = "apps/blog"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Gives a service of two apps over one database: accounts of both have the same keys."""
    settings = SessionSettings(cookies=True, origins=(ORIGIN,))
    with session_shop(tmp_path_factory.mktemp("two"), settings, apps=("shop", "blog")) as shop:
        yield shop


def sent(shop: Shop, method: str, credential: object = None, **fields: Any) -> Any:  # noqa: ANN401 - one of many messages
    """Calls AccountService, as a caller who may do everything unless said otherwise."""
    request = getattr(account_service_pb2, f"{method}Request")(**fields)
    metadata = bearer() if credential is None else credential
    answer = getattr(shop.admin.accounts, method)(request, metadata=metadata, timeout=20)
    return [*answer] if method == "SearchAccounts" else answer


def reason_at_other(shop: Shop, method: str, *metadata: tuple[str, str], **fields: str) -> str:
    """Returns the reason with which the other app refuses a call of SessionService."""
    user = User(shop.sessions, "", "")
    return refusal_of(user.sessions_call, method, metadata, parent=OTHER, **fields)[1]


def test_credential_is_of_its_app(shop: Shop) -> None:
    """Token, cookie, refresh token and ticket of one app open nothing at another."""
    opened = shop.open()
    user = User(shop.sessions, opened.access_token, opened.refresh_token)
    cookie = ("cookie", f"{access_cookie('blog')}={user.access_token}")

    assert reason_at_other(shop, "GetSessionAccount", *user.bearer()) == "CREDENTIAL_INVALID"
    assert reason_at_other(shop, "GetSessionAccount", cookie) == "CREDENTIAL_INVALID"
    assert reason_at_other(shop, "RefreshSession", refresh_token=user.refresh_token) == (
        "CREDENTIAL_INVALID"
    )
    assert reason_at_other(shop, "ExchangeTicket", ticket=opened.ticket) == "TICKET_INVALID"
    assert user.sessions_call("ExchangeTicket", (), ticket=opened.ticket).access_token


def test_what_a_caller_has_is_of_its_app(shop: Shop) -> None:
    """Names and page tokens of one app lead nowhere at another, though the caller may use both."""
    page = sent(shop, "ListAccounts", parent=APP, page_size=1).next_page_token
    chunk = sent(shop, "SearchAccounts", parent=APP, chunk_size=1)[0].resume_token
    session, _ = (shop.open().session.name for _ in range(2))
    sessions = shop.admin_call("ListSessions", parent=f"{APP}/accounts/1", page_size=1)
    names, parent = [f"{APP}/accounts/1"], f"{OTHER}/accounts/1"
    crossings = {
        "PAGE_TOKEN_INVALID": [
            lambda: sent(shop, "ListAccounts", parent=OTHER, page_size=1, page_token=page),
            lambda: sent(shop, "SearchAccounts", parent=OTHER, chunk_size=1, resume_token=chunk),
            lambda: shop.admin_call(
                "ListSessions", parent=parent, page_size=1, page_token=sessions.next_page_token
            ),
        ],
        "NAME_INVALID": [lambda: sent(shop, "BatchGetAccounts", parent=OTHER, names=names)],
        "SESSION_NOT_FOUND": [
            lambda: shop.admin_call("GetSession", name=session.replace(APP, OTHER))
        ],
    }

    for reason, calls in crossings.items():
        assert [refusal_of(call)[1] for call in calls] == [reason] * len(calls)


@pytest.mark.parametrize(
    "method", ["GetAccount", "DeleteAccount", "ListAccounts", "CreateAccount", "SearchAccounts"]
)
def test_caller_of_one_app_names_no_other(shop: Shop, method: str) -> None:
    """Whatever else a request says, a caller of one app gets nowhere by the name of another."""
    named = {"name": f"{OTHER}/accounts/1"} if method in {"GetAccount", "DeleteAccount"} else {}
    fields = named or {"parent": OTHER}

    refused = refusal_of(sent, shop, method, bearer(apps=["shop"]), **fields)

    assert refused == ("PERMISSION_DENIED", "APP_NOT_ALLOWED")


def test_request_id_is_of_its_app(shop: Shop) -> None:
    """The same request id makes an account in each app: neither is a retry of the other."""
    made = [
        sent(
            shop,
            "CreateAccount",
            parent=app,
            request_id="3f2b8c1e-6d0a-4a53-9a76-0f6f5f0c9b11",
            account={"profile": {"email": f"{app[5:]}@example.com"}},
        )
        for app in (APP, OTHER)
    ]

    assert [each.profile["email"] for each in made] == ["shop@example.com", "blog@example.com"]
    assert [each.name.rpartition("/")[0] for each in made] == [
        f"{APP}/accounts",
        f"{OTHER}/accounts",
    ]


def test_refusals_tell_nothing_of_sessions(shop: Shop) -> None:
    """A token or ticket of no session is refused in the words of a wrong one of a session."""
    opened = shop.open()
    refusals = {
        _said(shop, "RefreshSession", refresh_token=token) for token in _wrong(opened.refresh_token)
    }
    of_tickets = {_said(shop, "ExchangeTicket", ticket=ticket) for ticket in _wrong(opened.ticket)}

    assert len(refusals) == len(of_tickets) == 1


def _wrong(token: str) -> list[str]:
    """Returns a token with its session changed, with its secret changed, and no token."""
    content = bytes_of_base64url(token)
    of_none = bytes([content[0] ^ 1]) + content[1:]
    forged = content[:-1] + bytes([content[-1] ^ 1])
    return [base64url(of_none), base64url(forged), "nonsense"]


def _said(shop: Shop, method: str, **fields: str) -> tuple[grpc.StatusCode, str, str]:
    """Returns all that a refusal says."""
    with pytest.raises(grpc.RpcError) as refused:
        User(shop.sessions, "", "").sessions_call(method, (), **fields)
    error: Any = refused.value
    return error.code(), error.details(), error_info_in(error).reason
