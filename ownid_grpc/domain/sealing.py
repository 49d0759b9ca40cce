"""Encrypts what leaves our hands, or lies in our store, so that only this service reads it."""

import hmac
import json
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12


class Sealer:
    """Seals bytes for one purpose, such that every replica with the same secret can open them.

    GCM-SIV forgives what AES-GCM does not: that replicas, who cannot agree on
    nonces, draw one twice.
    """

    def __init__(self, secret: bytes, purpose: str) -> None:
        self._cipher = AESGCMSIV(derived_key(secret, purpose))

    def seal(self, content: bytes, context: bytes) -> bytes:
        """Returns what opens only in the same context."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, content, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Returns what was sealed; raises `ValueError` for anything else."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
        except InvalidTag:
            raise ValueError("not sealed by this service, or not for this") from None


class Digests:
    """Stands texts in for others that only who has the secret can find again, for one purpose."""

    def __init__(self, secret: bytes, purpose: str) -> None:
        self._key = derived_key(secret, purpose)

    def of(self, *parts: str) -> str:
        """Returns a keyed hash of the parts, in 64 hexadecimal digits."""
        return hmac.new(self._key, json.dumps(parts).encode(), "sha256").hexdigest()


def derived_key(secret: bytes, purpose: str) -> bytes:
    """Returns 32 bytes that tell nothing of the secret, nor of the key of another purpose."""
    info = f"ownid {purpose}".encode()
    return HKDF(SHA256(), length=32, salt=None, info=info).derive(secret)
