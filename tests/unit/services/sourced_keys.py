"""Sources of keys, as a test needs them: keys, a clock, and what there is in a source."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ownid_grpc.services.key_sources import KeySource


@dataclass
class Clock:
    """A monotonic clock that stands until it is moved."""

    now: float = 1000.0

    def __call__(self) -> float:
        """Returns the time."""
        return self.now


def new_key() -> Ed25519PublicKey:
    """Returns a key that nobody else has."""
    return Ed25519PrivateKey.generate().public_key()


def ids_of(source: KeySource, key_id: str | None) -> set[str]:
    """Returns the ids that the keys of a source have, thumbprints aside."""
    return {each for key in source.keys(key_id) for each in key.ids if len(each) < 20}
