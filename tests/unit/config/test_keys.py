"""The public keys of callers, from PEM, JWK and JWK set files."""

import json
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from ownid_grpc.config.keys import read_keys, thumbprint
from tests.support.keys import PRIVATE_KEY, private_pem, public_pem

RFC_8037_KEY = {
    "kty": "OKP",
    "crv": "Ed25519",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}
"""From RFC 8037, appendix A.2; its thumbprint is in appendix A.3."""

EC_KEYS = {
    "ES256": ec.generate_private_key(ec.SECP256R1()).public_key(),
    "ES384": ec.generate_private_key(ec.SECP384R1()).public_key(),
    "ES512": ec.generate_private_key(ec.SECP521R1()).public_key(),
}
RSA_KEY = rsa.generate_private_key(65537, 2048).public_key()


def write(folder: Path, name: str, content: object) -> Path:
    """Writes bytes, or anything else as JSON, and returns where."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def test_pem_goes_by_its_file_name_and_its_thumbprint(tmp_path: Path) -> None:
    """A PEM key has two ids: its file's name up to the first dot, and its RFC 7638 thumbprint."""
    (key,) = read_keys(write(tmp_path, "backoffice-2.pub.pem", public_pem()))

    assert key.ids == {"backoffice-2", thumbprint(PRIVATE_KEY.public_key())}
    assert key.algorithms == {"EdDSA"}


def test_thumbprint_is_that_of_the_standard(tmp_path: Path) -> None:
    """The thumbprint of RFC 8037's key is the one that the RFC gives."""
    (key,) = read_keys(write(tmp_path, "a.json", RFC_8037_KEY))

    assert "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" in key.ids


def test_jwk_set_gives_every_key_by_its_kid(tmp_path: Path) -> None:
    """Keys of a set go by their kid, so that old and new hold at a time."""
    keys = [RFC_8037_KEY | {"kid": "old"}, RFC_8037_KEY | {"kid": "new", "alg": "EdDSA"}]

    found = read_keys(write(tmp_path, "jwks.json", {"keys": keys}))

    assert ["old" in found[0].ids, "new" in found[1].ids] == [True, True]


@pytest.mark.parametrize(("algorithm", "key"), EC_KEYS.items(), ids=EC_KEYS)
def test_curve_decides_the_algorithm(
    tmp_path: Path, algorithm: str, key: ec.EllipticCurvePublicKey
) -> None:
    """An elliptic-curve key verifies the one algorithm of its curve, from PEM or JWK."""
    jwk = jwt.algorithms.ECAlgorithm.to_jwk(key, as_dict=True)

    (of_pem,) = read_keys(write(tmp_path, "a.pem", public_pem(key)))
    (of_jwk,) = read_keys(write(tmp_path, "a.json", jwk))

    assert of_pem.algorithms == of_jwk.algorithms == {algorithm}
    assert of_pem.ids == of_jwk.ids


def test_rsa_key_verifies_what_its_jwk_allows(tmp_path: Path) -> None:
    """An RSA key verifies every RSA algorithm, or only the one that its JWK names."""
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(RSA_KEY, as_dict=True)

    (of_pem,) = read_keys(write(tmp_path, "a.pem", public_pem(RSA_KEY)))
    (of_jwk,) = read_keys(write(tmp_path, "a.json", jwk | {"alg": "PS256"}))

    assert {"RS256", "PS512"} <= of_pem.algorithms
    assert of_jwk.algorithms == {"PS256"}


UNFIT_KEYS: dict[str, PublicKeyTypes] = {
    "an RSA key must have 2048 bits": rsa.generate_private_key(65537, 1024).public_key(),  # noqa: S505 - too weak is the point
    "kind that is not supported": dsa.generate_private_key(2048).public_key(),
    "of a kind that is not": ed448.Ed448PrivateKey.generate().public_key(),
    "is a key of a kind": ec.generate_private_key(ec.SECP256K1()).public_key(),
}


@pytest.mark.parametrize(("message", "key"), UNFIT_KEYS.items())
def test_unfit_key_is_refused(tmp_path: Path, message: str, key: PublicKeyTypes) -> None:
    """A key that is too weak, or of a kind that is not used, is refused when it is read."""
    with pytest.raises(ValueError, match=message):
        read_keys(write(tmp_path, "a.pem", public_pem(key)))


PRIVATE_JWK = jwt.algorithms.OKPAlgorithm.to_jwk(ed25519.Ed25519PrivateKey.generate(), as_dict=True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds no public key"),
        (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "holds no public key"),
        (private_pem(), "private key"),
        (PRIVATE_JWK, "private key"),
        (b"{", "not valid JSON"),
        (b'{"keys":' + b"[" * 100_000, "not valid JSON"),
        ({"keys": []}, "holds no keys"),
        ({"keys": 7}, "holds no keys"),
        ({"kty": ["EC"]}, "no public key; kty must be OKP, EC or RSA"),
        ({"keys": [7]}, "no public key; kty must be OKP, EC or RSA"),
        ({"kty": "oct", "k": "c2VjcmV0"}, "no public key; kty must be OKP, EC or RSA"),
        (RFC_8037_KEY | {"use": "enc"}, "not for signatures"),
        (RFC_8037_KEY | {"x": "AAAA"}, "malformed"),
        (RFC_8037_KEY | {"x": 7}, "malformed"),
        (RFC_8037_KEY | {"crv": "X25519"}, "malformed or of an unknown curve"),
        ({"kty": "EC", "crv": "P-256"}, "malformed"),
        (RFC_8037_KEY | {"alg": "HS256"}, "alg does not suit"),
        (RFC_8037_KEY | {"alg": ["EdDSA"]}, "alg does not suit"),
    ],
)
def test_file_that_holds_no_public_key_is_refused(
    tmp_path: Path, content: object, message: str
) -> None:
    """A file that is broken, or holds a secret instead, is refused with what is wrong with it."""
    with pytest.raises(ValueError, match=message):
        read_keys(write(tmp_path, "a.pem", content))
