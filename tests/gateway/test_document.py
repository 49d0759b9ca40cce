"""The REST face does what its OpenAPI document says."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.gateway.running import Rest, Running, running_shop
from tests.support.keys import token
from tests.unit.test_openapi import DOCUMENT

pytestmark = pytest.mark.gateway

ROOT = Path(__file__).parents[2]
ACCOUNTS = "/v1/apps/shop/accounts"
USER = 987654321
"""An account that schemathesis does not come upon, so that its session lasts."""


@pytest.fixture
def own_shop(tmp_path: Path) -> Iterator[Running]:
    """A shop of which nothing need be left."""
    with running_shop(tmp_path) as running:
        with closing(sqlite3.connect(running.database)) as connection:
            connection.execute(
                f"INSERT INTO customers (id, email) VALUES ({USER}, 'zoe@b.example')"
            )
            connection.commit()
        yield running


def opened(shop: Running, account: int) -> dict[str, str]:
    """Returns the access token and the id of a new session."""
    body = shop.rest.admin("POST", f"{ACCOUNTS}/{account}/sessions", {}).body
    return {"token": body["access_token"], "id": body["session"]["name"].rpartition("/")[2]}


def test_document_is_served(rest: Rest) -> None:
    """Anybody gets the document that the protos make."""
    answer = rest.call("GET", "/openapi.json")

    assert (answer.status, answer.header("content-type")) == (200, "application/json")
    assert answer.body == DOCUMENT


@pytest.mark.slow
def test_schemathesis_finds_nothing(own_shop: Running) -> None:
    """Whatever schemathesis makes of the document, the answers are as it says."""
    tokens = {
        "ADMIN": token(),
        "SESSION": opened(own_shop, USER)["token"],
        "ENDING": opened(own_shop, USER)["token"],
        "OTHER": opened(own_shop, 2)["id"],
    }
    program = Path(sys.executable).with_name("schemathesis")
    config = "tests/gateway/schemathesis.toml"
    url = f"http://{own_shop.rest.address}/openapi.json"

    ran = subprocess.run(
        [str(program), "--config-file", config, "run", url],
        env={**os.environ, **tokens},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    count = sum(len(verbs) for verbs in DOCUMENT["paths"].values())
    assert f"{count} selected / {count} total" in ran.stdout


@pytest.mark.parametrize("header", ["f^s: x", "x-odd-bin: !!", "grpc-encoding: none"])
def test_headers_that_are_no_metadata_are_left_out(rest: Rest, header: str) -> None:
    """A header that gRPC could not carry takes nothing from a call over REST."""
    name, _, value = header.partition(": ")

    answer = rest.admin("GET", f"{ACCOUNTS}/1", None, **{name: value})

    assert answer.status == 200


@pytest.mark.parametrize("verb", ["PUT", "POST", "OPTIONS", "HEAD"])
def test_verb_that_a_path_has_not_is_told_the_others(rest: Rest, verb: str) -> None:
    """A path answers a verb that it has not with 405 and those it has."""
    answer = rest.admin(verb, f"{ACCOUNTS}/1")

    assert (answer.status, answer.header("allow")) == (405, "GET, PATCH, DELETE")
    assert verb == "HEAD" or answer.reason == "METHOD_UNIMPLEMENTED"


def test_search_may_have_no_body(rest: Rest) -> None:
    """A body that needs no field may be left out."""
    body = DOCUMENT["paths"]["/v1/apps/{app}/accounts:search"]["post"]["requestBody"]

    assert body["required"] is False
    assert rest.admin("POST", f"{ACCOUNTS}:search").status == 200
