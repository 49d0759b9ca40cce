"""Callers that use accounts at random, and remember what they were told."""

import itertools
import random
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from ownid.v1 import account_pb2, account_service_pb2

from tests.load.conftest import METADATA, Loaded, code_of
from tests.support.serving import error_info_in
from trials.histories import GONE, NEVER, History, Outcome, Read, Version, Write, faults_in

TIMEOUT_SECONDS = 10.0
CALLERS = 8
SLOTS = 6
"""Few, so that callers get in each other's way."""

_CREATION_TRIES = 6
_PAUSE_SECONDS = 0.05
_JOIN_SECONDS = 120

_SURELY_REFUSED = {
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
}
"""Whatever else a write ends with, it may have been done."""


@dataclass(frozen=True, slots=True)
class Held:
    """An account as a caller saw it last."""

    email: str
    name: str
    etag: str
    version: Version


@dataclass(slots=True)
class Slot:
    """The place of one account at a time: when that is deleted, of another."""

    held: Held | None = None
    making: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True)
class Told:
    """How a call ended, for figures."""

    code: grpc.StatusCode
    called: float
    answered: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.answered - self.called


@dataclass
class Registers:
    """What the callers did and were told."""

    loaded: Loaded
    seed: int = 0
    told: list[Told] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unresolved: int = 0
    _tag: str = field(default_factory=lambda: uuid.uuid4().hex)
    _slots: list[Slot] = field(default_factory=lambda: [Slot() for _ in range(SLOTS)])
    _histories: dict[str, History] = field(default_factory=dict)
    _versions: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _etags: dict[tuple[str, str], Version] = field(default_factory=dict)
    _mismatches: list[tuple[Held, str, float, float]] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def used(self) -> Iterator[None]:
        """Has the callers call for as long as the block."""
        threads = [
            threading.Thread(target=self._repeat, args=(random.Random(f"{self.seed}/{number}"),))
            for number in range(CALLERS)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            for thread in threads:
                thread.join(_JOIN_SECONDS)

    def await_calls(self, more: int, code: grpc.StatusCode | None = None) -> None:
        """Returns once so many more calls have ended, with this code where one is given."""
        began = len(self.told)
        end = time.monotonic() + _JOIN_SECONDS
        while sum(code in {None, each.code} for each in self.told[began:]) < more:
            assert time.monotonic() < end, f"no calls end with {code}: {self.codes()}"
            time.sleep(_PAUSE_SECONDS)

    @property
    def accounts(self) -> int:
        """How many accounts it is about."""
        return len(self._histories)

    def codes(self) -> Counter[str]:
        """Returns how often each code came."""
        return Counter(each.code.name for each in self.told)

    def faults(self) -> list[str]:
        """Returns what was untrue of all that was told, seen against what the database has now."""
        self._resolve_mismatches()
        self._read_database()
        return self.wrong + [
            f"{email}: {fault}"
            for email, history in self._histories.items()
            for fault in faults_in(history)
        ]

    def _repeat(self, chance: random.Random) -> None:
        calls: list[Callable[[Held, Slot], None]] = [self._read, self._change, self._delete]
        while not self._stopped.is_set():
            slot = chance.choice(self._slots)
            held = slot.held
            if held is None:
                self._make(slot)
            else:
                chance.choices(calls, (45, 50, 5))[0](held, slot)

    def _read(self, held: Held, slot: Slot) -> None:
        request = account_service_pb2.GetAccountRequest(name=held.name)
        account, error, called, answered = self._call("GetAccount", request)
        if account is not None:
            slot.held = self._seen(held.email, account, called, answered)
        elif code_of(error) is grpc.StatusCode.NOT_FOUND:
            self._see_gone(held, slot, called, answered)

    def _change(self, held: Held, slot: Slot) -> None:
        version = Version(next(self._versions))
        account = account_pb2.Account(
            name=held.name, etag=held.etag, profile={"score": version, "city": f"c{version}"}
        )
        request = account_service_pb2.UpdateAccountRequest(account=account)
        after, error, called, answered = self._call("UpdateAccount", request)
        self._note(held, slot, version, error, (called, answered))
        if after is not None:
            slot.held = self._seen(held.email, after, called, answered)

    def _delete(self, held: Held, slot: Slot) -> None:
        request = account_service_pb2.DeleteAccountRequest(name=held.name, etag=held.etag)
        _, error, called, answered = self._call("DeleteAccount", request)
        self._note(held, slot, GONE, error, (called, answered))
        if error is None:
            slot.held = None

    def _note(
        self,
        held: Held,
        slot: Slot,
        version: Version,
        error: Any,  # noqa: ANN401 - a RpcError that is a Call
        times: tuple[float, float],
    ) -> None:
        """Notes how a write ended, and what its refusal tells."""
        writes = self._histories[held.email].writes
        writes.append(Write(held.version, version, outcome_of(error), *times))
        if error is None:
            return
        if code_of(error) is grpc.StatusCode.NOT_FOUND:
            self._see_gone(held, slot, *times)
        elif code_of(error) is grpc.StatusCode.ABORTED:
            current = error_info_in(error).metadata.get("etag")
            if current:
                self._mismatches.append((held, current, *times))
                # Else callers could go on for ever with an etag that none of them reads anew.
                self._read(held, slot)

    def _make(self, slot: Slot) -> None:
        if not slot.making.acquire(blocking=False):
            self._stopped.wait(_PAUSE_SECONDS)
            return
        try:
            if slot.held is None:
                slot.held = self._made()
        finally:
            slot.making.release()

    def _made(self) -> Held | None:
        """Makes an account, with one request id however often it takes."""
        version = Version(next(self._versions))
        email = f"{self._tag}-{version}@example.com"
        profile = {"email": email, "name": "n", "team": "t", "score": version}
        request = account_service_pb2.CreateAccountRequest(
            parent="apps/shop",
            account=account_pb2.Account(profile={**profile, "city": f"c{version}"}),
            request_id=str(uuid.uuid4()),
        )
        history = self._histories[email] = History()
        began = time.monotonic()
        for _ in range(_CREATION_TRIES):
            account, error, _, answered = self._call("CreateAccount", request)
            if account is not None:
                history.writes.append(Write(NEVER, version, Outcome.DONE, began, answered))
                return self._seen(email, account, began, answered)
            if code_of(error) is grpc.StatusCode.ALREADY_EXISTS:
                self.wrong.append(f"{email}: the request id was forgotten.")
        history.writes.append(Write(NEVER, version, Outcome.UNKNOWN, began, answered))
        return None

    def _call(self, method: str, request: object) -> tuple[Any, Any, float, float]:
        """Returns the answer or the error, and when the call began and ended."""
        answer = error = None
        called = time.monotonic()
        try:
            call = getattr(self.loaded.client.accounts, method)
            answer = call(request, metadata=METADATA, timeout=TIMEOUT_SECONDS)
        except grpc.RpcError as raised:
            error = raised
        answered = time.monotonic()
        code = grpc.StatusCode.OK if error is None else code_of(error)
        self.told.append(Told(code, called, answered))
        if error is not None and outcome_of(error) is Outcome.UNKNOWN:
            self._stopped.wait(_PAUSE_SECONDS)
        return answer, error, called, answered

    def _seen(self, email: str, account: Any, called: float, answered: float) -> Held:  # noqa: ANN401 - generated without types
        version = Version(int(account.profile["score"]))
        profile = dict(account.profile.items())
        if (profile.get("city"), profile["email"]) != (f"c{version}", email):
            self.wrong.append(f"{email}: version {version} was shown in halves.")
        if self._etags.setdefault((email, account.etag), version) != version:
            self.wrong.append(f"{email}: version {version} has the etag of another.")
        self._histories[email].reads.append(Read(version, called, answered))
        return Held(email, account.name, account.etag, version)

    def _see_gone(self, held: Held, slot: Slot, called: float, answered: float) -> None:
        self._histories[held.email].reads.append(Read(GONE, called, answered))
        now = slot.held
        if now is not None and now.email == held.email:
            slot.held = None

    def _resolve_mismatches(self) -> None:
        """Takes refusals for reads; an etag that nobody ever saw an account with tells nothing."""
        for held, etag, called, answered in self._mismatches:
            version = self._etags.get((held.email, etag))
            if version is None:
                self.unresolved += 1
            else:
                self._histories[held.email].reads.append(Read(version, called, answered))

    def _read_database(self) -> None:
        now = time.monotonic()
        statement = "SELECT email, score, city FROM people LEFT JOIN homes ON person_id = id"
        found: dict[str, list[tuple[int, str]]] = defaultdict(list)
        own = f"{statement} WHERE email LIKE '{self._tag}%'"
        for email, score, city in self.loaded.people.rows(own):
            found[str(email)].append((int(str(score)), str(city)))
        for email, history in self._histories.items():
            several = found.pop(email, [])
            if len(several) > 1:
                self.wrong.append(f"{email}: made {len(several)} times.")
            for score, city in several:
                if city != f"c{score}":
                    self.wrong.append(f"{email}: version {score} is half done.")
                history.reads.append(Read(Version(score), now, now))
            if not several:
                history.reads.append(Read(GONE if _was_made(history) else NEVER, now, now))
        self.wrong += [f"{email}: nobody made it." for email in found]
        homes = self.loaded.people.rows("SELECT COUNT(*) FROM homes")[0][0]
        people = self.loaded.people.rows("SELECT COUNT(*) FROM people")[0][0]
        if homes != people:
            self.wrong.append(f"There are {people} people and {homes} homes.")


def _was_made(history: History) -> bool:
    return bool(history.reads) or any(
        each.outcome is Outcome.DONE or each.expected != NEVER for each in history.writes
    )


def outcome_of(error: Any) -> Outcome:  # noqa: ANN401 - a RpcError that is a Call
    """Returns what an error tells of a write."""
    if error is None:
        return Outcome.DONE
    return Outcome.REFUSED if code_of(error) in _SURELY_REFUSED else Outcome.UNKNOWN
