"""Clients that write all the time, and remember what they were told."""

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import grpc
from ownid.v1 import account_pb2, account_service_pb2

from tests.support.keys import ISSUED, bearer
from tests.support.service import Client, client_of

METADATA = bearer(exp=ISSUED + 24 * 3600)
PARENT = "apps/shop"

_CALL_SECONDS = 10
_RETRY_SECONDS = 2.0
_PAUSE_SECONDS = 0.02
_BROKEN_OFF = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
)
"""What a call ends with whose outcome nobody knows."""

Profile: TypeAlias = Mapping[str, object]


@dataclass(slots=True)
class Written:
    """An account as its only writer knows it."""

    name: str
    etag: str
    request_id: str
    email: str
    score: int = 0


@dataclass(slots=True)
class Writer:
    """One client, whose accounts nobody else writes; what must not be is in `faults`.

    An account's score goes up by one with each update, and the city, which is
    in another table, says the same number.
    """

    address: str
    accounts: list[Written] = field(default_factory=list)
    open: dict[str, tuple[str, float]] = field(default_factory=dict)
    """Creations whose outcome is not known: email and time of the last try, by request id."""
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    is_writing: bool = False
    _running: threading.Event = field(default_factory=threading.Event)
    _idle: threading.Event = field(default_factory=threading.Event)
    _is_over: bool = False

    @property
    def acknowledged(self) -> int:
        """How many writes it was told of that they are done."""
        return self.counts["created"] + self.counts["updated"]

    def run(self) -> None:
        """Writes whenever it is not paused, until it is over."""
        with client_of(self.address) as client:
            while not self._is_over:
                if not self._running.is_set():
                    self._idle.set()
                    self._running.wait()
                    continue
                self._step(client)

    def resume(self) -> None:
        """Has it write."""
        self._idle.clear()
        self._running.set()

    def pause(self) -> None:
        """Returns once no call is under way; outcomes of updates are known then."""
        self._running.clear()
        if not self._idle.wait(60):
            self.faults.append("A call has no end.")

    def end(self) -> None:
        """Has it end."""
        self._is_over = True
        self._running.set()

    def settle(self) -> None:
        """Returns once no creation is open; a claim of a dead worker ends within a minute."""
        with client_of(self.address) as client:
            end = time.monotonic() + 120
            while self.open and time.monotonic() < end:
                for request_id in [*self.open]:
                    self._create(client, request_id, self.open[request_id][0])
                time.sleep(_RETRY_SECONDS)

    def replay(self) -> None:
        """Sends a creation that is done once more, and expects the same account."""
        if not self.accounts:
            return
        account = random.choice(self.accounts)
        with client_of(self.address) as client:
            found = self._made(client, account.request_id, account.email)
        self.counts["replayed"] += 1
        if found.name != account.name:
            self.faults.append("A creation that was sent again has made another account.")

    def _step(self, client: Client) -> None:
        now = time.monotonic()
        due = [each for each, (_, tried) in self.open.items() if now - tried > _RETRY_SECONDS]
        if due:
            self._create(client, due[0], self.open[due[0]][0])
        elif not self.accounts or random.random() < 0.5:
            self._create(client, str(uuid.uuid4()), f"{uuid.uuid4()}@example.com")
        else:
            self._update(client, random.choice(self.accounts))

    def _create(self, client: Client, request_id: str, email: str) -> None:
        is_retry = request_id in self.open
        try:
            account = self._made(client, request_id, email)
        except grpc.RpcError as error:
            self.open[request_id] = (email, time.monotonic())
            self._note(error, "creation", allowed=(grpc.StatusCode.ABORTED,) if is_retry else ())
            return
        self.open.pop(request_id, None)
        self.counts["created"] += 1
        self.counts["created on retry"] += is_retry
        self.accounts.append(Written(account.name, account.etag, request_id, email))

    def _made(self, client: Client, request_id: str, email: str) -> Any:  # noqa: ANN401 - generated
        account = account_pb2.Account(
            profile={"email": email, "name": "n", "team": "t", "score": 0, "city": "c0"}
        )
        request = account_service_pb2.CreateAccountRequest(
            parent=PARENT, account=account, request_id=request_id
        )
        return self._write(client.accounts.CreateAccount, request)

    def _update(self, client: Client, account: Written) -> None:
        score = account.score + 1
        profile: Profile = {"score": score, "city": f"c{score}"}
        wanted = account_pb2.Account(name=account.name, etag=account.etag, profile=profile)
        request = account_service_pb2.UpdateAccountRequest(account=wanted)
        try:
            account.etag = self._write(client.accounts.UpdateAccount, request).etag
        except grpc.RpcError as error:
            self._note(error, "update")
            self._find_out(client, account)
            return
        account.score = score
        self.counts["updated"] += 1

    def _find_out(self, client: Client, account: Written) -> None:
        """Learns whether an update that broke off is written; tries it again if it is not."""
        request = account_service_pb2.GetAccountRequest(name=account.name)
        while True:
            try:
                found = self._call(client.accounts.GetAccount, request)
            except grpc.RpcError:
                time.sleep(_PAUSE_SECONDS)
                continue
            break
        score = int(found.profile["score"])
        if score not in (account.score, account.score + 1):
            self.faults.append(f"A score is {score} where it was {account.score}.")
        self.counts["updated unsaid"] += score > account.score
        account.score, account.etag = score, found.etag

    def _write(self, method: Callable[..., Any], request: object) -> Any:  # noqa: ANN401 - generated
        self.is_writing = True
        try:
            return self._call(method, request)
        finally:
            self.is_writing = False

    def _call(self, method: Callable[..., Any], request: object) -> Any:  # noqa: ANN401 - likewise
        return method(request, metadata=METADATA, timeout=_CALL_SECONDS)

    def _note(
        self,
        error: Any,  # noqa: ANN401 - a RpcError that is a Call
        what: str,
        allowed: tuple[grpc.StatusCode, ...] = (),
    ) -> None:
        self.counts[f"{what} broken off"] += 1
        if error.code() not in (*_BROKEN_OFF, *allowed):
            self.faults.append(f"A {what} ended with {error.code().name}.")
        time.sleep(_PAUSE_SECONDS)
