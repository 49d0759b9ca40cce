"""Holds the store to what it promises of signing keys, on every database."""

import base64
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select, update

from ownid_grpc.services.signing import SigningRing
from ownid_grpc.state.base import SigningKey
from ownid_grpc.state.sql import SqlStateStore
from ownid_grpc.state.tables import SIGNING_KEYS
from tests.support.clock import Clock
from tests.support.shop import SECRET

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


def ring_of(store: SqlStateStore, clock: Clock) -> SigningRing:
    """Returns the keys of a replica."""
    return SigningRing(store.signing_keys, {"shop": ROTATION}, clock)


def move(store: SqlStateStore, **columns: str) -> None:
    """Changes columns of all keys behind the store's back."""
    statement = update(SIGNING_KEYS).values(columns)
    store._connections.write(lambda connection: connection.execute(statement))


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
    """The table shows no private key in any form, and another secret opens none."""
    key = key_of(clock, 1)
    store.signing_keys.add(key)
    private = key.private_key
    forms = [private, private.hex().encode(), base64.b64encode(private), private[:8]]

    query = select(SIGNING_KEYS)
    (row,) = store._connections.read(lambda connection: connection.execute(query).all())
    cells = [each if isinstance(each, bytes) else str(each).encode() for each in row]
    other = SqlStateStore(url, SECRET[::-1], clock)

    assert key.public_key in cells
    assert [form for form in forms if any(form in cell for cell in cells)] == []
    assert repr(private) not in repr(key)
    assert other.signing_keys.of_app("shop") == []
    assert other.signing_keys.last_number("shop") == 1
    other.close()


def test_private_key_opens_for_its_app_and_id_only(store: SqlStateStore, clock: Clock) -> None:
    """A key that somebody moves to another app or id within the table is not there."""
    store.signing_keys.add(key_of(clock, 1))
    for changes in ({"app": "club"}, {"app": "shop", "key_id": "another"}):
        move(store, **changes)

        assert store.signing_keys.of_app(changes["app"]) == []


def test_replicas_agree_on_the_first_key(store: SqlStateStore, clock: Clock) -> None:
    """Replicas that start on an empty store at once sign with the same key."""
    rings = [ring_of(store, clock) for _ in range(6)]

    with ThreadPoolExecutor(6) as pool:
        ids = {signer.key_id for signer in pool.map(lambda ring: ring.current("shop"), rings)}

    assert len(ids) == 1


def test_new_secret_makes_a_new_key(url: str, store: SqlStateStore, clock: Clock) -> None:
    """Keys that cannot be opened any more are followed by one that can."""
    before = ring_of(store, clock).current("shop")
    other = SqlStateStore(url, SECRET[::-1], clock)

    after = ring_of(other, clock).current("shop")

    assert after.key_id != before.key_id
    assert after.number == before.number + 1
    other.close()
