"""The cookies that carry a session's tokens to and from browsers (RFC 6265), behind a gateway."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from ownid_grpc.config import SessionSettings
from ownid_grpc.errors import PermissionDenied, Reason
from ownid_grpc.services.sessions import OpenSession

Metadata = tuple[tuple[str, str], ...]


class SessionCookies:
    """What each app says of cookies; an app that says nothing has none.

    The prefix `__Host-` has browsers refuse them from any other host and any
    plain connection.
    """

    def __init__(self, words: Mapping[str, SessionSettings]) -> None:
        self._words = words

    def access_token(self, app: str, headers: Iterable[str]) -> str | None:
        """Returns the access token that a browser sent, None where it sent none."""
        return self._sent(app, access_cookie(app), headers)

    def refresh_token(self, app: str, headers: Iterable[str]) -> str | None:
        """Returns the refresh token that a browser sent, None where it sent none."""
        return self._sent(app, refresh_cookie(app), headers)

    def are_wanted(self, app: str, origin: str | None) -> bool:
        """Returns whether tokens go into cookies: a browser asks, and the app wants it so."""
        return origin is not None and self._has_cookies(app)

    def check_origin(self, app: str, origin: str | None) -> None:
        """Returns for a page that may use the app's cookies; raises `PermissionDenied`."""
        words = self._words.get(app)
        if words is None or origin not in words.origins:
            raise PermissionDenied(
                Reason.ORIGIN_NOT_ALLOWED,
                "A call by cookie that changes something must come from an allowed origin.",
                {"app": app},
            )

    def of(self, opened: OpenSession, now: datetime) -> Metadata:
        """Returns the metadata that has a browser keep the tokens of a session."""
        app, end = opened.session.app, opened.session.expire_time
        seconds = max(int((end - now).total_seconds()), 0)
        return (
            self._set(app, access_cookie(app), opened.access_token.text, seconds),
            self._set(app, refresh_cookie(app), opened.refresh_token, seconds),
        )

    def cleared(self, app: str) -> Metadata:
        """Returns the metadata that has a browser forget the tokens."""
        return tuple(
            self._set(app, name, "", 0) for name in (access_cookie(app), refresh_cookie(app))
        )

    def _set(self, app: str, name: str, value: str, seconds: int) -> tuple[str, str]:
        same_site = self._words[app].same_site.capitalize()
        attributes = f"Path=/; Max-Age={seconds}; HttpOnly; Secure; SameSite={same_site}"
        return "set-cookie", f"{name}={value}; {attributes}"

    def _sent(self, app: str, name: str, headers: Iterable[str]) -> str | None:
        if not self._has_cookies(app):
            return None
        pairs = (pair.strip().partition("=") for header in headers for pair in header.split(";"))
        values = [value for found, _, value in pairs if found == name]
        # A second one of the name was not set by us: neither is believed.
        return values[0] if len(values) == 1 and values[0] else None

    def _has_cookies(self, app: str) -> bool:
        return app in self._words and self._words[app].cookies


def access_cookie(app: str) -> str:
    """Returns the name of the cookie that carries an app's access token."""
    return f"__Host-ownid-access-{app}"


def refresh_cookie(app: str) -> str:
    """Returns the name of the cookie that carries an app's refresh token."""
    return f"__Host-ownid-refresh-{app}"
