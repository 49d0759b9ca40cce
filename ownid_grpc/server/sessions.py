"""The servicer of SessionService: convert, call, convert."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import grpc
from google.protobuf.empty_pb2 import Empty
from ownid.v1 import account_pb2, account_schema_pb2, session_pb2
from ownid.v1.session_service_pb2 import (
    CreateSessionRequest,
    CreateSessionResponse,
    ExchangeTicketRequest,
    ExchangeTicketResponse,
    GetCurrentSessionRequest,
    GetJwksRequest,
    GetSessionAccountRequest,
    GetSessionAccountSchemaRequest,
    GetSessionRequest,
    JsonWebKeySet,
    ListSessionsRequest,
    ListSessionsResponse,
    RefreshSessionRequest,
    RefreshSessionResponse,
    RevokeAllSessionsRequest,
    RevokeCurrentSessionRequest,
    RevokeSessionRequest,
    UpdateSessionAccountRequest,
    UpdateSessionRequest,
    WatchSessionRequest,
    WatchSessionResponse,
)
from ownid.v1.session_service_pb2_grpc import SessionServiceServicer

from ownid_grpc.domain.account import AccountKey, Profile
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.names import (
    parse_account_name,
    parse_account_or_any,
    parse_app_name,
    parse_session_name,
)
from ownid_grpc.domain.session import Session
from ownid_grpc.errors import InvalidArgument, Reason, Unauthenticated
from ownid_grpc.server.account_messages import change_of
from ownid_grpc.server.call import call_of, session_of
from ownid_grpc.server.convert import fill_account, fill_account_schema, members_of
from ownid_grpc.server.cookies import SessionCookies
from ownid_grpc.server.metadata import CallMetadata, read_metadata
from ownid_grpc.server.session_messages import (
    OpenedMessage,
    event_message,
    fill_opened,
    fill_session,
    key_set_of,
    session_message,
)
from ownid_grpc.services.session_services import SessionServices
from ownid_grpc.services.sessions import NewSession, OpenSession
from ownid_grpc.services.subject_tokens import refused
from ownid_grpc.services.telling import Event

WatchSend = Callable[[WatchSessionResponse | None], None]


class SessionServicer(SessionServiceServicer):
    """Answers SessionService: first what backends call, then what signed-in users do."""

    def __init__(self, services: SessionServices) -> None:
        self._services = services
        self._cookies = SessionCookies(services.settings)
        self._clock = services.clock

    def CreateSession(
        self, request: CreateSessionRequest, context: grpc.ServicerContext
    ) -> CreateSessionResponse:
        """Opens a session."""
        call = call_of(context)
        given = request.session
        new = NewSession(_payload_of(given), given.user_agent, given.ip_address)
        with self._signing_in(call, request) as (app, key):
            opened = self._services.administration.create(call, app, key, new)
        response = CreateSessionResponse(ticket=opened.ticket)
        fill_opened(response, opened, self._clock(), with_tokens=True)
        return response

    def GetSession(
        self, request: GetSessionRequest, _context: grpc.ServicerContext
    ) -> session_pb2.Session:
        """Returns a session."""
        return self._message(self._services.administration.get(*parse_session_name(request.name)))

    def ListSessions(
        self, request: ListSessionsRequest, _context: grpc.ServicerContext
    ) -> ListSessionsResponse:
        """Returns a page of sessions."""
        app, key = parse_account_or_any(request.parent)
        page = self._services.administration.list(
            app,
            key,
            filter_=request.filter,
            page_size=request.page_size,
            page_token=request.page_token,
        )
        response = ListSessionsResponse(next_page_token=page.next_page_token)
        now = self._clock()
        for session in page.sessions:
            fill_session(response.sessions.add(), session, now)
        return response

    def UpdateSession(
        self, request: UpdateSessionRequest, _context: grpc.ServicerContext
    ) -> session_pb2.Session:
        """Changes the payload of a session."""
        app, key, session_id = parse_session_name(request.session.name, "session.name")
        payload = _payload_of(request.session) if request.session.HasField("payload") else None
        session = self._services.administration.update(
            app, key, session_id, payload, request.update_mask.paths
        )
        return self._message(session)

    def RevokeSession(
        self, request: RevokeSessionRequest, _context: grpc.ServicerContext
    ) -> session_pb2.Session:
        """Ends a session."""
        app, key, session_id = parse_session_name(request.name)
        session = self._services.administration.revoke(app, key, session_id, request.reason)
        return self._message(session)

    def RevokeAllSessions(
        self, request: RevokeAllSessionsRequest, _context: grpc.ServicerContext
    ) -> Empty:
        """Ends all the sessions of an account."""
        app, key = parse_account_name(request.parent, "parent")
        self._services.administration.revoke_all(app, key, request.reason)
        return Empty()

    def ExchangeTicket(
        self, request: ExchangeTicketRequest, context: grpc.ServicerContext
    ) -> ExchangeTicketResponse:
        """Returns the tokens of a ticket's session, to a browser in cookies."""
        app = parse_app_name(request.parent)
        self._services.apps.repository(app)
        metadata = read_metadata(context.invocation_metadata())
        in_cookies = self._cookies.are_wanted(app, metadata.origin)
        if in_cookies:
            self._cookies.check_origin(app, metadata.origin)
        opened = self._services.signed_in.exchange(call_of(context), app, request.ticket)
        response = ExchangeTicketResponse()
        self._hand_over(context, opened, response, in_cookies=in_cookies)
        return response

    def RefreshSession(
        self, request: RefreshSessionRequest, context: grpc.ServicerContext
    ) -> RefreshSessionResponse:
        """Returns new tokens, in a cookie where the old one came in a cookie."""
        app = parse_app_name(request.parent)
        self._services.apps.repository(app)
        metadata = read_metadata(context.invocation_metadata())
        token = request.refresh_token or self._token_in_cookie(app, metadata)
        opened = self._services.signed_in.refresh(call_of(context), app, token)
        response = RefreshSessionResponse()
        self._hand_over(context, opened, response, in_cookies=not request.refresh_token)
        return response

    def GetCurrentSession(
        self, request: GetCurrentSessionRequest, context: grpc.ServicerContext
    ) -> session_pb2.Session:
        """Returns the session of the caller."""
        parse_app_name(request.parent)
        session = self._used_session()
        self._services.signed_in.check_account(call_of(context), session)
        return self._message(session)

    def RevokeCurrentSession(
        self, request: RevokeCurrentSessionRequest, context: grpc.ServicerContext
    ) -> Empty:
        """Ends the session of the caller."""
        app = parse_app_name(request.parent)
        self._services.signed_in.revoke(session_of())
        if read_metadata(context.invocation_metadata()).cookies:
            context.send_initial_metadata(self._cookies.cleared(app))
        return Empty()

    def GetSessionAccount(
        self, request: GetSessionAccountRequest, context: grpc.ServicerContext
    ) -> account_pb2.Account:
        """Returns what the user may see of the own account."""
        app = parse_app_name(request.parent)
        session = self._used_session()
        message = account_pb2.Account()
        account = self._services.own_accounts.get(call_of(context), session)
        fill_account(message, app, account)
        return message

    def UpdateSessionAccount(
        self, request: UpdateSessionAccountRequest, context: grpc.ServicerContext
    ) -> account_pb2.Account:
        """Changes what the user may change of the own account."""
        app = parse_app_name(request.parent)
        session = self._used_session()
        _check_own(request.account.name, session)
        change = change_of(request.account, request.update_mask.paths, self._services.limits)
        message = account_pb2.Account()
        account = self._services.own_accounts.update(call_of(context), session, change)
        fill_account(message, app, account)
        return message

    def GetSessionAccountSchema(
        self, request: GetSessionAccountSchemaRequest, context: grpc.ServicerContext
    ) -> account_schema_pb2.AccountSchema:
        """Returns the part of the schema that the user may see."""
        parse_app_name(request.parent)
        session = self._used_session()
        self._services.signed_in.check_account(call_of(context), session)
        message = account_schema_pb2.AccountSchema()
        fill_account_schema(message, self._services.own_accounts.schema(session))
        return message

    def WatchSession(
        self,
        request: WatchSessionRequest,
        context: grpc.ServicerContext,
        send_response_callback: WatchSend | None = None,
    ) -> None:
        """Has the events of the caller's session sent, from a thread that all watches share."""
        parse_app_name(request.parent)
        watches = self._services.watches

        def send(event: Event | None) -> None:
            if send_response_callback is not None:
                send_response_callback(None if event is None else event_message(event))

        watch = watches.add(session_of(), send, context.cancel)
        if not context.add_callback(lambda: watches.remove(watch)):
            watches.remove(watch)

    # What makes grpcio call it with a callback, instead of keeping a thread for each watcher.
    WatchSession.experimental_non_blocking = True  # type: ignore[attr-defined]  # functions take any

    def GetJwks(self, request: GetJwksRequest, _context: grpc.ServicerContext) -> JsonWebKeySet:
        """Returns the public keys of an app."""
        app = parse_app_name(request.parent)
        self._services.apps.repository(app)
        return key_set_of(self._services.ring.published(app))

    @contextmanager
    def _signing_in(
        self, call: Call, request: CreateSessionRequest
    ) -> Iterator[tuple[str, AccountKey]]:
        """Gives the account that has signed in, as the name, the token or both say."""
        if not request.subject_token:
            yield parse_account_name(request.parent, "parent")
            return
        app, named = parse_account_or_any(request.parent)
        with self._services.subject_tokens.signing_in(call, app, request.subject_token) as key:
            if named not in (None, key):
                raise refused("The token is about another account than the one that parent names.")
            yield app, key

    def _used_session(self) -> Session:
        session = session_of()
        self._services.signed_in.use(session)
        return session

    def _token_in_cookie(self, app: str, metadata: CallMetadata) -> str:
        token = self._cookies.refresh_token(app, metadata.cookies)
        if token is None:
            raise Unauthenticated(
                Reason.CREDENTIAL_MISSING,
                "No refresh token; send it in the request, or in the cookie that carries it.",
            )
        self._cookies.check_origin(app, metadata.origin)
        return token

    def _hand_over(
        self,
        context: grpc.ServicerContext,
        opened: OpenSession,
        response: OpenedMessage,
        *,
        in_cookies: bool,
    ) -> None:
        now = self._clock()
        if in_cookies:
            context.send_initial_metadata(self._cookies.of(opened, now))
        fill_opened(response, opened, now, with_tokens=not in_cookies)

    def _message(self, session: Session) -> session_pb2.Session:
        return session_message(session, self._clock())


def _payload_of(given: session_pb2.Session) -> Profile:
    return members_of(given.payload, "session.payload", Reason.ARGUMENT_INVALID)


def _check_own(name: str, session: Session) -> None:
    """Returns for no name and for that of the caller's own account."""
    if name and parse_account_name(name, "account.name") != (session.app, session.account):
        raise InvalidArgument.at(
            Reason.NAME_INVALID,
            "account.name",
            "own",
            "The account of a session is its user's own; leave the name out.",
            field="account.name",
        )
