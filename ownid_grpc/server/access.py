"""Who may call which method, as the contract's access option says, and for which app."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from google.api import annotations_pb2
from google.protobuf.descriptor import Descriptor, MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from ownid.v1 import (
    access_pb2,
    account_schema_service_pb2,
    account_service_pb2,
    session_service_pb2,
)

from ownid_grpc.domain.names import is_app_id
from ownid_grpc.errors import PermissionDenied, Reason
from ownid_grpc.server.credentials import Principal

# The stubs that protoc writes give extensions no type.
_ACCESS: Any = access_pb2.access
_HTTP: Any = annotations_pb2.http


CONTRACT: tuple[ServiceDescriptor, ...] = tuple(
    service
    for file in (account_service_pb2, account_schema_service_pb2, session_service_pb2)
    for service in file.DESCRIPTOR.services_by_name.values()
)
"""The services of the contract."""

_ACCOUNT = 3
"""Where the account stands in `apps/{app}/accounts/{account}`."""


class CallerKind(Enum):
    """The kinds of callers that a method can be for."""

    ADMIN = auto()
    SESSION = auto()
    ANONYMOUS = auto()


@dataclass(frozen=True, slots=True)
class MethodAccess:
    """What one method says of its callers.

    `path` is how calls name it: `/ownid.v1.AccountService/GetAccount`. `scope`
    is what an admin caller must have. `resource` leads to the field of the
    request whose name says which app the call is about. `is_safe` is that it
    changes nothing (RFC 9110): over REST it is a GET.
    """

    path: str
    kind: CallerKind
    scope: str = ""
    resource: tuple[str, ...] = ()
    is_safe: bool = False

    @property
    def is_mutation(self) -> bool:
        """Whether the method writes something that the audit log has to tell of."""
        if self.kind is CallerKind.ADMIN:
            return self.scope.endswith(".write")
        return bool(self.resource) and not self.is_safe

    @property
    def method(self) -> str:
        """The name of the method alone."""
        return self.path.rpartition("/")[2]


class AccessUnsaid(Exception):
    """A method of the contract does not say who may call it, or for which app; a fault of ours."""


def access_of(services: Iterable[ServiceDescriptor]) -> dict[str, MethodAccess]:
    """Returns the access of each method by its path; raises `AccessUnsaid` where one says none."""
    every = (_access_of(method) for service in services for method in service.methods)
    return {access.path: access for access in every}


def check_scope(access: MethodAccess, principal: Principal) -> None:
    """Returns when the credential grants the method; raises `PermissionDenied` else."""
    if access.scope not in principal.scopes:
        raise PermissionDenied(
            Reason.SCOPE_MISSING,
            f"The credential does not grant the scope {access.scope}.",
            {"scope": access.scope},
        )


def check_app(app: str, principal: Principal) -> None:
    """Returns when the credential holds for the app; whether there is one makes no difference."""
    if not principal.may_use(app):
        raise PermissionDenied(
            Reason.APP_NOT_ALLOWED,
            "The credential does not hold for the app that the request names.",
            {"app": app},
        )


def app_of(access: MethodAccess, request: Message) -> str | None:
    """Returns the app that a request is about, None where its name is too malformed to say."""
    collection, _, rest = _resource_named(access, request).partition("/")
    app = rest.partition("/")[0]
    return app if collection == "apps" and is_app_id(app) else None


def account_of(access: MethodAccess, request: Message) -> str:
    """Returns the name of the account that a request is about, empty where it names none."""
    segments = _resource_named(access, request).split("/", 4)
    is_named = len(segments) > _ACCOUNT and segments[_ACCOUNT - 1] == "accounts"
    return "/".join(segments[: _ACCOUNT + 1]) if is_named and segments[_ACCOUNT] != "-" else ""


def _resource_named(access: MethodAccess, request: Message) -> str:
    value: object = request
    for name in access.resource:
        value = getattr(value, name)
    return "" if value is request else str(value)


def _access_of(method: MethodDescriptor) -> MethodAccess:
    said: access_pb2.Access = method.GetOptions().Extensions[_ACCESS]
    kind = said.WhichOneof("caller")
    kinds = {
        "scope": CallerKind.ADMIN,
        "session": CallerKind.SESSION,
        "anonymous": CallerKind.ANONYMOUS,
    }
    if kind not in kinds or not getattr(said, kind):
        raise AccessUnsaid(f"{method.full_name} does not say who may call it.")
    scope = _scope_name(said.scope) if kind == "scope" else ""
    path = f"/{method.containing_service.full_name}/{method.name}"
    is_safe = bool(method.GetOptions().Extensions[_HTTP].get)
    return MethodAccess(path, kinds[kind], scope, _resource_of(method), is_safe)


def _scope_name(scope: int) -> str:
    """Returns `accounts.read` for SCOPE_ACCOUNTS_READ."""
    name = access_pb2.Scope.Name(scope)
    return name.removeprefix("SCOPE_").lower().replace("_", ".")


def _resource_of(method: MethodDescriptor) -> tuple[str, ...]:
    """Returns the way to a request's own `parent` or `name`, or to that of a message within it."""
    own = _name_in(method.input_type)
    if own is not None:
        return (own,)
    for field in method.input_type.fields:
        inner = _name_in(field.message_type) if field.message_type else None
        if inner is not None:
            return (field.name, inner)
    raise AccessUnsaid(f"{method.full_name} does not say which app a request is about.")


def _name_in(message: Descriptor) -> str | None:
    return next((name for name in ("parent", "name") if name in message.fields_by_name), None)
