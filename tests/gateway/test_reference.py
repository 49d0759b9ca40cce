"""The page that shows the REST face, and what a gateway without it says."""

import re
from pathlib import Path

import pytest

from ownid_grpc.gateway import reference
from tests.gateway.running import Rest, gateway_before

pytestmark = pytest.mark.gateway

NOBODY = ["127.0.0.1:1"]
"""The page is the gateway's own: no server is needed for it."""


def test_page_has_all_that_it_shows(rest: Rest) -> None:
    """The page and each file that it names come from the gateway, as what they are."""
    page = rest.call("GET", "/reference")
    paths = re.findall(r'(?:src|href)="([^"]+)"', page.content.decode())
    kinds = {
        path: rest.call("GET", path).header("content-type") for path in paths if path[0] == "/"
    }

    assert (page.status, page.header("content-type")) == (200, "text/html; charset=utf-8")
    assert kinds == {
        "/reference/swagger-ui.css": "text/css; charset=utf-8",
        "/reference/swagger-ui-bundle.js": "text/javascript; charset=utf-8",
        "/reference/reference.js": "text/javascript; charset=utf-8",
        "/openapi.json": "application/json",
    }
    assert [path for path in paths if path[0] != "/"] == ["data:,"]


def test_page_asks_nobody_else(rest: Rest) -> None:
    """A browser lets the page load and call nothing but the gateway, and nobody frame it."""
    policy = rest.call("GET", "/reference").header("content-security-policy") or ""
    said = dict(each.split(" ", 1) for each in policy.split("; "))

    assert said.pop("img-src") == "'self' data:"
    assert said.pop("default-src") == "'none'"
    assert {said.pop(name) for name in ("script-src", "style-src", "connect-src")} == {"'self'"}
    assert said == {"base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'"}


def test_bundle_is_compressed(rest: Rest) -> None:
    """The largest file comes compressed to who takes that."""
    answer = rest.call("GET", "/reference/swagger-ui-bundle.js", accept_encoding="gzip")

    assert answer.header("content-encoding") == "gzip"


def test_page_that_is_not_installed_is_said_to_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the bundle the gateway runs, serves the document, and says what the page lacks."""
    monkeypatch.setattr(reference, "_BUNDLE", tmp_path)
    with gateway_before(tmp_path, NOBODY) as gateway:
        page = Rest(gateway.address).call("GET", "/reference")
        other = Rest(gateway.address).call("GET", "/refer")
        document = Rest(gateway.address).call("GET", "/openapi.json")

    assert (page.status, page.body["code"]) == (404, 5)
    assert "not installed" in page.body["message"]
    assert "not installed" not in other.body["message"]
    assert document.status == 200


def test_reference_can_be_turned_off(tmp_path: Path) -> None:
    """A gateway told so shows neither the page nor the document."""
    with gateway_before(tmp_path, NOBODY, reference=False) as gateway:
        answers = [
            Rest(gateway.address).call("GET", path) for path in ("/reference", "/openapi.json")
        ]

    assert [(each.status, each.reason) for each in answers] == [(404, "METHOD_UNIMPLEMENTED")] * 2
