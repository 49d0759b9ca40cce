"""What the site answers, and the headers that keep a page to its own origin."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
)
_HEADERS: Sequence[tuple[str, str]] = (
    ("content-security-policy", "; ".join(_POLICY)),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; what is `kept` may be shown again where the site says that it is still so."""

    status: HTTPStatus
    kind: str = "text/plain; charset=utf-8"
    content: bytes = b""
    is_kept: bool = False

    def send(self, start_response: "StartResponse") -> Iterable[bytes]:
        """Returns the body, after having said the rest."""
        headers = [
            *_HEADERS,
            ("cache-control", "no-cache" if self.is_kept else "no-store"),
            ("content-type", self.kind),
            ("content-length", str(len(self.content))),
        ]
        start_response(f"{self.status.value} {self.status.phrase}", headers)
        return [self.content]


def json_reply(value: object, status: HTTPStatus = HTTPStatus.OK) -> Reply:
    """Returns an answer in JSON."""
    return Reply(status, "application/json", json.dumps(value).encode())


def refusal(status: HTTPStatus, message: str) -> Reply:
    """Returns an answer that a page shows as it is."""
    return json_reply({"message": message}, status)
