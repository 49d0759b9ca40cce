"""A search as a client must do it: it goes on where it broke off, and knows when it is whole."""

import random
import time
from collections.abc import Callable, Iterator, Sequence

from ownid.v1.account_pb2 import Account
from ownid.v1.account_service_pb2 import SearchAccountsRequest

from ownid_grpc.cli.client import Client
from ownid_grpc.cli.errors import UNAVAILABLE, CallError

_FIRST_DELAY_SECONDS = 0.25
_LONGEST_DELAY_SECONDS = 8.0


def search_accounts(
    client: Client,
    request: SearchAccountsRequest,
    *,
    retries: int,
    announce: Callable[[str], None],
) -> Iterator[Sequence[Account]]:
    """Yields all the accounts that match, as they come, each of them once.

    A stream that breaks is resumed behind the last message that was taken,
    at most `retries` times in a row without another message, and never before
    the first. `announce` is told of it. `request` is left with the resume
    token of that message. Raises `CallError` where it cannot be finished.
    """
    failures = 0
    has_begun = False
    while True:
        try:
            for message in client.stream(client.accounts.SearchAccounts, request):
                yield message.accounts
                if not message.resume_token:
                    return
                request.resume_token = message.resume_token
                has_begun, failures = True, 0
            raise _cut_short()
        except CallError as error:
            failures += 1
            delay = _delay_seconds(error, failures)
            if not (has_begun and error.is_transient) or failures > retries:
                raise
            left = client.remaining_seconds()
            if left is not None and left <= delay:
                raise
            announce(f"the search broke off, and goes on in {delay:.1f} s")
        time.sleep(delay)


def _cut_short() -> CallError:
    message = "The stream of accounts ended before its last message."
    return CallError(message, UNAVAILABLE, is_transient=True)


def _delay_seconds(error: CallError, failures: int) -> float:
    longest = min(_FIRST_DELAY_SECONDS * 2 ** (failures - 1), _LONGEST_DELAY_SECONDS)
    # Clients that one failure cut off do not all come back at one moment.
    drawn = random.uniform(longest / 2, longest)  # noqa: S311 - no secret
    return max(drawn, min(error.retry_seconds, _LONGEST_DELAY_SECONDS))
