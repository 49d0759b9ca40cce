"""Holds the descriptors of the contract to what every service, method and field of it must say."""

from collections.abc import Iterator
from typing import Any

import pytest
from google.api import annotations_pb2, field_behavior_pb2
from google.api.http_pb2 import HttpRule
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from ownid.v1 import (
    access_pb2,
    account_pb2,
    account_schema_pb2,
    account_schema_service_pb2,
    account_service_pb2,
    session_pb2,
    session_service_pb2,
)

READ_ACCOUNTS = "SCOPE_ACCOUNTS_READ"
WRITE_ACCOUNTS = "SCOPE_ACCOUNTS_WRITE"
READ_SCHEMAS = "SCOPE_SCHEMAS_READ"
WRITE_SCHEMAS = "SCOPE_SCHEMAS_WRITE"
READ_SESSIONS = "SCOPE_SESSIONS_READ"
WRITE_SESSIONS = "SCOPE_SESSIONS_WRITE"

# Each method: who may call it, and its REST forms.
METHODS = {
    "GetAccountSchema": (
        READ_SCHEMAS,
        "GET /v1/{name=apps/*/accountSchema}",
        "GET /v1/{name=apps/*/accountSchema/revisions/*}",
    ),
    "UpdateAccountSchema": (
        WRITE_SCHEMAS,
        "PATCH /v1/{account_schema.name=apps/*/accountSchema} account_schema",
    ),
    "ListAccountSchemaRevisions": (
        READ_SCHEMAS,
        "GET /v1/{parent=apps/*/accountSchema}/revisions",
    ),
    "RollbackAccountSchema": (
        WRITE_SCHEMAS,
        "POST /v1/{name=apps/*/accountSchema}:rollback *",
    ),
    "InferAccountSchema": (READ_SCHEMAS, "POST /v1/{parent=apps/*}/accountSchema:infer *"),
    "CheckAccountSchema": (READ_SCHEMAS, "POST /v1/{parent=apps/*}/accountSchema:check *"),
    "CreateAccount": (WRITE_ACCOUNTS, "POST /v1/{parent=apps/*}/accounts account"),
    "GetAccount": (READ_ACCOUNTS, "GET /v1/{name=apps/*/accounts/*}"),
    "LookupAccount": (READ_ACCOUNTS, "GET /v1/{parent=apps/*}/accounts:lookup"),
    "BatchGetAccounts": (READ_ACCOUNTS, "GET /v1/{parent=apps/*}/accounts:batchGet"),
    "ListAccounts": (READ_ACCOUNTS, "GET /v1/{parent=apps/*}/accounts"),
    "SearchAccounts": (
        READ_ACCOUNTS,
        "POST /v1/{parent=apps/*}/accounts:search *",
        "GET /v1/{parent=apps/*}/accounts:search",
    ),
    "UpdateAccount": (WRITE_ACCOUNTS, "PATCH /v1/{account.name=apps/*/accounts/*} account"),
    "DeleteAccount": (WRITE_ACCOUNTS, "DELETE /v1/{name=apps/*/accounts/*}"),
    "ImportAccounts": (WRITE_ACCOUNTS,),
    "CreateSession": (
        WRITE_SESSIONS,
        "POST /v1/{parent=apps/*/accounts/*}/sessions session",
        "POST /v1/{parent=apps/*/accounts/*}/sessions:exchange *",
    ),
    "GetSession": (READ_SESSIONS, "GET /v1/{name=apps/*/accounts/*/sessions/*}"),
    "ListSessions": (READ_SESSIONS, "GET /v1/{parent=apps/*/accounts/*}/sessions"),
    "UpdateSession": (
        WRITE_SESSIONS,
        "PATCH /v1/{session.name=apps/*/accounts/*/sessions/*} session",
    ),
    "RevokeSession": (WRITE_SESSIONS, "DELETE /v1/{name=apps/*/accounts/*/sessions/*}"),
    "RevokeAllSessions": (
        WRITE_SESSIONS,
        "POST /v1/{parent=apps/*/accounts/*}/sessions:revokeAll *",
    ),
    "ExchangeTicket": ("anonymous", "POST /v1/{parent=apps/*}/session:exchange *"),
    "GetCurrentSession": ("session", "GET /v1/{parent=apps/*}/session"),
    "RefreshSession": ("anonymous", "POST /v1/{parent=apps/*}/session:refresh *"),
    "RevokeCurrentSession": ("session", "DELETE /v1/{parent=apps/*}/session"),
    "GetSessionAccount": ("session", "GET /v1/{parent=apps/*}/session/account"),
    "UpdateSessionAccount": ("session", "PATCH /v1/{parent=apps/*}/session/account account"),
    "GetSessionAccountSchema": ("session", "GET /v1/{parent=apps/*}/session/accountSchema"),
    "WatchSession": ("session", "GET /v1/{parent=apps/*}/session:watch"),
    "GetJwks": ("anonymous", "GET /v1/{parent=apps/*}/jwks.json"),
}

SERVICES = (
    account_service_pb2.DESCRIPTOR.services_by_name["AccountService"],
    account_schema_service_pb2.DESCRIPTOR.services_by_name["AccountSchemaService"],
    session_service_pb2.DESCRIPTOR.services_by_name["SessionService"],
)
RESOURCES = (
    account_pb2.DESCRIPTOR.message_types_by_name["Account"],
    account_schema_pb2.DESCRIPTOR.message_types_by_name["AccountSchema"],
    session_pb2.DESCRIPTOR.message_types_by_name["Session"],
)


def methods() -> list[MethodDescriptor]:
    """Returns every method of the contract."""
    return [method for service in SERVICES for method in service.methods]


def fields_of_input() -> Iterator[FieldDescriptor]:
    """Yields every field of a request, of the messages inside requests, and of a resource."""
    pending = [method.input_type for method in methods()]
    while pending:
        message = pending.pop()
        pending.extend(message.nested_types)
        yield from message.fields
    for resource in RESOURCES:
        yield from resource.fields


def caller_of(method: MethodDescriptor) -> str:
    """Returns who may call the method: the name of a scope, or of another kind of caller."""
    access: access_pb2.Access = option_of(method, access_pb2.access)
    kind = access.WhichOneof("caller")
    return access_pb2.Scope.Name(access.scope) if kind == "scope" else str(kind)


def rest_forms_of(method: MethodDescriptor) -> tuple[str, ...]:
    """Returns each REST form as its verb, its path, and the field that the body holds."""
    rule: HttpRule = option_of(method, annotations_pb2.http)
    forms = [(form, form.WhichOneof("pattern")) for form in (rule, *rule.additional_bindings)]
    return tuple(
        f"{verb.upper()} {getattr(form, verb)} {form.body}".rstrip() for form, verb in forms if verb
    )


def option_of(
    described: MethodDescriptor | FieldDescriptor,
    extension: Any,  # noqa: ANN401 - the stubs that protoc writes give extensions no type
) -> Any:  # noqa: ANN401 - likewise
    """Returns what the method or field says in one option."""
    return described.GetOptions().Extensions[extension]


def test_contract_has_exactly_its_methods() -> None:
    """The contract has the methods of the table, each once, and no others."""
    assert sorted(METHODS) == sorted(method.name for method in methods())


@pytest.mark.parametrize("method", methods(), ids=lambda method: method.name)
def test_method_says_who_may_call_it(method: MethodDescriptor) -> None:
    """Each method names the one kind of caller that the table gives it."""
    expected, *_ = METHODS[method.name]

    assert caller_of(method) == expected


@pytest.mark.parametrize("method", methods(), ids=lambda method: method.name)
def test_method_has_its_rest_forms(method: MethodDescriptor) -> None:
    """Each method has the REST forms of the table; only one that streams both ways has none."""
    _, *expected = METHODS[method.name]

    assert list(rest_forms_of(method)) == expected
    assert bool(expected) != (method.client_streaming and method.server_streaming)


@pytest.mark.parametrize("field", list(fields_of_input()), ids=lambda field: field.full_name)
def test_field_says_how_it_behaves(field: FieldDescriptor) -> None:
    """Each field of a request or a resource says whether it is required, optional or read only."""
    assert option_of(field, field_behavior_pb2.field_behavior)


@pytest.mark.parametrize(
    "field",
    [
        account_pb2.Account.DESCRIPTOR.fields_by_name["disabled"],
        account_service_pb2.ListAccountsResponse.DESCRIPTOR.fields_by_name["total_size"],
    ],
    ids=lambda field: field.full_name,
)
def test_field_tells_absent_from_default(field: FieldDescriptor) -> None:
    """A field whose absence means something else than its default has presence."""
    assert field.has_presence
