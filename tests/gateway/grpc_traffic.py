"""Calls of gRPC that go on and on, counted by how they end."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import grpc
from ownid.v1.account_pb2 import Account
from ownid.v1.account_service_pb2 import UpdateAccountRequest

from tests.support.keys import bearer
from tests.support.service import client_of

CALLERS = 8
SECONDS = 10


@dataclass
class Traffic:
    """What has become of the calls so far."""

    done: int = 0
    failures: list[tuple[float, grpc.StatusCode]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def failed_since(self, moment: float) -> Counter[grpc.StatusCode]:
        """Returns how many calls failed from a moment of `time.monotonic` on, by their codes."""
        return Counter(code for failed, code in self.failures if failed >= moment)


@contextmanager
def traffic_to(address: str) -> Iterator[Traffic]:
    """Changes an account again and again on several connections, without a change at last.

    Such calls are tried again by nobody once they have reached a server.
    """
    traffic = Traffic()
    is_over = threading.Event()
    request = UpdateAccountRequest(account=Account(name="apps/shop/accounts/1"), validate_only=True)
    request.account.profile["points"] = 1

    def call_on() -> None:
        with client_of(address) as client:
            change = client.accounts.UpdateAccount
            while not is_over.is_set():
                try:
                    change(request, metadata=bearer(), timeout=SECONDS)
                except grpc.RpcError as error:
                    traffic.failures.append((time.monotonic(), error.code()))
                with traffic.lock:
                    traffic.done += 1

    callers = [threading.Thread(target=call_on) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    try:
        yield traffic
    finally:
        is_over.set()
        for caller in callers:
            caller.join()
