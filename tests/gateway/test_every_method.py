"""Every REST form of every method does through Envoy what its method does."""

import json
import re
import uuid
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any

import pytest

from tests.gateway.running import Rest
from tests.support.keys import token
from tests.support.sessions import SCHEMA
from tests.unit.test_openapi import DOCUMENT

pytestmark = pytest.mark.gateway

ACCOUNTS = "/v1/apps/shop/accounts"


@dataclass(frozen=True)
class Made:
    """An account with an open session, and what can be said of them in a call."""

    account: str
    email: str
    session: str
    access_token: str
    refresh_token: str
    ticket: str
    revision: str
    app: str = "shop"

    @property
    def name(self) -> str:
        """The name of the account."""
        return f"apps/shop/accounts/{self.account}"

    @property
    def session_name(self) -> str:
        """The name of the session."""
        return f"{self.name}/sessions/{self.session}"


@dataclass(frozen=True)
class Case:
    """What is sent beside the path, and whether an answer is what the contract promises."""

    says: Callable[[Any, Made], bool]
    query: Callable[[Made], str] = lambda _: ""
    body: Callable[[Made], object] = lambda _: None


CASES: Mapping[str, Case] = {
    "GetAccountSchema": Case(lambda it, _: it["name"] == "apps/shop/accountSchema"),
    "GetAccountSchema2": Case(lambda it, made: it["revision_id"] == made.revision),
    "UpdateAccountSchema": Case(
        lambda it, _: it["json_schema"]["title"] == "Customer",
        query=lambda _: "validate_only=true",
        body=lambda _: {"json_schema": SCHEMA},
    ),
    "ListAccountSchemaRevisions": Case(lambda it, _: bool(it["account_schemas"])),
    "RollbackAccountSchema": Case(
        lambda it, made: it["revision_id"] != made.revision,
        body=lambda made: {"revision_id": made.revision},
    ),
    "InferAccountSchema": Case(
        lambda it, _: "email" in it["json_schema"]["properties"], body=lambda _: {}
    ),
    "CheckAccountSchema": Case(lambda it, _: it[-1]["done"], body=lambda _: {}),
    "CreateAccount": Case(
        lambda it, made: it["profile"]["email"] == f"new-{made.email}",
        body=lambda made: {"profile": {"email": f"new-{made.email}"}},
    ),
    "GetAccount": Case(lambda it, made: it["name"] == made.name),
    "LookupAccount": Case(
        lambda it, made: it["name"] == made.name, query=lambda made: f"login_id={made.email}"
    ),
    "BatchGetAccounts": Case(
        lambda it, made: (
            [each["name"] for each in it["accounts"]] == [made.name, "apps/shop/accounts/1"]
        ),
        query=lambda made: f"names={made.name}&names=apps/shop/accounts/1",
    ),
    "ListAccounts": Case(
        lambda it, made: [each["name"] for each in it["accounts"]] == [made.name],
        query=lambda made: f'filter=email="{made.email}"',
    ),
    "SearchAccounts": Case(
        lambda it, made: [each["name"] for each in it[-1]["accounts"]] == [made.name],
        body=lambda made: {"filter": f'email = "{made.email}"'},
    ),
    "SearchAccounts2": Case(
        lambda it, made: [each["name"] for each in it[-1]["accounts"]] == [made.name],
        query=lambda made: f'filter=email="{made.email}"',
    ),
    "UpdateAccount": Case(
        lambda it, _: it["profile"]["note"] == "on time",
        query=lambda _: "update_mask=profile.note",
        body=lambda _: {"profile": {"note": "on time"}},
    ),
    "DeleteAccount": Case(lambda it, _: it == {}),
    "CreateSession": Case(
        lambda it, made: it["session"]["name"].startswith(f"{made.name}/sessions/"),
        body=lambda _: {"user_agent": "a test"},
    ),
    "CreateSession2": Case(
        lambda it, _: it["session"]["user_agent"] == "a test",
        body=lambda _: {"session": {"user_agent": "a test"}},
    ),
    "GetSession": Case(lambda it, made: it["name"] == made.session_name),
    "ListSessions": Case(
        lambda it, made: [each["name"] for each in it["sessions"]] == [made.session_name]
    ),
    "UpdateSession": Case(
        lambda it, _: it["payload"] == {"theme": "dark"},
        body=lambda _: {"payload": {"theme": "dark"}},
    ),
    "RevokeSession": Case(
        lambda it, _: (it["state"], it["revoke_reason"]) == ("REVOKED", "lost"),
        query=lambda _: "reason=lost",
    ),
    "RevokeAllSessions": Case(lambda it, _: it == {}, body=lambda _: {"reason": "lost"}),
    "ExchangeTicket": Case(
        lambda it, made: it["session"]["name"] == made.session_name,
        body=lambda made: {"ticket": made.ticket},
    ),
    "GetCurrentSession": Case(lambda it, made: it["name"] == made.session_name),
    "RefreshSession": Case(
        lambda it, made: it["refresh_token"] != made.refresh_token,
        body=lambda made: {"refresh_token": made.refresh_token},
    ),
    "RevokeCurrentSession": Case(lambda it, _: it == {}),
    "GetSessionAccount": Case(lambda it, made: it["profile"] == {"email": made.email}),
    "UpdateSessionAccount": Case(
        lambda it, _: it["profile"]["given_name"] == "Cleo",
        body=lambda _: {"profile": {"given_name": "Cleo"}},
    ),
    "GetSessionAccountSchema": Case(
        lambda it, _: "note" not in it["json_schema"]["properties"],
    ),
    "WatchSession": Case(lambda it, _: it == [{"heartbeat": {}}]),
    "GetJwks": Case(lambda it, _: {"kid", "kty", "alg"} <= set(it["keys"][0])),
}


def operations() -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Returns the verb, the path and the rest of every operation, by its id."""
    return {
        operation["operationId"]: (verb.upper(), path, operation)
        for path, verbs in DOCUMENT["paths"].items()
        for verb, operation in verbs.items()
    }


@pytest.fixture
def made(rest: Rest) -> Made:
    """An account of the test's own, signed in."""
    email = f"{uuid.uuid4().hex}@example.com"
    account = rest.admin("POST", ACCOUNTS, {"profile": {"email": email}}).body["name"]
    opened = rest.admin("POST", f"/v1/{account}/sessions", {}).body
    schema = rest.admin("GET", "/v1/apps/shop/accountSchema").body
    return Made(
        account=account.rpartition("/")[2],
        email=email,
        session=opened["session"]["name"].rpartition("/")[2],
        access_token=opened["access_token"],
        refresh_token=opened["refresh_token"],
        ticket=opened["ticket"],
        revision=schema["revision_id"],
    )


def test_every_rest_form_has_a_case() -> None:
    """No REST form of the contract goes untried."""
    assert sorted(CASES) == sorted(operations())


@pytest.mark.parametrize("name", CASES)
def test_rest_form_does_what_its_method_does(rest: Rest, made: Made, name: str) -> None:
    """A call by verb and path gives what the contract promises of the method."""
    verb, template, operation = operations()[name]
    case = CASES[name]
    path = re.sub(r"\{(\w+)\}", lambda found: str(getattr(made, found[1])), template)
    query = case.query(made).replace('"', "%22")
    content = None if (body := case.body(made)) is None else json.dumps(body)

    with closing(rest.connect()) as connection:
        headers = {"content-type": "application/json"} | credential_of(operation, made)
        connection.request(verb, f"{path}?{query}".rstrip("?"), content, headers)
        answer = connection.getresponse()
        kind = answer.headers["content-type"]
        said = read(answer, kind)

    assert answer.status == 200, said
    assert [kind] == list(operation["responses"]["200"]["content"])
    assert case.says(said, made), said


def credential_of(operation: Mapping[str, Any], made: Made) -> dict[str, str]:
    """Returns what an operation asks of its caller."""
    if not operation["security"]:
        return {}
    (kind,) = operation["security"][0]
    return {"authorization": f"Bearer {token() if kind == 'admin' else made.access_token}"}


def read(answer: HTTPResponse, kind: str) -> object:
    """Returns the JSON of an answer, of a stream the messages: of an endless one the first."""
    if kind == "text/event-stream":
        return [json.loads(answer.readline().removeprefix(b"data: "))]
    if kind == "application/x-ndjson":
        return [json.loads(line) for line in answer.read().splitlines() if line]
    return json.loads(answer.read())
