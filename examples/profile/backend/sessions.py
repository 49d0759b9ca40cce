"""The site's calls of SessionService: as a trusted caller, on behalf of whoever is signed in."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import grpc
from google.protobuf.message import Message
from ownid.v1.session_pb2 import Session
from ownid.v1.session_service_pb2 import (
    CreateSessionRequest,
    GetCurrentSessionRequest,
    ListSessionsRequest,
    RevokeAllSessionsRequest,
    RevokeSessionRequest,
)
from ownid.v1.session_service_pb2_grpc import SessionServiceStub

from .tokens import Tokens

_CALL_SECONDS = 10
_USER_AGENT_CHARACTERS = 256
_ACTIVE = "state = ACTIVE"
_REFUSALS = (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.FAILED_PRECONDITION)
_NO_SUCH_SESSION = (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT)

_Metadata: TypeAlias = tuple[tuple[str, str], ...]


class NotSignedInError(Exception):
    """The browser has no session, or one that has ended."""


class NoSuchSessionError(Exception):
    """The user has no session of that id."""


class RefusedError(Exception):
    """ownid-grpc does not do what it was asked, or does not answer."""

    def __init__(self, code: grpc.StatusCode) -> None:
        super().__init__(code.name)
        self.code = code


@dataclass(frozen=True, slots=True)
class Browser:
    """What a session remembers of where it was opened."""

    user_agent: str
    ip_address: str


class Sessions:
    """The sessions of one app."""

    def __init__(self, address: str, app: str, tokens: Tokens) -> None:
        self._channel = grpc.insecure_channel(address)
        self._stub = SessionServiceStub(self._channel)
        self._app = f"apps/{app}"
        self._tokens = tokens

    def open(self, customer: int, browser: Browser) -> str | None:
        """Opens a session, and returns the ticket for the browser; None for who may not sign in."""
        request = CreateSessionRequest(
            parent=f"{self._app}/accounts/{customer}",
            session=Session(
                user_agent=browser.user_agent[:_USER_AGENT_CHARACTERS],
                ip_address=browser.ip_address,
            ),
        )
        try:
            ticket: str = self._call("CreateSession", request, self._as_site()).ticket
        except RefusedError as error:
            if error.code in _REFUSALS:
                return None  # no account any more, of another shop, or blocked
            raise
        return ticket

    def current(self, cookies: str) -> Session:
        """Returns the session of the browser that sent these cookies.

        Raises `NotSignedInError`.
        """
        request = GetCurrentSessionRequest(parent=self._app)
        try:
            session: Session = self._call("GetCurrentSession", request, (("cookie", cookies),))
        except RefusedError as error:
            if error.code is grpc.StatusCode.UNAUTHENTICATED:
                raise NotSignedInError from error
            raise
        return session

    def beside(self, session: Session) -> Iterator[Session]:
        """Yields every session of the same account that has not ended, newest first."""
        page_token = ""
        while True:
            request = ListSessionsRequest(
                parent=_account_of(session), filter=_ACTIVE, page_token=page_token
            )
            page = self._call("ListSessions", request, self._as_site())
            yield from page.sessions
            page_token = page.next_page_token
            if not page_token:
                return

    def end(self, session: Session, session_id: str) -> None:
        """Ends a session of the same account; raises `NoSuchSessionError`."""
        name = f"{_account_of(session)}/sessions/{session_id}"
        request = RevokeSessionRequest(name=name, reason="Signed out from another device.")
        try:
            self._call("RevokeSession", request, self._as_site())
        except RefusedError as error:
            if error.code in _NO_SUCH_SESSION:
                raise NoSuchSessionError from error
            raise

    def end_all(self, session: Session) -> None:
        """Ends every session of the same account."""
        request = RevokeAllSessionsRequest(
            parent=_account_of(session), reason="Signed out everywhere."
        )
        self._call("RevokeAllSessions", request, self._as_site())

    def close(self) -> None:
        """Ends the connection."""
        self._channel.close()

    def _as_site(self) -> _Metadata:
        return (("authorization", f"Bearer {self._tokens.current()}"),)

    def _call(self, method: str, request: Message, metadata: _Metadata) -> Any:  # noqa: ANN401 - the method's own answer
        try:
            return getattr(self._stub, method)(request, metadata=metadata, timeout=_CALL_SECONDS)
        except grpc.RpcError as error:
            raise RefusedError(_code_of(error)) from error


def _account_of(session: Session) -> str:
    """Returns the account that is within the name of a session."""
    return session.name.rpartition("/sessions/")[0]


def _code_of(error: Any) -> grpc.StatusCode:  # noqa: ANN401 - a RpcError that is a Call, which no type says
    code: grpc.StatusCode = error.code()
    return code
