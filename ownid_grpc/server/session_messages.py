"""Messages of sessions from values of the domain; nothing is decided here."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from ownid.v1 import session_pb2
from ownid.v1.session_service_pb2 import (
    CreateSessionResponse,
    ExchangeTicketResponse,
    JsonWebKeySet,
    RefreshSessionResponse,
    WatchSessionResponse,
)

from ownid_grpc.domain.names import session_name
from ownid_grpc.domain.session import Session, SessionState
from ownid_grpc.domain.texts import base64url
from ownid_grpc.server.convert import fill_struct, fill_timestamp
from ownid_grpc.services.sessions import OpenSession
from ownid_grpc.services.signing import Signer
from ownid_grpc.services.telling import AccountChanged, Event, Heartbeat, SessionEnded

OpenedMessage: TypeAlias = CreateSessionResponse | ExchangeTicketResponse | RefreshSessionResponse

_STATES = {
    SessionState.ACTIVE: session_pb2.Session.ACTIVE,
    SessionState.EXPIRED: session_pb2.Session.EXPIRED,
    SessionState.REVOKED: session_pb2.Session.REVOKED,
}


def fill_session(message: session_pb2.Session, session: Session, now: datetime) -> None:
    """Fills `message` with a session as it is now."""
    message.name = session_name(session.app, session.account, session.id)
    message.state = _STATES[session.state_at(now)]
    if session.revoke_time is not None:
        fill_timestamp(message.revoke_time, session.revoke_time)
        message.revoke_reason = session.revoke_reason
    message.payload.SetInParent()
    fill_struct(message.payload, session.payload)
    fill_timestamp(message.create_time, session.create_time)
    fill_timestamp(message.last_active_time, session.last_active_time)
    fill_timestamp(message.expire_time, session.expire_time)
    message.idle_timeout.FromTimedelta(session.idle_timeout)
    message.user_agent = session.user_agent
    message.ip_address = session.ip_address


def session_message(session: Session, now: datetime) -> session_pb2.Session:
    """Returns the message of a session as it is now."""
    message = session_pb2.Session()
    fill_session(message, session, now)
    return message


def fill_opened(
    message: OpenedMessage, opened: OpenSession, now: datetime, *, with_tokens: bool
) -> None:
    """Fills `message` with a session and, unless cookies carry them, its tokens."""
    fill_session(message.session, opened.session, now)
    fill_timestamp(message.access_token_expire_time, opened.access_token.expire_time)
    if with_tokens:
        message.access_token = opened.access_token.text
        message.refresh_token = opened.refresh_token


def key_set_of(signers: Sequence[Signer]) -> JsonWebKeySet:
    """Returns public keys as RFC 7517 and RFC 8037 write them."""
    message = JsonWebKeySet()
    for signer in signers:
        message.keys.add(
            kty="OKP",
            crv="Ed25519",
            x=base64url(signer.public_bytes),
            kid=signer.key_id,
            alg="EdDSA",
            use="sig",
        )
    return message


def event_message(event: Event) -> WatchSessionResponse:
    """Returns the message of something that happened."""
    message = WatchSessionResponse()
    match event:
        case AccountChanged(etag):
            message.account_changed.etag = etag
        case SessionEnded(reason):
            message.session_ended.reason = reason
            message.session_ended.SetInParent()
        case Heartbeat():
            message.heartbeat.SetInParent()
    return message
