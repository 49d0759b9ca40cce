"""Lets a call in: holds its credential, then its request, against what the contract says."""

from dataclasses import dataclass

from google.protobuf.message import Message

from ownid_grpc.errors import Reason, Unauthenticated, Unimplemented
from ownid_grpc.server.access import CallerKind, MethodAccess, app_of, check_app, check_scope
from ownid_grpc.server.credentials import Credentials, Principal
from ownid_grpc.server.metadata import CallMetadata


@dataclass(frozen=True, slots=True)
class Gate:
    """Decides who may call: first by the credential alone, so that nobody is waited for."""

    credentials: Credentials

    def admit(self, access: MethodAccess, metadata: CallMetadata) -> Principal | None:
        """Returns who calls, None where anybody may.

        Raises `Unauthenticated` and `PermissionDenied`.
        """
        if access.kind is CallerKind.ANONYMOUS:
            return None
        if access.kind is CallerKind.SESSION:
            raise _no_sessions_yet(access, metadata)
        principal = self.credentials.principal_of(metadata.bearer_token())
        check_scope(access, principal)
        return principal

    def authorize(self, access: MethodAccess, principal: Principal | None, request: Message) -> str:
        """Returns the app that the request is about, empty where it names none.

        A name with no app in it goes on to be refused for its form: that says
        nothing of what exists. Raises `PermissionDenied`.
        """
        app = app_of(access, request)
        if app is not None and principal is not None:
            check_app(app, principal)
        return app or ""


def _no_sessions_yet(
    access: MethodAccess, metadata: CallMetadata
) -> Unauthenticated | Unimplemented:
    if not metadata.has_credential:
        return Unauthenticated(
            Reason.CREDENTIAL_MISSING, "This method is for signed-in users; send their credential."
        )
    return unimplemented(access.method)


def unimplemented(method: str) -> Unimplemented:
    """Returns the error of a method that this version does not have."""
    return Unimplemented(
        Reason.METHOD_UNIMPLEMENTED,
        f"This version of the service does not have {method}.",
        {"method": method},
    )
