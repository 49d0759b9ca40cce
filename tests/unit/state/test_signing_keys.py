"""Holds the store to what it promises of signing keys, on every database."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from ownid_grpc.services.signing import LEAD, OVERLAP, Signer, SigningRing
from ownid_grpc.state.base import SigningKey
from ownid_grpc.state.sql import SqlStateStore
from ownid_grpc.state.tables import SIGNING_KEYS

from .conftest import SECRET, Clock

ROTATION = timedelta(days=30)


def key_of(clock: Clock, number: int, app: str = "shop") -> SigningKey:
    """Returns a key that the store could keep."""
    return SigningKey(
        app=app,
        number=number,
        key_id=f"key-{number}",
        private_key=b"MARKED private key of 32 bytes..",
        public_key=b"public key of 32 bytes..........",
        create_time=clock(),
        start_time=clock() + timedelta(hours=number),
    )


class Ring:
    """A replica's keys, with a monotonic clock that goes with the other."""

    def __init__(self, store: SqlStateStore, clock: Clock) -> None:
        self.looks = 0
        self._keys = store.signing_keys
        self.ring = SigningRing(self, {"shop": ROTATION}, clock, lambda: clock().timestamp())

    def of_app(self, app: str) -> Sequence[SigningKey]:
        """Counts that the store is asked."""
        self.looks += 1
        return self._keys.of_app(app)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the store has
        return getattr(self._keys, name)

    def current(self) -> Signer:
        """Returns the key that signs now."""
        return self.ring.current("shop")

    def ids(self) -> list[str]:
        """Returns the ids of the keys that are published."""
        return [each.key_id for each in self.ring.published("shop")]


def test_keys_come_back_oldest_first(store: SqlStateStore, clock: Clock) -> None:
    """Keys are kept as they were given, each app's for itself."""
    keys = [key_of(clock, number) for number in (2, 1)]
    for key in (*keys, key_of(clock, 1, "club")):
        assert store.signing_keys.add(key)

    assert store.signing_keys.of_app("shop") == keys[::-1]
    assert store.signing_keys.last_number("shop") == 2
    assert store.signing_keys.last_number("nobody") == 0


def test_one_of_many_has_the_next_number(store: SqlStateStore, clock: Clock) -> None:
    """Of replicas that make the next key at once, one does."""

    def add(number: int) -> bool:
        return store.signing_keys.add(replace(key_of(clock, 1), key_id=f"of {number}"))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(add, range(8))) == 1


def test_keys_below_a_number_are_removed(store: SqlStateStore, clock: Clock) -> None:
    """Removing takes the older keys of one app only."""
    for number in (1, 2, 3):
        store.signing_keys.add(key_of(clock, number))
    store.signing_keys.add(key_of(clock, 1, "club"))

    store.signing_keys.remove("shop", below=3)

    assert [key.number for key in store.signing_keys.of_app("shop")] == [3]
    assert len(store.signing_keys.of_app("club")) == 1


def test_private_key_lies_sealed(url: str, store: SqlStateStore, clock: Clock) -> None:
    """The table shows no private key, and another secret opens none."""
    store.signing_keys.add(key_of(clock, 1))

    rows = store._connections.read(lambda c: str(c.execute(select(SIGNING_KEYS)).all()))
    other = SqlStateStore(url, SECRET[::-1], clock)

    assert "MARKED" not in rows
    assert other.signing_keys.of_app("shop") == []
    assert other.signing_keys.last_number("shop") == 1
    other.close()


def test_replicas_agree_on_the_first_key(store: SqlStateStore, clock: Clock) -> None:
    """Replicas that start on an empty store at once sign with the same key."""
    rings = [Ring(store, clock) for _ in range(6)]

    with ThreadPoolExecutor(6) as pool:
        ids = {signer.key_id for signer in pool.map(Ring.current, rings)}

    assert len(ids) == 1


def test_next_key_is_published_before_it_signs(store: SqlStateStore, clock: Clock) -> None:
    """An hour before its time a new key is in the set; it signs from then on, the old no more."""
    ring = Ring(store, clock)
    first = ring.current().key_id
    clock.move(ROTATION - LEAD - timedelta(minutes=2))
    assert ring.ids() == [first]

    clock.move(timedelta(minutes=3))
    old, new = ring.ids()
    assert (old, ring.current().key_id) == (first, first)

    clock.move(LEAD)
    assert ring.current().key_id == new
    assert ring.ids() == [first, new]


def test_old_key_is_published_until_its_tokens_have_ended(
    store: SqlStateStore, clock: Clock
) -> None:
    """A key that signs no more verifies for a day and an hour, and is gone then."""
    ring = Ring(store, clock)
    first = ring.current().key_id
    clock.move(ROTATION - LEAD)
    ring.ids()
    clock.move(LEAD + OVERLAP - timedelta(minutes=2))
    assert ring.ring.find("shop", first)

    clock.move(timedelta(minutes=3))

    assert ring.ring.find("shop", first) is None
    assert len(ring.ids()) == 1


def test_service_that_slept_through_a_rotation_gets_a_key_in_time(
    store: SqlStateStore, clock: Clock
) -> None:
    """After a long sleep the old key signs on until the new one has been published for an hour."""
    ring = Ring(store, clock)
    first = ring.current().key_id
    clock.move(ROTATION * 3)

    assert ring.current().key_id == first
    assert len(ring.ids()) == 2
    clock.move(LEAD + timedelta(minutes=1))
    assert ring.current().key_id != first


@pytest.mark.parametrize(("seconds", "looks"), [(0.5, 1), (1.5, 2)])
def test_unknown_key_is_looked_up_once_a_second(
    store: SqlStateStore, clock: Clock, seconds: float, looks: int
) -> None:
    """Somebody who sends ids that never were has the store asked once a second at most."""
    ring = Ring(store, clock)
    ring.current()
    ring.looks = 0
    clock.move(timedelta(seconds=1.5))
    ring.ring.find("shop", "nothing")
    clock.move(timedelta(seconds=seconds))

    ring.ring.find("shop", "nothing")

    assert ring.looks == looks


def test_new_secret_makes_a_new_key(url: str, store: SqlStateStore, clock: Clock) -> None:
    """Keys that cannot be opened any more are followed by one that can."""
    before = Ring(store, clock).current()
    other = SqlStateStore(url, SECRET[::-1], clock)

    after = Ring(other, clock).current()

    assert after.key_id != before.key_id
    assert after.number == before.number + 1
    other.close()
