"""Keys that are registered for a caller and one that is not, and what their tokens come to."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ownid_grpc.errors import Reason, Unauthenticated
from ownid_grpc.server.credentials import Credentials
from tests.support.keys import ISSUED

SCOPES = ("accounts.read", "accounts.write", "schemas.read")
NOW = ISSUED
OTHER_KEY = Ed25519PrivateKey.generate()
EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)


def refusal_of(credentials: Credentials, text: str) -> Reason:
    """Returns why a token is refused."""
    with pytest.raises(Unauthenticated) as caught:
        credentials.principal_of(text)
    return caught.value.reason
