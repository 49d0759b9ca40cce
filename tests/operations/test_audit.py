"""The audit log: who has written what, and never a value."""

from collections.abc import Callable, Mapping
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from ownid.v1 import account_pb2, account_service_pb2, session_pb2, session_service_pb2
from ownid.v1.session_service_pb2_grpc import SessionServiceStub

from tests.operations.conftest import Observed
from tests.support.keys import bearer

OPTIONS = {"metadata": (*bearer(), ("x-request-id", "r-1")), "timeout": 20}
ADA = {"email": "ada@lovelace.example", "name": "Ada Lovelace", "team": "secret team"}


def create(
    observed: Observed, profile: Mapping[str, object], *, validate_only: bool = False
) -> Any:  # noqa: ANN401 - generated without types
    """Makes an account."""
    request = account_service_pb2.CreateAccountRequest(
        parent="apps/shop",
        account=account_pb2.Account(profile=dict(profile)),
        validate_only=validate_only,
    )
    return observed.client.accounts.CreateAccount(request, **OPTIONS)


def update(observed: Observed, name: str, profile: dict[str, object], *paths: str) -> Any:  # noqa: ANN401 - likewise
    """Changes an account."""
    request = account_service_pb2.UpdateAccountRequest(
        account=account_pb2.Account(name=name, profile=profile), update_mask=FieldMask(paths=paths)
    )
    return observed.client.accounts.UpdateAccount(request, **OPTIONS)


def told(observed: Observed, act: Callable[[], object]) -> list[dict[str, Any]]:
    """Returns the lines that an act leaves, which are there as soon as it is answered."""
    before = len(observed.audited())
    act()
    return observed.audited()[before:]


def test_write_is_told_with_who_what_and_how_it_ended(observed: Observed) -> None:
    """A line says who has written which properties of which account, by which call."""
    name = "apps/shop/accounts/7"

    (line,) = told(observed, lambda: update(observed, name, {"team": "Team X"}, "profile.team"))

    assert line.pop("time").endswith("Z")
    assert len(line.pop("account")) == 16
    assert line == {
        "request_id": "r-1",
        "actor": "admin",
        "caller": "backoffice",
        "app": "shop",
        "method": "/ownid.v1.AccountService/UpdateAccount",
        "properties": ["profile.team"],
        "code": "OK",
        "reason": "",
    }


def test_account_is_the_same_in_all_its_lines(observed: Observed) -> None:
    """What was made, changed and deleted can be put together, though nobody sees who it is."""

    def act() -> None:
        name = create(observed, ADA).name
        update(observed, name, {"nickname": "ada"}, "profile.nickname")
        request = account_service_pb2.DeleteAccountRequest(name=name)
        observed.client.accounts.DeleteAccount(request, **OPTIONS)

    made, changed, deleted = told(observed, act)

    assert made["account"] == changed["account"] == deleted["account"] != ""
    assert made["properties"] == ["profile.email", "profile.name", "profile.team"]
    assert changed["properties"] == ["profile.nickname"]


def test_refusal_is_told_and_names_no_property_that_is_none(observed: Observed) -> None:
    """A write that was refused has its reason; what the schema does not know is not repeated."""

    def act() -> None:
        with pytest.raises(grpc.RpcError):
            create(observed, ADA | {"ada@lovelace.example": "Countess"})

    (line,) = told(observed, act)

    assert (line["code"], line["reason"]) == ("INVALID_ARGUMENT", "PROFILE_INVALID")
    assert line["properties"] == []


def test_rehearsal_and_reading_leave_no_line(observed: Observed) -> None:
    """What writes nothing is not told."""

    def act() -> None:
        create(observed, ADA, validate_only=True)
        request = account_service_pb2.GetAccountRequest(name="apps/shop/accounts/1")
        observed.client.accounts.GetAccount(request, **OPTIONS)

    assert told(observed, act) == []


def test_nobody_can_fill_the_log(observed: Observed) -> None:
    """A caller who is not let in leaves no line."""

    def act() -> None:
        request = account_service_pb2.DeleteAccountRequest(name="apps/shop/accounts/1")
        with pytest.raises(grpc.RpcError):
            observed.client.accounts.DeleteAccount(request, timeout=20)

    assert told(observed, act) == []


def test_import_tells_of_each_account_and_of_itself(observed: Observed) -> None:
    """Each account of an import has a line of its own, also one that failed; then the call has."""
    config = account_service_pb2.ImportAccountsRequest.Config(parent="apps/shop", upsert=True)
    profiles = [ADA | {"email": "one@lovelace.example"}, {"email": "p3@example.com", "team": "new"}]
    profiles += [ADA | {"email": "two@lovelace.example", "score": "many"}]
    profiles[1] |= {"name": "n23757"}
    requests = [account_service_pb2.ImportAccountsRequest(config=config)]
    requests += [
        account_service_pb2.ImportAccountsRequest(account=account_pb2.Account(profile=profile))
        for profile in profiles
    ]

    made, changed, refused, call = told(
        observed, lambda: list(observed.client.accounts.ImportAccounts(iter(requests), **OPTIONS))
    )

    assert made["properties"] == ["profile.email", "profile.name", "profile.team"]
    assert changed["properties"] == ["profile.team"]
    assert (refused["code"], refused["account"]) == ("INVALID_ARGUMENT", "")
    assert (call["code"], call["properties"], call["account"]) == ("OK", [], "")


def test_session_is_told_from_its_opening_to_its_end(observed: Observed) -> None:
    """Opening, exchanging, refreshing and ending a session are lines about one account."""
    sessions: Any = SessionServiceStub(observed.client.channel)

    def act() -> None:
        request = session_service_pb2.CreateSessionRequest(
            parent="apps/shop/accounts/1", session=session_pb2.Session(ip_address="203.0.113.7")
        )
        opened = sessions.CreateSession(request, **OPTIONS)
        exchange = session_service_pb2.ExchangeTicketRequest(
            parent="apps/shop", ticket=opened.ticket
        )
        tokens = sessions.ExchangeTicket(exchange, timeout=20)
        token = (("authorization", f"Bearer {tokens.access_token}"),)
        sign_out = session_service_pb2.RevokeCurrentSessionRequest(parent="apps/shop")
        sessions.RevokeCurrentSession(sign_out, metadata=token, timeout=20)

    lines = told(observed, act)

    assert [line["actor"] for line in lines] == ["admin", "anonymous", "session"]
    assert len({line["account"] for line in lines}) == 1
    assert lines[0]["account"] != ""
    assert "203.0.113.7" not in observed.audit.read_text("utf-8")
