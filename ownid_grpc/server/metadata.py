"""What the metadata of a call says: its id, and the credential that it carries."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import uuid_utils

from ownid_grpc.errors import Reason, Unauthenticated

REQUEST_ID = "x-request-id"
TRACEPARENT = "traceparent"

_OURS = frozenset((REQUEST_ID, TRACEPARENT, "authorization", "cookie", "origin"))
_REQUEST_ID = re.compile(r"[A-Za-z0-9._~:/+=@-]{1,128}")


@dataclass(frozen=True, slots=True)
class CallMetadata:
    """The keys of a call that are ours to read."""

    request_id: str
    authorization: tuple[str, ...] = ()
    cookies: tuple[str, ...] = ()
    origin: str | None = None
    certificate_names: tuple[str, ...] = ()
    traceparent: str = ""

    def bearer_token(self) -> str:
        """Returns the token of `authorization: Bearer …`; raises `Unauthenticated` without one."""
        if not self.authorization:
            raise Unauthenticated(
                Reason.CREDENTIAL_MISSING,
                "This method needs a credential; send the metadata authorization: Bearer <token>.",
            )
        scheme, _, token = self.authorization[0].partition(" ")
        if len(self.authorization) > 1 or scheme.lower() != "bearer" or not token:
            raise Unauthenticated(
                Reason.CREDENTIAL_INVALID,
                "The metadata authorization must be there once, as: Bearer <token>.",
            )
        return token.strip(" ")


def read_metadata(metadata: Iterable[tuple[str, str | bytes]]) -> CallMetadata:
    """Returns what the metadata says; a call without a fit id of its own is given one."""
    sent: dict[str, list[str]] = {}
    for key, value in metadata:
        if key in _OURS:
            sent.setdefault(key, []).append(str(value))
    request_id = sent.get(REQUEST_ID, [""])[-1]
    if _REQUEST_ID.fullmatch(request_id) is None:
        request_id = new_id()
    origins = sent.get("origin", [None])
    # Two origins are those of no page.
    origin = origins[0] if len(origins) == 1 else ""
    return CallMetadata(
        request_id,
        tuple(sent.get("authorization", ())),
        tuple(sent.get("cookie", ())),
        origin,
        traceparent=sent.get(TRACEPARENT, [""])[-1],
    )


def new_id() -> str:
    """Returns an id that no other call has; later ones sort behind earlier ones."""
    return uuid_utils.uuid7().hex
