"""The site: pages, signing in, and one's own sessions. A WSGI application (PEP 3333)."""

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING

from google.protobuf.timestamp_pb2 import Timestamp
from ownid.v1.session_pb2 import Session

from .customers import Customers
from .files import Files
from .replies import Reply, json_reply, refusal
from .sessions import Browser, NoSuchSessionError, NotSignedInError, RefusedError, Sessions

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_MOST_BYTES = 8 * 1024
_SIGN_IN = "/sign-in"
_SESSIONS = "/my/sessions"


class Site:
    """Answers requests; `origins` are those under which browsers see the site."""

    def __init__(
        self, customers: Customers, sessions: Sessions, files: Files, origins: frozenset[str]
    ) -> None:
        self._customers = customers
        self._sessions = sessions
        self._files = files
        self._origins = origins

    def __call__(
        self, asked: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answers one request."""
        try:
            reply = self._read(asked) if asked["REQUEST_METHOD"] == "GET" else self._change(asked)
        except NotSignedInError:
            reply = refusal(HTTPStatus.UNAUTHORIZED, "Sign in again.")
        except NoSuchSessionError:
            reply = refusal(HTTPStatus.NOT_FOUND, "There is no such session.")
        except RefusedError:
            reply = refusal(HTTPStatus.SERVICE_UNAVAILABLE, "This does not work at the moment.")
        return reply.send(start_response)

    def _read(self, asked: "WSGIEnvironment") -> Reply:
        path = asked["PATH_INFO"]
        return self._list_sessions(asked) if path == _SESSIONS else self._files.find(path)

    def _change(self, asked: "WSGIEnvironment") -> Reply:
        # The browser sends cookies also when a page of somebody else asks it to.
        if asked.get("HTTP_ORIGIN") not in self._origins:
            return refusal(HTTPStatus.FORBIDDEN, "This page is not one of the shop's.")
        method, path = asked["REQUEST_METHOD"], asked["PATH_INFO"]
        if (method, path) == ("POST", _SIGN_IN):
            return self._sign_in(asked)
        if (method, path) == ("DELETE", _SESSIONS):
            return self._end_all_sessions(asked)
        if method == "DELETE" and path.startswith(f"{_SESSIONS}/"):
            return self._end_session(asked, path.removeprefix(f"{_SESSIONS}/"))
        return refusal(HTTPStatus.NOT_FOUND, "There is nothing here.")

    def _sign_in(self, asked: "WSGIEnvironment") -> Reply:
        given = _text_members(asked, "email", "password")
        if given is None:
            return refusal(HTTPStatus.BAD_REQUEST, "Send an email address and a password.")
        customer = self._customers.signing_in(*given)
        ticket = None if customer is None else self._sessions.open(customer, _browser_of(asked))
        if ticket is None:
            return refusal(HTTPStatus.FORBIDDEN, "The email address or the password is wrong.")
        return json_reply({"ticket": ticket})

    def _list_sessions(self, asked: "WSGIEnvironment") -> Reply:
        own = self._sessions.current(_cookies_of(asked))
        return json_reply({"sessions": [_shown(each, own) for each in self._sessions.beside(own)]})

    def _end_session(self, asked: "WSGIEnvironment", session_id: str) -> Reply:
        self._sessions.end(self._sessions.current(_cookies_of(asked)), session_id)
        return json_reply({})

    def _end_all_sessions(self, asked: "WSGIEnvironment") -> Reply:
        self._sessions.end_all(self._sessions.current(_cookies_of(asked)))
        return json_reply({})


def _text_members(asked: "WSGIEnvironment", *names: str) -> tuple[str, ...] | None:
    """Returns members of the JSON that was sent, None where they are not there, or no text."""
    length = asked.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > _MOST_BYTES:
        return None
    try:
        body = json.loads(asked["wsgi.input"].read(int(length)))
    except ValueError:
        return None
    values = [body.get(name) for name in names] if isinstance(body, dict) else []
    texts = tuple(value for value in values if isinstance(value, str))
    return texts if len(texts) == len(names) else None


def _cookies_of(asked: "WSGIEnvironment") -> str:
    cookies: str = asked.get("HTTP_COOKIE", "")
    return cookies


def _browser_of(asked: "WSGIEnvironment") -> Browser:
    # The last address is the gateway's own word, those before are whatever a client claims.
    address = asked.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
    return Browser(asked.get("HTTP_USER_AGENT", ""), address)


def _shown(session: Session, own: Session) -> dict[str, object]:
    return {
        "id": session.name.rpartition("/")[2],
        "is_own": session.name == own.name,
        "user_agent": session.user_agent,
        "ip_address": session.ip_address,
        "create_time": _text_of(session.create_time),
        "last_active_time": _text_of(session.last_active_time),
    }


def _text_of(time: Timestamp) -> str:
    text: str = time.ToJsonString()
    return text
