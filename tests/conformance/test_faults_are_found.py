"""Holds the suite itself to noticing what is wrong, and to saying what."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

FAULTS = {
    "LosesUpdates": "test_update_returns_what_is_stored",
    "PassesOverEtags": "test_delete_with_an_old_etag_is_aborted",
    "CountsCase": "test_case_does_not_count",
    "StaysOpen": "test_closed_repository_is_unavailable",
    "ForgetsOrders": "test_order_is_that_of_the_values",
    "IgnoresPositions": "test_filter_holds_on_every_page",
}
"""The faulty repositories, and a test that has to fail for each."""

MODULE = """
import pytest

from ownid_grpc.repositories.memory import MemoryStore
from ownid_grpc.testing import DESCRIPTION, Backend, RepositorySuite
from tests.support import faulty_repositories


@pytest.fixture(params=["MemoryAccountRepository", *{names}])
def backend(request):
    kind, store = getattr(faulty_repositories, request.param), MemoryStore()
    with Backend(lambda: kind(DESCRIPTION, store=store), store.accounts.clear) as backend:
        yield backend


class TestFaulty(RepositorySuite):
    pass
"""


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Returns what pytest says of the faulty repositories, in a process of its own."""
    folder = tmp_path_factory.mktemp("faulty")
    (folder / "test_faulty.py").write_text(MODULE.format(names=list(FAULTS)), "utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-k", " or ".join(FAULTS.values()), "-rf", "-q"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'generated'}"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    return ran.stdout


@pytest.mark.parametrize(("fault", "test"), FAULTS.items())
def test_fault_is_found(output: str, fault: str, test: str) -> None:
    """A repository that breaks a promise fails the test of that promise."""
    failed = re.findall(r"^FAILED .*::(\w+)\[(\w+)", output, re.MULTILINE)

    assert (test, fault) in failed
    assert {each for each in failed if each[1] == "MemoryAccountRepository"} == set()


def test_failure_shows_what_was_compared(output: str) -> None:
    """A test of the suite that fails says what was found and what was expected."""
    assert "assert 'abcdefg' == 'gfcabed'" in output


def test_paging_without_an_end_is_a_failure(output: str) -> None:
    """A repository that always begins anew does not keep its author waiting for ever."""
    assert "paging does not come to an end" in output


def test_service_needs_no_pytest(tmp_path: Path) -> None:
    """The service works where pytest is not installed; the suite says what to install."""
    program = (
        "import sys; sys.modules.update(pytest=None, hypothesis=None)\n"
        "import ownid_grpc.bootstrap, ownid_grpc.cli\n"
        "import ownid_grpc.testing\n"
    )

    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'generated'}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    last = ran.stderr.splitlines()[-1]
    assert last == "ImportError: ownid_grpc.testing needs pytest: install ownid-grpc[testing]"
