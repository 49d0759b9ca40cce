"""What docs/sessions.md shows works as written, and the tests that it names are there."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.keys import token
from tests.support.sessions import APP, session_shop

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "sessions.md").read_text("utf-8")


SNIPPETS = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)


def ran(code: str, **environment: str) -> str:
    """Returns what a snippet of the guide prints."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_snippets_work_one_after_the_other(tmp_path: Path) -> None:
    """A login backend gets a ticket, and another service reads who an access token is about."""
    backend, _, verifier = SNIPPETS
    with session_shop(tmp_path) as shop:
        where = {"OWNID_ADDRESS": shop.address}
        given = ran(backend, **where, OWNID_TOKEN=token(), OWNID_ACCOUNT=f"{APP}/accounts/1")
        ticket = given.split()[-1]
        user = shop.sign_in()
        answer = user.sessions_call("ExchangeTicket", (), ticket=ticket)
        read = ran(verifier, **where, OWNID_ACCESS_TOKEN=answer.access_token)

    assert read.split() == ["account", "1", "session", answer.session.name.rpartition("/")[2]]
    assert answer.session.ip_address == "192.0.2.17"


def test_snippet_of_an_open_page_hears_of_a_change_and_of_the_end(tmp_path: Path) -> None:
    """The loop that watches is told what happens, and is over once the session is."""
    _, watching, _ = SNIPPETS
    with session_shop(tmp_path) as shop:
        user = shop.sign_in()
        where = {"OWNID_ADDRESS": shop.address, "OWNID_ACCESS_TOKEN": user.access_token}
        with subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", watching],
            env={**os.environ, **where},
            stdout=subprocess.PIPE,
            text=True,
        ) as page:
            assert page.stdout is not None
            assert page.stdout.readline() == "still watching\n"
            user.call("UpdateSessionAccount", account={"profile": {"given_name": "Augusta"}})
            etag = user.call("GetSessionAccount").etag
            assert page.stdout.readline() == f"read the account again: {etag}\n"
            shop.admin_call("RevokeAllSessions", parent=f"{APP}/accounts/1", reason="new password")
            assert page.stdout.readline() == "show the sign-in: new password\n"
            assert page.wait(20) == 0


def test_tests_that_answer_threats_exist() -> None:
    """Each test that the table of threats names is one of the suite."""
    named = set(re.findall(r"`(test_\w+)`", GUIDE))
    tests = "".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))

    assert len(named) >= 12
    assert {name for name in named if f"def {name}(" not in tests} == set()
