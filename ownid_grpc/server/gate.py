"""Lets a call in: holds its credential, then its request, against what the contract says."""

from dataclasses import dataclass

from google.protobuf.message import Message

from ownid_grpc.domain.names import account_name
from ownid_grpc.domain.session import Session
from ownid_grpc.errors import Reason, Unauthenticated
from ownid_grpc.server.access import (
    CallerKind,
    MethodAccess,
    account_of,
    app_of,
    check_app,
    check_scope,
)
from ownid_grpc.server.cookies import SessionCookies
from ownid_grpc.server.credentials import Credentials, Principal
from ownid_grpc.server.metadata import CallMetadata
from ownid_grpc.server.rates import Rates
from ownid_grpc.services.access_tokens import app_in
from ownid_grpc.services.session_services import SessionServices
from ownid_grpc.services.signed_in import SignedIn


@dataclass(frozen=True, slots=True)
class Admission:
    """Whom a call was let in for: an admin caller, the user of a session, or anybody.

    `account` is the name of the account that it is about, empty where it says none.
    """

    app: str
    session: Session | None = None
    account: str = ""


@dataclass(frozen=True, slots=True)
class SessionDoor:
    """Lets the users of sessions in, by an access token or by the cookie that carries it."""

    signed_in: SignedIn
    cookies: SessionCookies

    @classmethod
    def of(cls, services: SessionServices) -> "SessionDoor":
        """Returns the door to the sessions that the service keeps."""
        return cls(services.signed_in, SessionCookies(services.settings))

    def admit(self, access: MethodAccess, app: str, metadata: CallMetadata) -> Session:
        """Returns the session of the caller; raises `Unauthenticated` and `PermissionDenied`."""
        if metadata.authorization:
            token = metadata.bearer_token()
            return self.signed_in.admit(app or app_in(token), token)
        token_in_cookie = self.cookies.access_token(app, metadata.cookies)
        if token_in_cookie is None:
            raise _no_credential()
        session = self.signed_in.admit(app, token_in_cookie)
        if not access.is_safe:
            self.cookies.check_origin(app, metadata.origin)
        return session


@dataclass(frozen=True, slots=True)
class Gate:
    """Decides who may call: first by the credential alone, so that nobody is waited for.

    `rates` say how often.
    """

    credentials: Credentials
    rates: Rates
    sessions: SessionDoor | None = None

    def admit(self, access: MethodAccess, metadata: CallMetadata) -> Principal | None:
        """Returns the admin caller, None where the method is for others.

        Raises `Unauthenticated` and `PermissionDenied`.
        """
        if access.kind is CallerKind.ADMIN:
            principal = self._admin(metadata)
            check_scope(access, principal)
            return principal
        if access.kind is CallerKind.SESSION and not (metadata.authorization or metadata.cookies):
            raise _no_credential()
        return None

    def _admin(self, metadata: CallMetadata) -> Principal:
        if not metadata.authorization:
            known = self.credentials.principal_with(metadata.certificate_names)
            if known is not None:
                return known
        return self.credentials.principal_of(metadata.bearer_token())

    def authorize(
        self,
        access: MethodAccess,
        principal: Principal | None,
        metadata: CallMetadata,
        request: Message,
    ) -> Admission:
        """Returns the app that the request is about, empty where it names none, and the session.

        A name with no app in it goes on to be refused for its form: that says
        nothing of what exists. Raises `Unauthenticated` and `PermissionDenied`.
        """
        app = app_of(access, request) or ""
        if access.kind is CallerKind.SESSION:
            if self.sessions is None:
                raise Unauthenticated(Reason.CREDENTIAL_INVALID, "No session is kept here.")
            session = self.sessions.admit(access, app, metadata)
            return Admission(app, session, account_name(app, session.account))
        if app and principal is not None:
            check_app(app, principal)
        return Admission(app, account=account_of(access, request))


def _no_credential() -> Unauthenticated:
    return Unauthenticated(
        Reason.CREDENTIAL_MISSING,
        "This method is for signed-in users; send an access token, or the session's cookie.",
    )
