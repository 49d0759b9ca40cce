"""Reads the public keys of callers from PEM and JWK files."""

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from ownid_grpc.domain.texts import base64url

VerificationKey: TypeAlias = Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey

MINIMUM_RSA_BITS = 2048

_UNSUPPORTED = "is a key of a kind that is not supported; use Ed25519, P-256 or RSA"

_CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
_RSA = frozenset(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"))


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that tokens are verified with.

    `ids` are what a token may call it by in `kid`; `algorithms` those that it
    can verify.
    """

    ids: frozenset[str]
    algorithms: frozenset[str]
    key: VerificationKey = field(repr=False)


def read_keys(path: Path) -> tuple[PublicKey, ...]:
    """Returns the keys of a PEM, JWK or JWK set file; raises `ValueError` saying what is wrong."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from error
    if content.lstrip().startswith(b"{"):
        return _from_json(content, path)
    return (_from_pem(content, path),)


def usable_keys(document: object) -> tuple[PublicKey, ...]:
    """Returns the keys of a JWK set that can verify a signature; raises `ValueError` for none.

    A set that somebody else keeps may hold keys for encryption, or of kinds
    that are not supported: those are left out.
    """
    entries = document.get("keys") if isinstance(document, dict) else None
    found = []
    for entry in entries if isinstance(entries, list) else ():
        with suppress(ValueError):
            found.append(_from_jwk(entry, ""))
    if not found:
        raise ValueError("holds no key that can verify a signature")
    return tuple(found)


def thumbprint(key: VerificationKey) -> str:
    """Returns the key's RFC 7638 thumbprint, the id of a key that has no other."""
    words = _jwk(key)
    required = {name: words[name] for name in ("crv", "e", "kty", "n", "x", "y") if name in words}
    text = json.dumps(required, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).digest()
    return base64url(digest)


def algorithms_of(key: VerificationKey) -> frozenset[str]:
    """Returns the algorithms that the key can verify; raises `ValueError` for none."""
    if isinstance(key, Ed25519PublicKey):
        return frozenset(("EdDSA",))
    if isinstance(key, EllipticCurvePublicKey) and key.curve.name in _CURVES:
        return frozenset((_CURVES[key.curve.name],))
    if isinstance(key, RSAPublicKey):
        if key.key_size < MINIMUM_RSA_BITS:
            raise ValueError(f"an RSA key must have {MINIMUM_RSA_BITS} bits or more")
        return _RSA
    raise ValueError(_UNSUPPORTED)


def _from_pem(content: bytes, path: Path) -> PublicKey:
    if b"PRIVATE KEY" in content:
        raise ValueError("holds a private key; give the public key that belongs to it")
    try:
        loaded = load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError("holds no public key in PEM or JWK form") from error
    key = _supported(loaded)
    return _public_key(key, path.name.partition(".")[0], algorithms_of(key))


def _from_json(content: bytes, path: Path) -> tuple[PublicKey, ...]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError("is not valid JSON") from error
    entries = document.get("keys", [document])
    if not isinstance(entries, list) or not entries:
        raise ValueError("holds no keys: write a JWK, or a JWK set with one or more")
    return tuple(_from_jwk(entry, path.name.partition(".")[0]) for entry in entries)


def _from_jwk(entry: object, key_id: str) -> PublicKey:
    if not isinstance(entry, dict) or entry.get("kty") not in ("OKP", "EC", "RSA"):
        raise ValueError("holds something that is no public key; kty must be OKP, EC or RSA")
    if "d" in entry:
        raise ValueError("holds a private key; give the public key that belongs to it")
    if entry.get("use", "sig") != "sig":
        raise ValueError('holds a key that is not for signatures; use must be "sig"')
    operations = entry.get("key_ops")
    if isinstance(operations, list) and "verify" not in operations:
        raise ValueError('holds a key that is not for signatures; key_ops must have "verify"')
    try:
        loaded = jwt.PyJWK({**entry, "alg": None}).key
    except (jwt.PyJWTError, UnsupportedAlgorithm, ValueError, TypeError, KeyError) as error:
        raise ValueError("holds a JWK that is malformed or of an unknown curve") from error
    key = _supported(loaded)
    allowed = algorithms_of(key)
    if "alg" in entry:
        allowed &= {str(entry["alg"])}
    if not allowed:
        raise ValueError("holds a JWK whose alg does not suit its kty and crv")
    return _public_key(key, str(entry.get("kid") or key_id or thumbprint(key)), allowed)


def _public_key(key: VerificationKey, key_id: str, algorithms: frozenset[str]) -> PublicKey:
    return PublicKey(frozenset((key_id, thumbprint(key))), algorithms, key)


def _supported(key: object) -> VerificationKey:
    if isinstance(key, Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey):
        return key
    raise ValueError(_UNSUPPORTED)


def _jwk(key: VerificationKey) -> dict[str, str]:
    if isinstance(key, Ed25519PublicKey):
        return dict(jwt.algorithms.OKPAlgorithm.to_jwk(key, as_dict=True))
    if isinstance(key, RSAPublicKey):
        return dict(jwt.algorithms.RSAAlgorithm.to_jwk(key, as_dict=True))
    return dict(jwt.algorithms.ECAlgorithm.to_jwk(key, as_dict=True))
