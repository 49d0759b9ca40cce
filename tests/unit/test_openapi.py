"""Holds the OpenAPI document to the protos, and to being what OpenAPI calls valid."""

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from google.api import field_behavior_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from openapi_spec_validator import validate
from ownid.v1.error_reason_pb2 import ErrorReason

from ownid_grpc.config.gateway import Gateway
from ownid_grpc.gateway.contract import methods as gateway_methods
from ownid_grpc.gateway.replies import local_replies
from ownid_grpc.server.access import CONTRACT
from ownid_grpc.server.cookies import access_cookie
from tests.unit.test_contract import option_of, rest_forms_of

DOCUMENT: dict[str, Any] = json.loads((files("ownid.v1") / "openapi.json").read_bytes())
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
VERBS = ("get", "post", "patch", "delete")


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yields each operation with its verb and its path."""
    for path, verbs in DOCUMENT["paths"].items():
        for verb, operation in verbs.items():
            yield verb, path, operation


def methods() -> list[MethodDescriptor]:
    """Returns every method that has a REST form."""
    found = [method for service in CONTRACT for method in service.methods]
    return [method for method in found if rest_forms_of(method)]


def operation_of(name: str) -> dict[str, Any]:
    """Returns an operation by its id."""
    return next(each for _, _, each in operations() if each["operationId"] == name)


def messages() -> dict[str, Descriptor]:
    """Returns the messages that the document has schemas of, by the name there."""
    pending = [kind for each in methods() for kind in (each.input_type, each.output_type)]
    found: dict[str, Descriptor] = {}
    while pending:
        message = pending.pop()
        name = message.full_name.removeprefix("ownid.v1.")
        if name not in found and message.full_name.startswith("ownid."):
            found[name] = message
            pending.extend(kind for each in message.fields if (kind := each.message_type))
    return {name: message for name, message in found.items() if name in SCHEMAS}


def behaviors(field: FieldDescriptor) -> set[str]:
    """Returns what a field says of how it behaves."""
    said = option_of(field, field_behavior_pb2.field_behavior)
    return {field_behavior_pb2.FieldBehavior.Name(each) for each in said}


def test_document_is_valid() -> None:
    """A validator of OpenAPI 3.1 finds nothing wrong."""
    assert DOCUMENT["openapi"].startswith("3.1.")
    validate(DOCUMENT)


def test_every_rest_form_is_an_operation() -> None:
    """Each REST form of the contract stands once in the document, and nothing else does."""
    forms = {method.name: len(rest_forms_of(method)) for method in methods()}
    ids = [operation["operationId"] for _, _, operation in operations()]
    expected = [
        name + ("" if place == 1 else str(place))
        for name in forms
        for place in range(1, forms[name] + 1)
    ]

    assert sorted(ids) == sorted(expected)


@pytest.mark.parametrize(
    ("verb", "path", "operation"),
    list(operations()),
    ids=[each["operationId"] for _, _, each in operations()],
)
def test_operation_is_described(verb: str, path: str, operation: dict[str, Any]) -> None:
    """Each operation, parameter and answer says what it is for; each variable is a parameter."""
    variables = [each["name"] for each in operation["parameters"] if each["in"] == "path"]

    assert verb in VERBS
    assert path.count("{") == len(variables)
    assert all("{" + name + "}" in path for name in variables)
    assert operation["description"]
    assert all(each["description"] for each in operation["parameters"])
    assert all("$ref" in each or each["description"] for each in operation["responses"].values())


@pytest.mark.parametrize(("name", "message"), list(messages().items()), ids=list(messages()))
def test_fields_behave_as_in_the_protos(name: str, message: Descriptor) -> None:
    """What is required is, and what the server alone sets is read only."""
    schema = SCHEMAS[name]
    for field_name, field in schema.get("properties", {}).items():
        said = behaviors(message.fields_by_name[field_name])
        assert field.get("readOnly", False) == bool(said & {"OUTPUT_ONLY", "IDENTIFIER"})
        assert (field_name in schema.get("required", ())) == ("REQUIRED" in said)
        assert field["description"]


def test_values_are_spelled_as_in_protojson() -> None:
    """Enums are names, times and durations are texts, 64-bit numbers too, objects are open."""
    session = SCHEMAS["Session"]["properties"]
    total = SCHEMAS["ListAccountsResponse"]["properties"]["total_size"]

    assert session["state"]["$ref"] == "#/components/schemas/Session.State"
    assert SCHEMAS["Session.State"]["enum"][1:] == ["ACTIVE", "EXPIRED", "REVOKED"]
    assert (session["create_time"]["type"], session["create_time"]["format"]) == (
        "string",
        "date-time",
    )
    assert session["idle_timeout"]["type"] == "string"
    assert (total["type"], total["format"]) == ("string", "int64")
    assert (
        session["payload"] | {"type": "object", "additionalProperties": True} == session["payload"]
    )


def test_mask_stands_in_the_query() -> None:
    """What is neither in the path nor in the body is a parameter of the query, as a text."""
    parameters = {each["name"]: each for each in operation_of("UpdateAccount")["parameters"]}

    assert set(parameters) == {"app", "account", "update_mask", "validate_only"}
    assert parameters["update_mask"]["schema"]["type"] == "string"


def test_names_have_their_pattern() -> None:
    """A list of names takes names of that resource alone, and at least one."""
    parameters = {each["name"]: each for each in operation_of("BatchGetAccounts")["parameters"]}
    names = parameters["names"]

    assert names["required"] is True
    assert names["schema"]["minItems"] == 1
    assert names["schema"]["items"]["pattern"] == "^apps/[^/]+/accounts/[^/]+$"


@pytest.mark.parametrize("method", methods(), ids=lambda method: method.name)
def test_answers_have_the_media_type_of_the_gateway(method: MethodDescriptor) -> None:
    """What the gateway sends as events, as lines and as JSON is said to be so."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    sent = next(each for each in gateway_methods() if each.path == path)
    expected = "application/x-ndjson" if sent.gives_stream else "application/json"
    expected = "text/event-stream" if sent.is_live else expected

    assert list(operation_of(method.name)["responses"]["200"]["content"]) == [expected]


def test_gateway_s_own_answers_are_there() -> None:
    """Each status that the gateway answers by itself over REST stands at every operation."""
    mappers: Any = local_replies(Gateway(), 1)["mappers"]
    text = json.dumps(mappers)
    # Not 415: it is for Connect, which has no operation.
    missing = [
        status
        for status in DOCUMENT["components"]["responses"]
        if f'"default_value": {status}' not in text
    ]

    assert missing == []
    for _, _, operation in operations():
        assert set(operation["responses"]) >= set(DOCUMENT["components"]["responses"])


def test_errors_say_their_reasons() -> None:
    """An error is a google.rpc.Status, its reasons are those of the contract."""
    reasons = [each.removeprefix("ERROR_REASON_") for each in ErrorReason.keys()]  # noqa: SIM118
    refused = operation_of("UpdateAccount")["responses"]["409"]

    assert SCHEMAS["ErrorReason"]["enum"] == reasons[1:]
    assert SCHEMAS["Status"]["required"] == ["code", "message"]
    assert "ALREADY_EXISTS: `VALUE_TAKEN`" in refused["description"]
    assert "ABORTED: `ETAG_MISMATCH`, `CONCURRENT_CHANGE`" in refused["description"]
    assert refused["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/Status"
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("GetAccount", [{"admin": ["accounts.read"]}]),
        ("GetSessionAccount", [{"session": []}, {"session_cookie": []}]),
        ("ExchangeTicket", []),
    ],
)
def test_callers_are_those_of_the_contract(name: str, expected: list[object]) -> None:
    """An operation takes an admin's token with a scope, a user's token or cookie, or anybody."""
    schemes = DOCUMENT["components"]["securitySchemes"]

    assert operation_of(name)["security"] == expected
    assert schemes["session_cookie"]["name"] == access_cookie("{app}")
