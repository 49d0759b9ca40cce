"""The password that the example site takes, and how the shop's database keeps it."""

import base64
import hashlib

PASSWORD = "marmalade at midnight"
"""That of the one customer who can sign in at the example site."""

_COST, _BLOCK, _PARALLEL = 14, 8, 5


def scrypt_hash(password: str, salt: bytes) -> str:
    """Returns a hash (RFC 7914) in the PHC string format, as other products read it too."""
    found = hashlib.scrypt(
        password.encode(), salt=salt, n=2**_COST, r=_BLOCK, p=_PARALLEL, maxmem=2**26, dklen=32
    )
    return f"$scrypt$ln={_COST},r={_BLOCK},p={_PARALLEL}${_text(salt)}${_text(found)}"


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode().rstrip("=")
