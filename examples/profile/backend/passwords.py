"""Checks a password against the hash that the site has of it."""

import base64
import hashlib
import hmac
import threading

_MEMORY_BYTES = 64 * 1024**2
_CHECKS_AT_ONCE = threading.BoundedSemaphore(2)
"""Each check takes 16 MiB and a core: more at once would let anybody exhaust both."""

_NOBODY = "$scrypt$ln=14,r=8,p=5$AAAAAAAAAAAAAAAAAAAAAA$" + "A" * 43
"""A hash that no password has.

An answer that comes sooner for addresses that nobody has would tell which ones somebody has.
"""


def is_password(password: str, stored: str | None) -> bool:
    """Returns whether a hash is the password's: `$scrypt$ln=…,r=…,p=…$salt$hash`.

    None is nobody's. So are hashes of other kinds, which the shop's old
    programs made: whoever has one would be sent a link to choose a new one.
    """
    known = stored if stored is not None and stored.startswith("$scrypt$") else _NOBODY
    try:
        _, _, parameters, salt, expected = known.split("$")
        costs = dict(pair.split("=") for pair in parameters.split(","))
        found = _scrypt(password, _decoded(salt), costs)
        return hmac.compare_digest(found, _decoded(expected))
    except (KeyError, TypeError, ValueError):  # what stands there is no hash
        return False


def _scrypt(password: str, salt: bytes, costs: dict[str, str]) -> bytes:
    with _CHECKS_AT_ONCE:
        return hashlib.scrypt(
            password.encode(),
            salt=salt,
            n=2 ** int(costs["ln"]),
            r=int(costs["r"]),
            p=int(costs["p"]),
            maxmem=_MEMORY_BYTES,
            dklen=32,
        )


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
