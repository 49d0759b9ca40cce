"""Parts one of two replicas from the state store that they share, and sees what it still believes.

    python -m trials.partition [--kind postgresql] [--seconds 15]

The line between is a proxy of ours, not a network namespace: what the replica
notices is the same, and it needs no rights on the machine.
"""

import argparse
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from ownid.v1 import account_pb2, account_service_pb2, session_service_pb2
from ownid.v1.session_service_pb2_grpc import SessionServiceStub

from tests.load.conftest import METADATA, code_of
from tests.support.people import SCHEMA, People, Place, place_of
from tests.support.proxy import Line, Proxy, proxy_to
from tests.support.service import NOT_SERVING, SERVING, Client, running_service, write_config
from tests.support.sessions import User
from tests.support.watching import Page
from trials.databases import upstream_of, url_through
from trials.outages import KINDS

LINES = {"cut": Line(is_cut=True), "half-open": Line(is_silent=True)}
SESSIONS = 20
CREATIONS = 40

_OK = grpc.StatusCode.OK
_TIMEOUT_SECONDS = 10.0
_LEASE_SECONDS = 90.0
"""A call that broke off lends its request id to nobody else for a minute."""


@dataclass(frozen=True)
class Replicas:
    """Two replicas; `there` reaches the state store through the line."""

    people: People
    here: Client
    there: Client
    proxy: Proxy


@dataclass
class Found:
    """What the parted replica answered, and what was wrong with it."""

    codes: Counter[str] = field(default_factory=Counter)
    creations: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


@contextmanager
def replicas(place: Place) -> Iterator[Replicas]:
    """Runs two replicas on people in a file, and a state store in a database of that kind."""
    with (
        tempfile.TemporaryDirectory(prefix="ownid-partition-") as name,
        place_of("sqlite") as people_place,
        people_place.people(is_unique=False) as people,
        proxy_to(upstream_of(place.url)) as proxy,
    ):
        people.fill(1)
        user = "root" if place.kind == "mariadb" else "postgres"
        urls = {"here": place.url, "there": url_through(proxy, place.url, user)}
        configs = []
        for side, url in urls.items():
            folder = Path(name) / side
            folder.mkdir()
            configs.append(write_config(folder, people.mapping(), state=url))
        with (
            running_service(configs[0]) as one,
            running_service(configs[1]) as two,
            one.client() as here,
            two.client() as there,
        ):
            here.await_health(SERVING)
            there.await_health(SERVING)
            here.set_schema(SCHEMA)
            yield Replicas(people, here, there, proxy)


def parted(pair: Replicas, line: Line, seconds: float) -> Found:
    """Parts `there` from the store while sessions end and accounts are made on both sides."""
    found = Found()
    users = [_signed_in(pair) for _ in range(SESSIONS)]
    pages = [Page(user) for user in users]
    for page in pages:
        page.await_open()
    requests = [_creation() for _ in range(CREATIONS)]
    with ThreadPoolExecutor(CREATIONS) as callers:
        struck = [callers.submit(_create, pair.there, each, found) for each in requests]
        with pair.proxy.carrying(line):
            _end_sessions(pair, users)
            _ask(users, time.monotonic() + seconds, found)
            pair.there.await_health(NOT_SERVING)
            for each in requests[: CREATIONS // 2]:  # these are asked for on both sides
                _create(pair.here, each, found)
        healed = time.monotonic()
        for answer in struck:
            answer.result()
    found.seconds["health"] = pair.there.await_health(SERVING)
    _ask(users, time.monotonic() + 1, found)
    _await_ends(pages, found)
    found.seconds["pages told"] = time.monotonic() - healed
    _hold_to_request_ids(pair, requests, found)
    found.seconds["request ids settled"] = time.monotonic() - healed
    return found


def _signed_in(pair: Replicas) -> User:
    stub: Any = SessionServiceStub(pair.here.channel)
    request = session_service_pb2.CreateSessionRequest(parent="apps/shop/accounts/1")
    opened = stub.CreateSession(request, metadata=METADATA, timeout=_TIMEOUT_SECONDS)
    there: Any = SessionServiceStub(pair.there.channel)
    user = User(there, opened.access_token, opened.refresh_token)
    user.call("GetCurrentSession")
    return user


def _end_sessions(pair: Replicas, users: Sequence[User]) -> None:
    """Ends the session of each user on this side; from then on they are over everywhere."""
    stub: Any = SessionServiceStub(pair.here.channel)
    for user in users:
        request = session_service_pb2.RevokeCurrentSessionRequest(parent="apps/shop")
        stub.RevokeCurrentSession(request, metadata=user.bearer(), timeout=_TIMEOUT_SECONDS)


def _ask(users: Sequence[User], end: float, found: Found) -> None:
    """Has ended sessions be tried on the other side: none is to be honoured."""
    methods = ("GetCurrentSession", "GetSessionAccount")

    def ask(user: User) -> None:
        while time.monotonic() < end:
            for method in methods:
                code = _code(user, method)
                found.codes[code.name] += 1
                if code is _OK:
                    found.wrong.append(f"{method} honoured a session that was over.")

    threads = [threading.Thread(target=ask, args=(user,)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _code(user: User, method: str) -> grpc.StatusCode:
    try:
        user.call(method)
    except grpc.RpcError as error:
        return code_of(error)
    return _OK


def _await_ends(pages: Sequence[Page], found: Found) -> None:
    for page in pages:
        told = page.next(30)
        if not told.startswith("session_ended"):
            found.wrong.append(f"An open page was told {told}, not that its session had ended.")


def _creation() -> account_service_pb2.CreateAccountRequest:
    number = uuid.uuid4()
    profile = {"email": f"{number}@example.com", "name": "n", "team": "t", "city": "c"}
    return account_service_pb2.CreateAccountRequest(
        parent="apps/shop", account=account_pb2.Account(profile=profile), request_id=str(number)
    )


def _create(client: Client, request: Any, found: Found) -> str:  # noqa: ANN401 - generated without types
    """Returns the name of the account, "" where it was not made for all that one knows."""
    try:
        account = client.accounts.CreateAccount(
            request, metadata=METADATA, timeout=_TIMEOUT_SECONDS
        )
    except grpc.RpcError as error:
        found.creations[code_of(error).name] += 1
        return ""
    found.creations["OK"] += 1
    return str(account.name)


def _hold_to_request_ids(pair: Replicas, requests: Sequence[Any], found: Found) -> None:
    """Asks both sides for every account until they give it: it is to be the same one."""
    end = time.monotonic() + _LEASE_SECONDS
    for request in requests:
        names = {_insist(client, request, found, end) for client in (pair.there, pair.here)}
        email = request.account.profile["email"]
        count = pair.people.rows(f"SELECT COUNT(*) FROM people WHERE email = '{email}'")[0][0]
        if len(names) != 1 or "" in names or count != 1:
            found.wrong.append(f"A request id made {count} accounts, called {sorted(names)}.")


def _insist(client: Client, request: Any, found: Found, end: float) -> str:  # noqa: ANN401 - likewise
    while not (name := _create(client, request, found)) and time.monotonic() < end:
        time.sleep(0.2)
    return name


def main() -> int:
    """Runs the trial, and ends with 1 where anything was honoured that was over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=KINDS, action="append")
    parser.add_argument("--seconds", type=float, default=15)
    words = parser.parse_args()
    is_good = True
    for kind in words.kind or KINDS:
        with place_of(kind) as place, replicas(place) as pair:
            for name, line in LINES.items():
                found = parted(pair, line, words.seconds)
                print(f"{kind}, {name}: answers to ended sessions {dict(found.codes)}")
                print(f"  creations {dict(found.creations)}")
                print(f"  seconds { ({key: round(s, 1) for key, s in found.seconds.items()}) }")
                print(f"  untrue: {found.wrong or 'none'}", flush=True)
                is_good = is_good and not found.wrong
    return 0 if is_good else 1


if __name__ == "__main__":
    raise SystemExit(main())
