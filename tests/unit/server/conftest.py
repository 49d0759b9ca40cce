"""Callers of the service, as ownid.yaml registers them."""

import json
from collections.abc import Callable

import pytest

from ownid_grpc.config import parse_config
from ownid_grpc.server.credentials import Credentials
from ownid_grpc.services.key_sources import KeySets, key_sources
from ownid_grpc.telemetry.logs import new_logger
from tests.support.keys import AUDIENCE, ISSUER, KEY_ID, PRIVATE_KEY, public_pem

from .registered import EC_KEY, NOW, RSA_KEY, SCOPES


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Credentials]:
    """Makes the credentials of a caller that is configured with some words of its own."""
    folder = tmp_path_factory.mktemp("keys")
    for name, key in ((KEY_ID, PRIVATE_KEY), ("ec", EC_KEY), ("rsa", RSA_KEY)):
        (folder / f"{name}.pub.pem").write_bytes(public_pem(key.public_key()))

    def made(now: Callable[[], float] = lambda: NOW, **words: object) -> Credentials:
        caller = {
            "name": "backoffice",
            "issuer": ISSUER,
            "audience": AUDIENCE,
            "keys": [f"{KEY_ID}.pub.pem"],
            "apps": ["*"],
            "scopes": ["*"],
        }
        text = json.dumps(
            {
                "callers": [caller | words],
                "apps": {app: {"repository": {"type": "x"}} for app in ("shop", "blog")},
            }
        )
        callers, log = parse_config(text, {}, folder=folder).callers, new_logger()
        return Credentials(callers, key_sources(callers, KeySets(log), log), SCOPES, now)

    return made
