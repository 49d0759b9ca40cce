"""Holds the ring of signing keys to what every replica and every verifier relies on."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ownid_grpc.errors import Reason, Unavailable
from ownid_grpc.services.signing import LEAD, OVERLAP, SigningRing
from ownid_grpc.state.base import SigningKey, SigningKeys
from ownid_grpc.state.sql import SqlStateStore
from tests.support.shop import APP, SECRET

ROTATION = timedelta(days=30)
A_WHILE = timedelta(minutes=2)
"""Longer than a replica goes without a look at the store."""


class CountedKeys:
    """The keys of a store, which counts how often they are read, and can be taken away."""

    def __init__(self, keys: SigningKeys) -> None:
        self._keys = keys
        self.is_down = False
        self.looks = 0
        self.all_have_read: threading.Barrier | None = None

    def of_app(self, app: str) -> Sequence[SigningKey]:
        """Returns the keys; raises `Unavailable` while the store is down."""
        self.looks += 1
        if self.is_down:
            raise Unavailable(Reason.DATABASE_UNAVAILABLE, "The store is down.")
        keys = self._keys.of_app(app)
        if self.all_have_read is not None:
            self.all_have_read.wait(10)
        return keys

    def last_number(self, app: str) -> int:
        """Returns the highest number."""
        return self._keys.last_number(app)

    def add(self, key: SigningKey) -> bool:
        """Adds a key."""
        return self._keys.add(key)

    def remove(self, app: str, *, below: int) -> None:
        """Removes keys."""
        self._keys.remove(app, below=below)


class Replicas:
    """Replicas over one store, with clocks that may differ."""

    def __init__(self, folder: Path, opened: ExitStack) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self._url = f"sqlite:///{folder / 'state.db'}"
        self._opened = opened

    def keys(self, secret: bytes = SECRET) -> CountedKeys:
        """Opens the store with a secret."""
        state = SqlStateStore(self._url, secret)
        state.migrate()
        self._opened.callback(state.close)
        return CountedKeys(state.signing_keys)

    def ring(self, keys: CountedKeys | None = None, skew: float = 0) -> SigningRing:
        """Starts a replica whose clock is some seconds ahead."""

        def clock() -> datetime:
            return self.now + timedelta(seconds=skew)

        def monotonic() -> float:
            return self.now.timestamp()

        return SigningRing(keys or self.keys(), {APP: ROTATION}, clock, monotonic)

    def rings_in_step(self, count: int) -> list[SigningRing]:
        """Starts replicas of which none goes on before all have read what the store has."""
        keys = [self.keys() for _ in range(count)]
        barrier = threading.Barrier(count)
        for each in keys:
            each.all_have_read = barrier
        return [self.ring(each) for each in keys]


@pytest.fixture
def replicas(tmp_path: Path) -> Iterator[Replicas]:
    """Gives replicas over a store that has no keys."""
    with ExitStack() as opened:
        yield Replicas(tmp_path, opened)


def ids(ring: SigningRing) -> list[str]:
    """Returns the ids of the keys that a replica publishes."""
    return [each.key_id for each in ring.published(APP)]


def test_replicas_that_start_together_make_one_key(replicas: Replicas) -> None:
    """However many replicas find the store empty at the same moment, they sign with one key."""
    rings = replicas.rings_in_step(8)

    with ThreadPoolExecutor(len(rings)) as pool:
        signers = {each.key_id for each in pool.map(lambda ring: ring.current(APP), rings)}

    assert len(signers) == 1
    assert len(replicas.keys().of_app(APP)) == 1


def test_replicas_make_the_next_key_once(replicas: Replicas) -> None:
    """When the next key is due on all replicas at once, one makes it for all."""
    replicas.ring().current(APP)
    replicas.now += ROTATION - LEAD
    rings = replicas.rings_in_step(8)

    with ThreadPoolExecutor(len(rings)) as pool:
        published = {tuple(each) for each in pool.map(ids, rings)}

    assert [len(each) for each in published] == [2]


def test_replica_whose_clock_is_behind_signs_with_a_key_of_the_future(replicas: Replicas) -> None:
    """The first key is every replica's, also of one for which its time has not come."""
    first = replicas.ring(skew=5).current(APP)

    assert replicas.ring(skew=-5).current(APP).key_id == first.key_id


def test_key_is_published_for_an_hour_before_it_signs(replicas: Replicas) -> None:
    """Who keeps the key set for less than an hour always has the key that signs."""
    ring = replicas.ring()
    first = ring.current(APP).key_id
    replicas.now += ROTATION - LEAD - A_WHILE
    assert ids(ring) == [first]

    replicas.now += A_WHILE
    _, second = ids(ring)
    replicas.now += LEAD - timedelta(seconds=1)
    assert ring.current(APP).key_id == first

    replicas.now += timedelta(seconds=1)
    assert ring.current(APP).key_id == second


def test_key_that_signs_no_more_is_published_until_its_tokens_end(replicas: Replicas) -> None:
    """The last token of a key can be verified for as long as any token lasts, and no longer."""
    ring = replicas.ring()
    first = ring.current(APP).key_id
    replicas.now += ROTATION - LEAD
    ids(ring)

    replicas.now += LEAD + OVERLAP - timedelta(seconds=1)
    assert ring.find(APP, first) is not None
    replicas.now += A_WHILE
    assert ring.find(APP, first) is None
    assert first not in [key.key_id for key in replicas.keys().of_app(APP)]


def test_service_that_slept_signs_with_the_old_key_until_the_new_is_known(
    replicas: Replicas,
) -> None:
    """A key that was due long ago does not sign before it has been published for an hour."""
    ring = replicas.ring()
    first = ring.current(APP).key_id
    replicas.now += 5 * ROTATION

    assert ring.current(APP).key_id == first
    _, second = ids(ring)
    replicas.now += LEAD
    assert ring.current(APP).key_id == second


def test_keys_are_replaced_for_years(replicas: Replicas) -> None:
    """Looked at each day, the ring always signs with a key of at most `rotation` of age."""
    ring, seen = replicas.ring(), set()
    for _ in range(3 * 365):
        signer = ring.current(APP)
        seen.add(signer.key_id)
        assert timedelta(0) <= replicas.now - signer.start_time <= ROTATION + timedelta(days=1)
        assert len(ids(ring)) <= 2
        replicas.now += timedelta(days=1)

    assert 34 <= len(seen) <= 37


def test_key_of_another_replica_is_found_at_once(replicas: Replicas) -> None:
    """A token signed with a key that this replica has not seen yet verifies all the same."""
    ring, keys = replicas.ring(), replicas.keys()
    known = ring.current(APP)
    replicas.now += timedelta(seconds=2)
    (row,) = keys.of_app(APP)
    assert keys.add(replace(row, number=2, key_id="another"))

    assert ring.find(APP, "another") is not None
    assert ring.find(APP, known.key_id) is not None


def test_unknown_key_is_looked_up_once_a_second(replicas: Replicas) -> None:
    """Whoever sends ids that never were, on many threads, has the store read once a second."""
    keys = replicas.keys()
    ring = replicas.ring(keys)
    ring.current(APP)
    for seconds in (1, 2, 3):
        replicas.now += timedelta(seconds=1)
        keys.looks = 0
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda number: ring.find(APP, f"no {number}"), range(100)))

        assert found == [None] * 100, seconds
        assert keys.looks == 1


def test_known_keys_are_looked_at_once_a_minute(replicas: Replicas) -> None:
    """Signing and verifying cost the store one look a minute, with any number of threads."""
    keys = replicas.keys()
    ring = replicas.ring(keys)
    known = ring.current(APP).key_id
    keys.looks = 0
    replicas.now += timedelta(seconds=59)
    assert ring.find(APP, known)
    assert keys.looks == 0
    replicas.now += timedelta(seconds=1)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda _: ring.find(APP, known), range(100)))

    assert keys.looks == 1


def test_store_that_is_down_is_said_to_be(replicas: Replicas) -> None:
    """No key counts as unknown because the store does not answer, and the next call asks again."""
    keys = replicas.keys()
    ring = replicas.ring(keys)
    known = ring.current(APP).key_id
    replicas.now += A_WHILE
    keys.is_down = True
    with pytest.raises(Unavailable):
        ring.find(APP, "another")

    keys.is_down = False

    assert ring.find(APP, known) is not None


def test_other_secret_makes_another_key(replicas: Replicas) -> None:
    """Keys that cannot be opened are nobody's: the next one takes the next number."""
    first = replicas.ring().current(APP)

    second = replicas.ring(replicas.keys(SECRET[::-1])).current(APP)

    assert (second.number, second.key_id == first.key_id) == (first.number + 1, False)


def test_secret_that_comes_back_goes_on_with_its_keys(replicas: Replicas) -> None:
    """A number that another secret has taken does not keep a key from being followed."""
    ring = replicas.ring()
    first = ring.current(APP)
    replicas.ring(replicas.keys(SECRET[::-1])).current(APP)
    replicas.now += ROTATION

    assert ids(ring)[0] == first.key_id
    assert [each.number for each in ring.published(APP)] == [1, 3]


def test_replicas_of_two_secrets_start_together(replicas: Replicas) -> None:
    """Replicas that do not share a secret, by mistake or in passing, each get a key."""
    keys = [replicas.keys(SECRET), replicas.keys(SECRET[::-1])] * 3
    rings = [replicas.ring(each) for each in keys]

    with ThreadPoolExecutor(len(rings)) as pool:
        signers = [each.key_id for each in pool.map(lambda ring: ring.current(APP), rings)]

    assert len(set(signers)) == 2
    assert signers[::2] == signers[:1] * 3
