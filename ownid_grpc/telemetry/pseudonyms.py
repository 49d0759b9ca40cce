"""Stands texts in for what names a person, the same ones in the log and in the audit log."""

import hashlib
import secrets
from dataclasses import dataclass, field

from ownid_grpc.domain.sealing import derived_key


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Keyed hashes: who lacks the key cannot find whose one is by trying every name."""

    key: bytes = field(repr=False)

    @classmethod
    def of_service(cls, secret: bytes) -> "Pseudonyms":
        """Returns those of every process that has the service's secret, also after a restart."""
        return cls(derived_key(secret, "pseudonyms"))

    @classmethod
    def of_process(cls) -> "Pseudonyms":
        """Returns those of this process alone."""
        return cls(secrets.token_bytes(32))

    def of(self, identifier: str) -> str:
        """Returns a short text that stands for an identifier, the same one each time."""
        content = identifier.encode(errors="replace")
        return hashlib.blake2b(content, digest_size=8, key=self.key).hexdigest()
