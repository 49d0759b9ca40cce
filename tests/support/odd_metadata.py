"""Metadata that is odd: credentials of every wrong kind, and whatever else a call may carry."""

import json
import random
from collections.abc import Sequence
from typing import TypeAlias

import jwt

from tests.support.keys import KEY_ID, PRIVATE_KEY, bearer, claims, token
from tests.support.odd_texts import spoiled

Metadata: TypeAlias = Sequence[tuple[str, str | bytes]]


def odd_credential(chance: random.Random) -> Metadata:
    """Returns the metadata of a credential: a good one, none, or one that does not hold."""
    good, text = token(), _ascii(chance)
    forms: Sequence[Metadata] = (
        bearer(),
        (),
        _authorization(text),
        _authorization(f"Bearer {text}"),
        _authorization(f"Basic {text}"),
        _authorization(f"Bearer {spoiled(chance, good, ascii_only=True)}"),
        (*bearer(), *bearer()),
        _authorization(f"Bearer {good} {good}"),
        _authorization("Bearer " + "a" * 9000),
        _authorization("Bearer " + ".".join(good.split(".")[:2]) + "."),
        _signed({"kid": text}, {}),
        _signed({"kid": KEY_ID, "crit": ["x"], "x": text}, {}),
        _signed({"kid": [1]}, {}),
        _signed({"kid": KEY_ID}, {"exp": chance.choice((0, -1, 1e300, text, True, [1], None))}),
        _signed({"kid": KEY_ID}, {"nbf": chance.choice((2**40, -1, text, {}, False))}),
        _signed({"kid": KEY_ID}, {"scope": chance.choice((text, ["accounts.read"], 7, {}))}),
        _signed({"kid": KEY_ID}, {"apps": chance.choice((text, ["shop"], [7], {}, [], ["*"]))}),
        _signed({"kid": KEY_ID}, {"aud": chance.choice(([text], 7, ["ownid-grpc", 7], {}, []))}),
        _signed({"kid": KEY_ID}, {"iss": chance.choice((text, 7, ["x"], {}))}),
    )
    return chance.choice(forms)


def odd_metadata(chance: random.Random) -> Metadata:
    """Returns up to three further pairs."""
    forms: Metadata = (
        ("x-request-id", _ascii(chance)),
        ("x-request-id", "a" * chance.choice((128, 129, 8000))),
        ("cookie", _ascii(chance)),
        ("x-odd-bin", chance.randbytes(chance.randint(0, 100))),
        ("authorization-bin", b"Bearer \xff\0"),
        ("grpc-status-details-bin", b"\xff"),
        ("x-large", "v" * chance.choice((1_000, 12_000, 40_000))),
        ("traceparent", _ascii(chance)),
    )
    return chance.sample(forms, chance.randint(0, 3))


def _authorization(value: str) -> Metadata:
    return (("authorization", value),)


def _signed(header: dict[str, object], changes: dict[str, object]) -> Metadata:
    """Returns a token of any header and claims, which `jwt.encode` would not sign."""
    content = json.dumps(claims(**changes)).encode()
    parts = json.dumps({"alg": "EdDSA", "typ": "JWT"} | header).encode(), content
    text = b".".join(map(jwt.utils.base64url_encode, parts))
    signature = jwt.utils.base64url_encode(PRIVATE_KEY.sign(text))
    return _authorization("Bearer " + b".".join((text, signature)).decode("ascii"))


def _ascii(chance: random.Random) -> str:
    return "".join(chr(chance.randint(32, 126)) for _ in range(chance.randint(0, 60)))
