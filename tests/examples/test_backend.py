"""Holds the login backend to whom it lets in, and to what it gives away."""

import json
import re
import signal
import socket
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from examples.profile.backend.files import Files
from examples.profile.backend.passwords import is_password
from examples.profile.backend.settings import SettingsError, read_settings
from ownid_grpc.cli.demo.passwords import PASSWORD, scrypt_hash
from ownid_grpc.cli.demo.rows import SITE_MAIL
from tests.examples.shown import ROOT, ShownSite, shown_site

SALT = b"sixteen bytes ()"
STORED = scrypt_hash(PASSWORD, SALT)


@pytest.mark.parametrize(
    ("password", "stored", "expected"),
    [
        (PASSWORD, STORED, True),
        ("marmalade", STORED, False),
        ("", STORED, False),
        (PASSWORD, scrypt_hash(PASSWORD, b"another salt"), True),
        (PASSWORD, STORED[:-1] + "x", False),
        (PASSWORD, None, False),
        (PASSWORD, "", False),
        (PASSWORD, "!", False),
        ("x", "$2y$10$rWjOTdaVHA//Jd2NpU5cIFAd2dzoOzrnlbpClWo.I1A4lzslz4x8D", False),
        (PASSWORD, "$scrypt$ln=14", False),
        (PASSWORD, "$scrypt$r=8,p=1$AAAA$AAAA", False),
        (PASSWORD, "$scrypt$ln=99,r=8,p=1$AAAA$AAAA", False),
        (PASSWORD, "$scrypt$ln=14,r=8,p=1$!$!", False),
    ],
)
def test_password_fits_its_own_hash_alone(
    password: str, stored: str | None, *, expected: bool
) -> None:
    """What is no hash of the password lets nobody in, and breaks nothing."""
    assert is_password(password, stored) is expected


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/assets/",
        "/assets/../profile.html",
        "/assets/../../backend/site.py",
        "/assets//etc/passwd",
        "/sdk/../package.json",
        "/sdk/ownid.d.ts",
    ],
)
def test_files_are_those_of_the_site(tmp_path: Path, path: str) -> None:
    """No path leads out of the folders that are shown."""
    (tmp_path / "ownid.d.ts").write_text("types")

    assert Files(tmp_path).find(path).status == 404


def test_settings_that_are_missing_are_named() -> None:
    """The site says which variable it lacks."""
    with pytest.raises(SettingsError, match="SITE_ORIGINS is not set"):
        read_settings({})
    with pytest.raises(SettingsError, match="SITE_LISTEN is an address and a port"):
        read_settings({"SITE_LISTEN": "everywhere"})


def test_every_setting_is_documented() -> None:
    """A variable that the site reads stands in its guide."""
    backend = ROOT / "examples" / "profile" / "backend"
    read = set(re.findall(r"\b(?:SITE|OWNID)_[A-Z_]+", (backend / "settings.py").read_text()))
    told = set(re.findall(r"\w+", (ROOT / "docs" / "profile-example.md").read_text()))

    assert len(read) == 9
    assert read - told == set()


def call(
    site: ShownSite, method: str, path: str, body: object = None, **headers: str
) -> tuple[int, Mapping[str, str], str]:
    """Calls the site as a program does that is no browser."""
    connection = HTTPConnection(urlsplit(site.url).netloc, timeout=20)
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    answer = connection.getresponse()
    content = answer.read().decode()
    connection.close()
    return answer.status, dict(answer.getheaders()), content


@pytest.mark.browser
@pytest.mark.gateway
@pytest.mark.parametrize("headers", [{}, {"origin": "https://evil.example.com"}], ids=["no", "bad"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/sign-in"), ("DELETE", "/my/sessions"), ("DELETE", "/my/sessions/x")],
)
def test_pages_of_others_change_nothing(
    simple_site: ShownSite, method: str, path: str, headers: dict[str, str]
) -> None:
    """What does not come from a page of the site is refused, cookies or not."""
    body = {"email": SITE_MAIL, "password": PASSWORD}

    status, _, content = call(simple_site, method, path, body, **headers)

    assert status == 403
    assert "ticket" not in content


@pytest.mark.browser
@pytest.mark.gateway
def test_sign_in_takes_what_it_asked_for(simple_site: ShownSite) -> None:
    """The right password gets a ticket and nothing else; what is no request is none."""
    own = {"origin": simple_site.url.rstrip("/")}
    right = {"email": f" {SITE_MAIL.upper()} ", "password": PASSWORD}
    status, headers, content = call(simple_site, "POST", "/sign-in", right, **own)
    others: list[object] = [
        None,
        [],
        {"email": SITE_MAIL},
        {"email": 1, "password": 2},
        {"x": "y" * 9_000},
    ]

    assert status == 200
    assert json.loads(content).keys() == {"ticket"}
    assert headers["cache-control"] == "no-store"
    assert [call(simple_site, "POST", "/sign-in", each, **own)[0] for each in others] == [400] * 5


@pytest.mark.browser
@pytest.mark.gateway
def test_sessions_are_listed_to_their_user_alone(simple_site: ShownSite) -> None:
    """Without a session there is no list, and nothing to end."""
    own = {"origin": simple_site.url.rstrip("/"), "cookie": "__Host-ownid-access-shop=forged"}

    assert call(simple_site, "GET", "/my/sessions")[0] == 401
    assert call(simple_site, "GET", "/my/sessions", **own)[0] == 401
    assert call(simple_site, "DELETE", "/my/sessions", **own)[0] == 401


@pytest.mark.browser
@pytest.mark.gateway
def test_pages_are_bound_to_their_origin(simple_site: ShownSite) -> None:
    """The policy lets in no script but the site's own files."""
    _, headers, content = call(simple_site, "GET", "/profile")
    policy = headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "style=" not in content
    assert content.count("<script") == content.count('<script type="module" src="/assets/')


@pytest.mark.browser
@pytest.mark.gateway
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_everything_ends_with_the_demo(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end the site and the gateway too, and are no error."""
    with shown_site(tmp_path) as site:
        ports = [urlsplit(site.url).port]
        log = (tmp_path / "web.log").read_text()
        ports.append(int(log.partition("served at 127.0.0.1:")[2].partition(".")[0]))
        site.process.send_signal(number)

        assert site.process.wait(30) == 0
    for port in ports:
        with socket.socket() as tried:
            assert tried.connect_ex(("127.0.0.1", port or 0)) != 0
