"""Streams: everything that matches out, accounts in; bytes are counted, messages barely read."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.load.http2 import Http2Connection, WrongAnswer, messages_in

_ACCOUNT = 0x0A
"""The tag of field 1, length-delimited: `accounts` of SearchAccountsResponse."""


@dataclass(frozen=True, slots=True)
class Streamed:
    """What came of one stream."""

    accounts: int
    octets: int
    seconds: float
    first_seconds: float

    @property
    def rate(self) -> float:
        """Accounts a second."""
        return self.accounts / self.seconds


def search(address: str, request: bytes, metadata: Sequence[tuple[str, str]] = ()) -> Streamed:
    """Calls SearchAccounts and counts what comes."""
    accounts = octets = 0
    first = 0.0
    start = time.perf_counter()
    with Http2Connection(address, "/ownid.v1.AccountService/SearchAccounts", metadata) as opened:
        number = opened.begin(request)
        for message in _messages(opened, number):
            first = first or time.perf_counter() - start
            octets += len(message)
            accounts += _accounts_in(message)
    return Streamed(accounts, octets, time.perf_counter() - start, first)


def import_all(
    address: str, messages: Iterator[bytes], metadata: Sequence[tuple[str, str]] = ()
) -> Streamed:
    """Calls ImportAccounts with messages that are framed already, and counts the results.

    Raises `WrongAnswer` where one of them says that its account was not made.
    """
    accounts = octets = 0
    first = 0.0
    start = time.perf_counter()
    with Http2Connection(address, "/ownid.v1.AccountService/ImportAccounts", metadata) as opened:
        number = opened.open()
        for message in _exchanged(opened, number, messages):
            first = first or time.perf_counter() - start
            octets += len(message)
            accounts += 1
            if b"apps/" not in message:
                raise WrongAnswer(f"An account was not imported: {message!r}.")
    return Streamed(accounts, octets, time.perf_counter() - start, first)


def _messages(opened: Http2Connection, number: int) -> Iterator[bytes]:
    waiting = b""
    while not opened.is_over(number):
        opened.read()
        waiting, whole = _split(waiting + opened.take(number))
        yield from messages_in(whole)


def _exchanged(opened: Http2Connection, number: int, messages: Iterator[bytes]) -> Iterator[bytes]:
    """Sends as much as the server takes, and yields what it answers meanwhile."""
    unsent, waiting, is_sent = b"", b"", False
    while not opened.is_over(number):
        while not is_sent and (size := opened.sendable(number)) > 0:
            while len(unsent) < size and (more := next(messages, b"")):
                unsent += more
            is_sent = len(unsent) <= size
            opened.send(number, unsent[:size], is_last=is_sent)
            unsent = unsent[size:]
        opened.read()
        waiting, whole = _split(waiting + opened.take(number))
        yield from messages_in(whole)


def _split(content: bytes) -> tuple[bytes, bytes]:
    """Returns what is left of a message that is not whole yet, and those that are."""
    at = 0
    while at + 5 <= len(content):
        end = at + 5 + int.from_bytes(content[at + 1 : at + 5], "big")
        if end > len(content):
            break
        at = end
    return content[at:], content[:at]


def _accounts_in(message: bytes) -> int:
    """Counts the accounts without reading them."""
    at = count = 0
    while at < len(message):
        tag, size, shift, at = message[at], 0, 0, at + 1
        while True:
            octet = message[at]
            at += 1
            size |= (octet & 127) << shift
            shift += 7
            if octet < 128:  # noqa: PLR2004 - the last octet of a varint
                break
        at += size
        count += tag == _ACCOUNT
    return count
