"""The keys that access tokens are signed with: made, published ahead of use, replaced in time."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from ownid_grpc.config.keys import thumbprint
from ownid_grpc.state.base import Clock, SigningKey, SigningKeys

LEAD = timedelta(hours=1)
"""How long a key is published before it signs, so that caches of the key set know it by then."""

OVERLAP = timedelta(days=1, hours=1)
"""For how long a key that signs no more is published: longer than any access token lasts."""

_LOOKED_AT_EVERY = 60.0
_LOOKED_FOR_EVERY = 1.0
"""In seconds: how often the store is asked for an app's keys, and for one that is not known."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A key as it signs and verifies."""

    key_id: str
    number: int
    start_time: datetime
    private: Ed25519PrivateKey
    public: Ed25519PublicKey

    @property
    def public_bytes(self) -> bytes:
        """The 32 bytes of the public key, as RFC 8032 has them."""
        return self.public.public_bytes(Encoding.Raw, PublicFormat.Raw)


class SigningRing:
    """The signing keys of each app, the same on every replica.

    A key signs for the app's `rotation`; its successor is made and published
    an hour before. One that signs no more is published until the last token
    that it signed has ended, `OVERLAP` later. Whichever replica comes first
    makes the next one.
    """

    def __init__(
        self,
        keys: SigningKeys,
        rotations: Mapping[str, timedelta],
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keys = keys
        self._clock = clock
        self._rotations = rotations
        self._monotonic = monotonic
        self._known: dict[str, tuple[float, tuple[Signer, ...]]] = {}
        self._lock = threading.Lock()

    def current(self, app: str) -> Signer:
        """Returns the key that signs now."""
        now, published = self._clock(), self.published(app)
        started = [each for each in published if each.start_time <= now]
        # Where no time has come yet, another replica's clock is ahead of this one.
        return started[-1] if started else published[0]

    def find(self, app: str, key_id: str) -> Signer | None:
        """Returns the key of that id, None where the app has none."""
        for max_age in (_LOOKED_AT_EVERY, _LOOKED_FOR_EVERY):
            for each in self._looked_up(app, max_age):
                if each.key_id == key_id:
                    return each
        return None

    def published(self, app: str) -> Sequence[Signer]:
        """Returns the keys that tokens in use are, were or will be signed with."""
        return self._looked_up(app, _LOOKED_AT_EVERY)

    def _looked_up(self, app: str, max_age: float) -> tuple[Signer, ...]:
        if known := self._known_since(app, max_age):
            return known
        with self._lock:
            # Of those who waited together one looks, for all.
            if known := self._known_since(app, max_age):
                return known
            looked_at = self._monotonic()
            known = tuple(_signer(key) for key in self._renewed(app))
            self._known[app] = looked_at, known
        return known

    def _known_since(self, app: str, max_age: float) -> tuple[Signer, ...]:
        looked_at, known = self._known.get(app, (0.0, ()))
        return known if self._monotonic() - looked_at < max_age else ()

    def _renewed(self, app: str) -> Sequence[SigningKey]:
        """Returns the keys in the store, once it has the next one and lacks those of the past."""
        now = self._clock()
        keys = self._keys.of_app(app)
        while self._start_of_due(app, keys, now):
            # The number is taken before another look: who made a key meanwhile has it already.
            number = self._keys.last_number(app) + 1
            keys = self._keys.of_app(app)
            if start := self._start_of_due(app, keys, now):
                self._keys.add(_new_key(app, number, now, start))
                keys = self._keys.of_app(app)
        ended = [later.number for later in keys[1:] if later.start_time + OVERLAP <= now]
        if ended:
            self._keys.remove(app, below=ended[-1])
        return [key for key in keys if not ended or key.number >= ended[-1]]

    def _start_of_due(self, app: str, keys: Sequence[SigningKey], now: datetime) -> datetime | None:
        """Returns when the next key would start, None before it is time to make it."""
        if not keys:
            return now
        due = keys[-1].start_time + self._rotations[app]
        return max(due, now + LEAD) if due - LEAD <= now else None


def _new_key(app: str, number: int, now: datetime, start: datetime) -> SigningKey:
    private = Ed25519PrivateKey.generate()
    public = private.public_key()
    return SigningKey(
        app=app,
        number=number,
        key_id=thumbprint(public),
        private_key=private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()),
        public_key=public.public_bytes(Encoding.Raw, PublicFormat.Raw),
        create_time=now,
        start_time=start,
    )


def _signer(key: SigningKey) -> Signer:
    private = Ed25519PrivateKey.from_private_bytes(key.private_key)
    return Signer(key.key_id, key.number, key.start_time, private, private.public_key())
