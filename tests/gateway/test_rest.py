"""Holds the REST face to the contract: paths, fields, streams, errors."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from google.api import annotations_pb2

from ownid_grpc.server.access import CONTRACT
from tests.gateway import running
from tests.gateway.running import Answer, Rest, Running, await_true
from tests.support.sessions import REPOSITORY

pytestmark = pytest.mark.gateway

ACCOUNTS = "/v1/apps/shop/accounts"
SCHEMA = "/v1/apps/shop/accountSchema"
HTTP: Any = annotations_pb2.http


def bindings() -> list[tuple[str, str, str]]:
    """Returns each binding of the contract: the method, the verb, and a path that fits."""
    found = []
    for method in (each for service in CONTRACT for each in service.methods):
        rule = method.GetOptions().Extensions[HTTP]
        for each in (rule, *rule.additional_bindings):
            verb = each.WhichOneof("pattern")
            if verb is not None:
                path = re.sub(r"\{\w+(\.\w+)?=([^}]*)\}", r"\2", getattr(each, verb))
                path = path.replace("apps/*", "apps/shop").replace("*", "none")
                name = f"/{method.containing_service.full_name}/{method.name}"
                found.append((name, verb.upper(), path))
    return found


@pytest.mark.parametrize(
    ("method", "verb", "path"), bindings(), ids=lambda value: value.rpartition("/")[2]
)
def test_every_binding_leads_to_its_method(
    shop: Running, method: str, verb: str, path: str
) -> None:
    """Each path of the contract's annotations calls the method that it stands at."""
    body: object = None if verb in {"GET", "DELETE"} else {}
    with_id = f"binding-{verb}-{path.replace('/', '-')}"

    shop.rest.call(verb, path, body, x_request_id=with_id)

    def called() -> list[str]:
        events = shop.events("gateway.request")
        return [each.get("method", "") for each in events if each["request_id"] == with_id]

    await_true(lambda: bool(called()))
    assert called() == [method]


def test_account_lives_over_rest(rest: Rest) -> None:
    """An account is created, read, changed by a mask, found and deleted, in snake case."""
    profile = {"email": "cleo@example.com", "given_name": "Cleo", "points": 3}
    made = rest.admin("POST", ACCOUNTS, {"profile": profile}).body
    path = f"/v1/{made['name']}"
    mask = "read_mask=profile.email"
    read = rest.admin("GET", f"{path}?{mask}").body
    body = {"profile": {"points": 4, "given_name": "Cleopatra"}, "etag": made["etag"]}
    changed = rest.admin("PATCH", f"{path}?update_mask=profile.points", body).body
    found = rest.admin("GET", f"{ACCOUNTS}:lookup?login_id=CLEO@example.com").body
    names = f"names={made['name']}&names=apps/shop/accounts/2"
    both = rest.admin("GET", f"{ACCOUNTS}:batchGet?{names}").body
    gone = rest.admin("DELETE", path)
    after = rest.admin("GET", path)

    assert made["profile"] == profile
    assert read["profile"] == {"email": "cleo@example.com"}
    assert changed["profile"] == {**profile, "points": 4}
    assert found == changed
    assert [each["name"] for each in both["accounts"]] == [made["name"], "apps/shop/accounts/2"]
    assert (gone.status, gone.body) == (200, {})
    assert (after.status, after.reason) == (404, "ACCOUNT_NOT_FOUND")


def test_account_can_be_sent_back_as_it_came(rest: Rest) -> None:
    """What was read can be changed and sent back whole; under another's name it is refused."""
    read = rest.admin("GET", f"{ACCOUNTS}/2").body
    read["profile"]["note"] = "on time"
    changed = rest.admin("PATCH", f"{ACCOUNTS}/2", read)
    crossed = rest.admin("PATCH", f"{ACCOUNTS}/1", changed.body)

    assert (changed.status, changed.body["profile"]) == (200, read["profile"])
    assert crossed.status == 400


@pytest.mark.parametrize(
    ("verb", "path", "query"),
    [
        ("GET", f"{ACCOUNTS}/1", "name=apps/shop/accounts/2"),
        ("GET", f"{ACCOUNTS}/1", "read_mask=name&name=apps/shop/accounts/2"),
        ("GET", f"{ACCOUNTS}/1", "n%61me=apps/shop/accounts/2"),
        ("PATCH", f"{ACCOUNTS}/1", "account.name=apps/shop/accounts/2"),
        ("PATCH", SCHEMA, "accountSchema.name=apps/other/accountSchema"),
        ("GET", "/v1/apps/other/jwks.json", "parent=apps/shop"),
    ],
)
def test_query_does_not_rename_what_the_path_names(
    rest: Rest, verb: str, path: str, query: str
) -> None:
    """The path alone says what is called: whose pages may call it depends on the app in it."""
    body: object = None if verb == "GET" else {}
    answer = rest.admin(verb, f"{path}?{query}", body)
    other = rest.admin(verb, f"{path}?{query}", body, content_type="application/proto")

    assert (answer.status, answer.reason) == (400, "ARGUMENT_INVALID")
    assert other.status == 400


def test_names_of_proto_json_are_understood(rest: Rest) -> None:
    """A request may name its fields in lower camel case, as generated clients do."""
    listed = rest.admin("GET", f"{ACCOUNTS}?pageSize=1").body
    searched = rest.admin("POST", f"{ACCOUNTS}:search", {"chunkSize": 1}).lines

    assert len(listed["accounts"]) == 1
    assert len(searched) > 1


def test_masks_may_name_properties_with_capitals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proto JSON spells masks in a case of its own; properties have their own all the same."""
    columns = {"email": "email", "givenName": "first_name"}
    monkeypatch.setattr(running, "REPOSITORY", REPOSITORY | {"properties": columns})
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in columns}}
    monkeypatch.setattr(running, "SCHEMA", schema)
    with running.running_shop(tmp_path) as shop:
        path = f"{ACCOUNTS}/1?update_mask=profile.givenName"
        changed = shop.rest.admin("PATCH", path, {"profile": {"givenName": "Augusta"}}).body
        body = {"read_mask": "profile.givenName"}
        (found,) = shop.rest.admin("POST", f"{ACCOUNTS}:search", body).lines

    assert changed["profile"]["givenName"] == "Augusta"
    assert found["accounts"][0]["profile"] == {"givenName": "Augusta"}


@pytest.mark.parametrize("space", ["%20", "+"])
def test_pages_are_asked_for_in_the_query(rest: Rest, space: str) -> None:
    """A list takes its filter, order and page from the query, spaces as either kind of client."""
    text = f"points{space}%3E{space}1"
    query = f"page_size=1&order_by=email&show_total_size=true&filter={text}"

    first = rest.admin("GET", f"{ACCOUNTS}?{query}").body
    token = first["next_page_token"]
    second = rest.admin("GET", f"{ACCOUNTS}?{query}&page_token={token}").body

    found = [*first["accounts"], *second["accounts"]]
    assert [each["profile"]["email"] for each in found] == ["ada@example.com", "ben@example.com"]
    assert first["total_size"] == "2"


@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_search_is_json_lines(rest: Rest, verb: str) -> None:
    """A search gives one line a message, of which the last alone has no resume token."""
    if verb == "GET":
        answer = rest.admin("GET", f"{ACCOUNTS}:search?chunk_size=1&filter=points%3E1")
    else:
        answer = rest.admin("POST", f"{ACCOUNTS}:search", {"chunk_size": 1, "filter": "points>1"})

    assert answer.header("content-type") == "application/x-ndjson"
    assert [len(line["accounts"]) for line in answer.lines] == [1, 1]
    assert ["resume_token" in line for line in answer.lines] == [True, False]


def test_search_that_cannot_begin_is_an_error(rest: Rest) -> None:
    """What is wrong with a search is said by the status, as JSON with the field."""
    answer = rest.admin("POST", f"{ACCOUNTS}:search", {"filter": "email ="})

    assert (answer.status, answer.reason) == (400, "FILTER_INVALID")
    assert answer.header("content-type") == "application/json"
    assert "filter" in [each["field"] for each in violations(answer)]


def test_schema_is_set_over_rest(rest: Rest) -> None:
    """A schema is read, checked in a stream, set anew and rolled back."""
    read = rest.admin("GET", SCHEMA).body
    document = read["json_schema"] | {"title": "Patron"}
    checked = rest.admin("POST", f"{SCHEMA}:check", {"json_schema": document})
    changed = rest.admin("PATCH", SCHEMA, {"json_schema": document, "etag": read["etag"]}).body
    listed = rest.admin("GET", f"{SCHEMA}/revisions").body
    back = rest.admin("POST", f"{SCHEMA}:rollback", {"revision_id": read["revision_id"]}).body
    inferred = rest.admin("POST", f"{SCHEMA}:infer", {}).body

    assert checked.header("content-type") == "application/x-ndjson"
    assert checked.lines[-1]["done"] is True
    assert changed["json_schema"]["title"] == "Patron"
    assert listed["account_schemas"][0]["revision_id"] == changed["revision_id"]
    assert back["json_schema"]["title"] == read["json_schema"]["title"]
    assert "email" in inferred["json_schema"]["properties"]


def test_error_is_a_status_with_details(rest: Rest) -> None:
    """A broken rule comes back as google.rpc.Status, its violations named by field."""
    answer = rest.admin("POST", ACCOUNTS, {"profile": {"email": "no address"}})

    assert (answer.status, answer.body["code"], answer.reason) == (400, 3, "PROFILE_INVALID")
    assert "account.profile.email" in [each["field"] for each in violations(answer)]


@pytest.mark.parametrize(
    ("verb", "path", "body", "expected"),
    [
        pytest.param("GET", "/v1/apps/shop/nothing", None, 404, id="unknown path"),
        pytest.param("PUT", f"{ACCOUNTS}/1", {}, 405, id="unknown verb"),
        pytest.param("GET", f"{ACCOUNTS}?nope=secret", None, 400, id="unknown query"),
        pytest.param("PATCH", f"{ACCOUNTS}/1", b'{"profile": {"pin": "secret', 400, id="cut JSON"),
        pytest.param("PATCH", f"{ACCOUNTS}/1", {"disabled": "secret"}, 400, id="wrong type"),
        pytest.param("POST", "/ownid.v1.AccountService/GetAccount", {}, 415, id="path of gRPC"),
        pytest.param("GET", "/secret%2fpath", None, 400, id="escaped slash"),
        pytest.param("FOO", f"{ACCOUNTS}/secret", None, 400, id="no verb of HTTP"),
    ],
)
def test_what_is_no_call_is_refused_in_json(
    rest: Rest, verb: str, path: str, body: object, expected: int
) -> None:
    """What the gateway itself refuses has the form of every error, and repeats nothing."""
    answer = rest.admin(verb, path, body)

    assert answer.status == expected
    assert answer.header("content-type") == "application/json"
    assert answer.body.keys() >= {"code", "message"}
    assert b"secret" not in answer.content


def test_answer_is_compressed_where_that_is_wanted(rest: Rest) -> None:
    """A client that takes gzip gets it, a search included."""
    plain = rest.admin("GET", SCHEMA)
    packed = rest.admin("GET", SCHEMA, accept_encoding="gzip")
    lines = rest.admin("GET", f"{ACCOUNTS}:search", accept_encoding="gzip")

    assert packed.header("content-encoding") == "gzip"
    assert json.loads(gzip.decompress(packed.content)) == plain.body
    assert b"resume_token" not in gzip.decompress(lines.content)


def test_answers_are_kept_by_nobody(rest: Rest) -> None:
    """No cache keeps an account, and no browser takes it for something else than JSON."""
    answer = rest.admin("GET", f"{ACCOUNTS}/1")

    assert answer.header("cache-control") == "no-store"
    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.header("server") is None


def test_request_id_is_echoed(rest: Rest) -> None:
    """The caller's own id comes back as it is, in errors too; one is made where there is none."""
    mine = "0198c5a2-e7b8-7b5f-9c1d-3a6e4f208b11"
    given = rest.admin("GET", f"{ACCOUNTS}/77", x_request_id=mine)
    made = rest.admin("GET", f"{ACCOUNTS}/1")

    assert given.header("x-request-id") == mine
    assert {"request_id": mine}.items() <= given.body["details"][-1].items()
    assert made.header("x-request-id")


@pytest.mark.parametrize("sent", ["Ada <ada@example.com>", "x" * 129])
def test_request_id_that_is_none_is_replaced(shop: Running, sent: str) -> None:
    """What the server would take for no id is neither echoed nor logged; both say the same one."""
    answer = shop.rest.admin("GET", f"{ACCOUNTS}/77", x_request_id=sent)
    made = answer.header("x-request-id")

    assert made not in {None, sent}
    assert answer.body["details"][-1]["request_id"] == made
    await_true(lambda: made in {each["request_id"] for each in shop.events("gateway.request")})
    assert sent not in shop.log.read_text("utf-8")


def violations(answer: Answer) -> list[dict[str, str]]:
    """Returns the fields that an error names."""
    details = answer.body["details"]
    return [each for detail in details for each in detail.get("field_violations", ())]
