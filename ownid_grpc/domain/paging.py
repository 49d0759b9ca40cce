"""Where a page ended, and the sealed tokens in which that travels to the caller and back."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from ownid_grpc.domain.account import AccountKey
from ownid_grpc.domain.predicates import Literal
from ownid_grpc.domain.sealing import Sealer
from ownid_grpc.domain.texts import base64url, bytes_of_base64url
from ownid_grpc.errors import InvalidArgument, Reason

VERSION = b"\x01"


@dataclass(frozen=True, slots=True)
class Position:
    """A place in an order: the order values of the account before it, and its key."""

    values: tuple[Literal | None, ...]
    key: AccountKey


class TokenSealer:
    """Turns positions into tokens that only the replicas of one service can read.

    They are encrypted since they hold values of an account.
    """

    def __init__(self, secret: bytes) -> None:
        self._sealer = Sealer(secret, "page token")

    def seal(self, position: Position, fingerprint: bytes) -> str:
        """Returns a token that opens only with the same fingerprint of a query."""
        sealed = self._sealer.seal(encode_position(position), VERSION + fingerprint)
        return base64url(VERSION + sealed)

    def open(self, token: str, fingerprint: bytes, field: str = "page_token") -> Position:
        """Returns the position in `token`.

        Raises `InvalidArgument` for one that is not of this service and query;
        `field` names the request's field in it.
        """
        try:
            content = bytes_of_base64url(token)
            if not content.startswith(VERSION):
                raise _malformed(field)
            return decode_position(self._sealer.open(content[1:], VERSION + fingerprint))
        except ValueError:
            raise _malformed(field) from None


def query_fingerprint(app: str, *parts: str) -> bytes:
    """Returns a digest that differs wherever the app or any part of a query does."""
    digest = hashlib.sha256()
    for part in (app, *parts):
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "big"))
        digest.update(encoded)
    return digest.digest()


def _malformed(field: str) -> InvalidArgument:
    description = (
        f"The {field} is not one that this query returned; "
        "start again without it, or repeat the other arguments as they were."
    )
    return InvalidArgument.at(Reason.PAGE_TOKEN_INVALID, field, "token", description, field=field)


def encode_position(position: Position) -> bytes:
    """Returns a position as JSON text that `decode_position` reads back exactly."""
    values = [None if value is None else _tagged(value) for value in position.values]
    return json.dumps([values, position.key], separators=(",", ":")).encode("ascii")


def decode_position(content: bytes) -> Position:
    """Returns the position of such a text; raises `ValueError` for any other."""
    values, key = json.loads(content)
    return Position(
        tuple(None if value is None else _READ[value[0]](value[1]) for value in values), tuple(key)
    )


def _tagged(value: Literal) -> tuple[str, str]:
    # A datetime is a date and a boolean an integer, so the narrower type comes first.
    match value:
        case bool():
            return "b", "1" if value else ""
        case int():
            return "i", hex(value)  # decimal text stops at 4,300 digits
        case float():
            return "f", repr(value)
        case Decimal():
            return "n", str(value)
        case datetime():
            return "t", value.isoformat()
        case date():
            return "d", value.isoformat()
        case str():
            return "s", value


_READ: dict[str, Callable[[str], Literal]] = {
    "b": bool,
    "i": lambda text: int(text, 16),
    "f": float,
    "n": Decimal,
    "t": datetime.fromisoformat,
    "d": date.fromisoformat,
    "s": str,
}
