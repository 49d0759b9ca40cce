"""The tokens by which ownid-grpc knows the site as one of its admin callers."""

import threading
import time
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

_LIFETIME_SECONDS = 300
_RENEWED_BEFORE_SECONDS = 60


class Tokens:
    """Signs short-lived tokens with the site's private key."""

    def __init__(self, caller: str, key: Path) -> None:
        self._caller = caller
        self._key = _read(key)
        # ownid-grpc calls a key by the name of its file, up to the first dot.
        self._key_id = key.name.partition(".")[0]
        self._lock = threading.Lock()
        self._token = ""
        self._ends = 0.0

    def current(self) -> str:
        """Returns a token that holds for a minute or more."""
        with self._lock:
            if self._ends - time.time() < _RENEWED_BEFORE_SECONDS:
                self._ends = time.time() + _LIFETIME_SECONDS
                self._token = self._signed(int(self._ends))
            return self._token

    def _signed(self, ends: int) -> str:
        claims = {"iss": self._caller, "aud": "ownid-grpc", "sub": self._caller, "exp": ends}
        return jwt.encode(claims, self._key, "EdDSA", headers={"kid": self._key_id})


def _read(path: Path) -> Ed25519PrivateKey:
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("The key of a caller that `ownid-grpc keys new` makes is an Ed25519 key.")
    return key
