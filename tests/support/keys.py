"""Keys and tokens of an admin caller, as a test needs them."""

import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

PRIVATE_KEY = Ed25519PrivateKey.generate()
ISSUER = "https://backoffice.example.com"
AUDIENCE = "ownid-grpc"
KEY_ID = "backoffice"

ISSUED = int(time.time())
"""When tokens are issued: one moment for a whole run, however long it takes."""


def public_pem(key: PublicKeyTypes | None = None) -> bytes:
    """Returns the PEM of a public key, by default that of PRIVATE_KEY."""
    key = PRIVATE_KEY.public_key() if key is None else key
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def private_pem(key: PrivateKeyTypes = PRIVATE_KEY) -> bytes:
    """Returns the PEM of a private key."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def claims(**changes: object) -> dict[str, object]:
    """Returns the claims of a good token with some changed; None leaves one out."""
    good = {"iss": ISSUER, "aud": AUDIENCE, "iat": ISSUED, "exp": ISSUED + 3600}
    return {name: value for name, value in (good | changes).items() if value is not None}


def token(
    *,
    key: Any = PRIVATE_KEY,  # noqa: ANN401 - whatever PyJWT signs with
    algorithm: str = "EdDSA",
    headers: dict[str, object] | None = None,
    **changes: object,
) -> str:
    """Returns a token with some claims changed, signed by PRIVATE_KEY unless said otherwise."""
    headers = {"kid": KEY_ID} if headers is None else headers
    return jwt.encode(claims(**changes), key, algorithm, headers=headers)


def bearer(**changes: Any) -> tuple[tuple[str, str], ...]:  # noqa: ANN401 - as `token` has them
    """Returns the metadata of a call with such a token."""
    return (("authorization", f"Bearer {token(**changes)}"),)
