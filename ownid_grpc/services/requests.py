"""Requests that carry an id, so that a retry finds what the first try has made."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ownid_grpc.domain.account import AccountKey
from ownid_grpc.domain.paging import Position, TokenSealer, query_fingerprint
from ownid_grpc.domain.sealing import Digests
from ownid_grpc.errors import (
    Aborted,
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    PermissionDenied,
    Reason,
    ResourceExhausted,
    Unavailable,
    Unimplemented,
    Violation,
)
from ownid_grpc.services.writing import NewAccount
from ownid_grpc.state.base import RequestDigest, RequestIds, RequestState, Reservation

_REQUEST_ID = re.compile("[!-~]{1,64}")

_NOTHING_WRITTEN = (
    Aborted,
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    PermissionDenied,
    ResourceExhausted,
    Unimplemented,
)
"""Errors after which it is certain that the write did not happen."""


def check_request_id(text: str) -> None:
    """Raises `InvalidArgument` for what is no request id; an empty one is none that was given."""
    if text and not _REQUEST_ID.fullmatch(text):
        raise InvalidArgument.at(
            Reason.ARGUMENT_INVALID,
            "request_id",
            "pattern",
            "Malformed request_id; send a UUID, or 1 to 64 characters of visible ASCII.",
            field="request_id",
        )


class Requests:
    """Remembers for a day which account each request id has made.

    What it keeps says nothing of an account: ids and contents of requests as
    keyed hashes, the key of an account sealed.
    """

    def __init__(self, request_ids: RequestIds, sealer: TokenSealer, secret: bytes) -> None:
        self._request_ids = request_ids
        self._sealer = sealer
        self._digests = Digests(secret, "request id")

    def reserve(self, app: str, request_id: str, new: NewAccount) -> Reservation:
        """Takes a request id, or finds the request done or broken off.

        Raises `AlreadyExists` for one that came with another account, and
        `Aborted` while it is at work.
        """
        text = json.dumps([new.account_id, new.disabled, new.profile], sort_keys=True)
        digest, fingerprint = self._digest(app, "id", request_id), self._digest(app, "for", text)
        reservation = self._request_ids.reserve(app, digest, fingerprint)
        if reservation.fingerprint != fingerprint:
            raise _reused()
        if reservation.state is RequestState.RUNNING:
            raise Aborted(
                Reason.CONCURRENT_CHANGE,
                "The request of this request_id is still at work; send it again in a moment.",
            )
        return reservation

    def made(self, reservation: Reservation) -> AccountKey:
        """Returns the key of the account that a request which is done has made."""
        return self._sealer.open(reservation.result, _context(reservation)).key

    @contextmanager
    def settling(self, reservation: Reservation) -> Iterator[None]:
        """Tells what became of the request when the block raises."""
        try:
            yield
        except BaseException as error:
            is_new = reservation.state is RequestState.NEW
            settle = self._request_ids.break_off
            # Of a request that broke off before, an earlier try may have written all the same.
            if is_new and isinstance(error, _NOTHING_WRITTEN):
                settle = self._request_ids.release
            # What broke it is worth more to the caller than that this is not kept either.
            with suppress(Unavailable):
                settle(reservation)
            raise

    def finish(self, reservation: Reservation, key: AccountKey) -> None:
        """Keeps which account the request has made, if the store answers.

        It is made; to say otherwise would make the caller send it once more.
        """
        with suppress(Unavailable):
            sealed = self._sealer.seal(Position((), key), _context(reservation))
            self._request_ids.finish(reservation, sealed)

    def _digest(self, *parts: str) -> RequestDigest:
        return RequestDigest(self._digests.of(*parts))


def _context(reservation: Reservation) -> bytes:
    return query_fingerprint(reservation.app, "request", reservation.request_id)


def _reused() -> AlreadyExists:
    description = "This request_id was sent before with another request; send a new one."
    return AlreadyExists(
        Reason.REQUEST_ID_REUSED,
        description,
        {"field": "request_id"},
        (Violation("request_id", "unique", description),),
    )
