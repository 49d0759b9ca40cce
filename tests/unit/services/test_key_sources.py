"""Holds the sources of callers' keys to renewing themselves and to surviving what fails."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ownid_grpc.services.key_sources import KeySets, KeySetSource
from ownid_grpc.telemetry.logs import new_logger

from .sourced_keys import Clock, ids_of, new_key


@dataclass
class Publisher:
    """An identity provider's key set on loopback: what it answers, and how often it was asked."""

    status: int = 200
    content: bytes = b""
    location: str = ""
    count: int = 0
    gate: threading.Event = field(default_factory=threading.Event)
    asked: threading.Event = field(default_factory=threading.Event)
    is_dripping: bool = False
    is_over: threading.Event = field(default_factory=threading.Event)

    def publish(self, **keys: Ed25519PublicKey) -> None:
        """Has these keys in the set, by their ids."""
        self.content = json.dumps({"keys": [jwk(key, kid) for kid, key in keys.items()]}).encode()


def jwk(key: Ed25519PublicKey, kid: str) -> dict[str, Any]:
    """Returns a key as RFC 8037 writes it."""
    return {**jwt.algorithms.OKPAlgorithm.to_jwk(key, as_dict=True), "kid": kid}


@pytest.fixture
def publisher() -> Publisher:
    """Returns a publisher that answers at once."""
    publisher = Publisher()
    publisher.gate.set()
    return publisher


@pytest.fixture
def clock() -> Clock:
    """Returns the clock of the sources."""
    return Clock()


@pytest.fixture
def source(publisher: Publisher, clock: Clock) -> Iterator[KeySetSource]:
    """Gives the source that asks the publisher."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            publisher.count += 1
            publisher.asked.set()
            publisher.gate.wait(10)
            self.send_response(publisher.status)
            if publisher.location:
                self.send_header("location", publisher.location)
            self.end_headers()
            self.wfile.write(publisher.content)
            with suppress(OSError):
                while publisher.is_dripping and not publisher.is_over.wait(0.01):
                    self.wfile.write(b" ")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield KeySetSource(f"http://127.0.0.1:{server.server_port}/keys", new_logger(), clock)
        publisher.gate.set()
        publisher.is_over.set()
        server.shutdown()


def test_set_is_fetched_once_for_many(source: KeySetSource, publisher: Publisher) -> None:
    """Callers who come at once wait for one fetch, and share what it brings."""
    publisher.publish(one=new_key())

    with ThreadPoolExecutor(8) as pool:
        found = [*pool.map(lambda _: ids_of(source, "one"), range(8))]

    assert found == [{"one"}] * 8
    assert publisher.count == 1


def test_unknown_key_has_the_set_fetched_again(
    source: KeySetSource, publisher: Publisher, clock: Clock
) -> None:
    """A key that was published since is found, at most one fetch in ten seconds."""
    publisher.publish(one=new_key())
    ids_of(source, "one")
    publisher.publish(one=new_key(), two=new_key())
    clock.now += 9
    assert ids_of(source, "two") == {"one"}

    clock.now += 1
    assert ids_of(source, "two") == {"one", "two"}
    for _ in range(100):
        ids_of(source, "never was")
    assert publisher.count == 2


def test_key_taken_out_of_the_set_goes(
    source: KeySetSource, publisher: Publisher, clock: Clock
) -> None:
    """After ten minutes the set is fetched again, and what it lacks is believed no more."""
    publisher.publish(one=new_key(), two=new_key())
    ids_of(source, "one")
    publisher.publish(two=new_key())
    clock.now += 599
    assert ids_of(source, "two") == {"one", "two"}
    clock.now += 1

    assert ids_of(source, "two") == {"two"}


@pytest.mark.parametrize(
    ("status", "content"),
    [
        pytest.param(500, b"", id="error"),
        pytest.param(200, b"<html>", id="no JSON"),
        pytest.param(200, b"[]", id="no set"),
        pytest.param(200, b'{"keys": []}', id="empty"),
        pytest.param(200, b'{"keys": [{"kty": "oct", "k": "AA"}]}', id="no public key"),
        pytest.param(200, b" " * (1024 * 1024 + 1), id="too large"),
        pytest.param(200, b"[" * 100_000, id="too deep"),
    ],
)
def test_last_good_set_is_kept(
    source: KeySetSource, publisher: Publisher, clock: Clock, status: int, content: bytes
) -> None:
    """While the URL has nothing good to say, what it said before holds; then it is heard again."""
    publisher.publish(one=new_key())
    ids_of(source, "one")
    publisher.status, publisher.content = status, content
    clock.now += 700
    assert ids_of(source, "one") == {"one"}

    publisher.status = 200
    publisher.publish(two=new_key())
    clock.now += 10

    assert ids_of(source, "two") == {"two"}


def test_who_is_known_does_not_wait_for_a_fetch(
    source: KeySetSource, publisher: Publisher, clock: Clock
) -> None:
    """While one caller waits for a slow URL, the others go on with the keys that there are."""
    publisher.publish(one=new_key())
    ids_of(source, "one")
    publisher.gate.clear()
    publisher.asked.clear()
    clock.now += 700

    with ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(ids_of, source, "one")
        assert publisher.asked.wait(2)
        assert pool.submit(ids_of, source, "one").result(timeout=2) == {"one"}
        assert not waiting.done()
        publisher.gate.set()


@pytest.mark.parametrize("is_dripping", [True, False], ids=["drips", "does not answer"])
def test_nobody_waits_for_ever(
    source: KeySetSource, publisher: Publisher, clock: Clock, *, is_dripping: bool
) -> None:
    """A URL that answers too slowly takes no key away, and holds nobody up."""
    publisher.publish(one=new_key())
    ids_of(source, "one")
    publisher.is_dripping = is_dripping
    if not is_dripping:
        publisher.gate.clear()
    source.fetch_seconds = 0.2
    clock.now += 700

    assert ids_of(source, "two") == {"one"}
    assert publisher.count == 2
    assert not source.is_current


def test_set_that_was_fetched_is_current(
    source: KeySetSource, publisher: Publisher, clock: Clock
) -> None:
    """Whether a key that is not known may yet be one, is known while the URL answers."""
    assert not source.is_current
    publisher.publish(one=new_key())
    ids_of(source, "never was")
    assert source.is_current

    publisher.status = 503
    clock.now += 10
    ids_of(source, "never was")

    assert not source.is_current


def test_set_is_shared_by_all_who_trust_it() -> None:
    """A URL has one source, however often it is named, so that its keys outlive a reload."""
    sets = KeySets(new_logger())

    assert sets.at("https://a.example.com/keys") is sets.at("https://a.example.com/keys")
    assert sets.at("https://a.example.com/keys") is not sets.at("https://b.example.com/keys")


def test_redirect_is_not_followed(source: KeySetSource, publisher: Publisher) -> None:
    """The operator named one address, and no other is asked in its place."""
    publisher.publish(one=new_key())
    publisher.status, publisher.location = 302, "/elsewhere"

    assert ids_of(source, "one") == set()
    assert publisher.count == 1


def test_keys_for_other_ends_are_left_out(source: KeySetSource, publisher: Publisher) -> None:
    """A set may hold keys for encryption and of kinds that are not supported."""
    others = [
        jwk(new_key(), "encrypts") | {"use": "enc"},
        jwk(new_key(), "signs only") | {"key_ops": ["sign"]},
        {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA", "kid": "strange"},
    ]
    content = {"keys": [*others, jwk(new_key(), "signs")]}
    publisher.content = json.dumps(content).encode()

    assert ids_of(source, "signs") == {"signs"}
