"""What is published installs into an empty environment, and does the main job there."""

import sqlite3
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.packaging.confined import confined
from tests.packaging.distribution import ROOT, Distribution, build, install, run
from tests.support.keys import token
from tests.support.service import running_service, write_config

pytestmark = pytest.mark.slow

APPS = """
  shop:
    repository:
      type: sql
      url: sqlite:////mnt/shop.db
      table: customers
      key: id
      properties: {email: email}
"""
CLIENT = """
import sys, grpc
from ownid.v1 import account_service_pb2 as messages, account_service_pb2_grpc as services
address, token = sys.argv[1:]
with grpc.insecure_channel(address) as channel:
    account = services.AccountServiceStub(channel).GetAccount(
        messages.GetAccountRequest(name="apps/shop/accounts/1"),
        metadata=[("authorization", f"Bearer {token}")],
        timeout=20,
        wait_for_ready=True,
    )
print(account.profile["email"])
"""


@pytest.fixture(scope="module")
def distribution(tmp_path_factory: pytest.TempPathFactory) -> Distribution:
    """What this checkout makes."""
    return build(ROOT, tmp_path_factory.mktemp("dist"))


def test_wheel_does_the_main_job(distribution: Distribution, tmp_path: Path) -> None:
    """The installed program serves a database, and the installed stubs call it.

    It does so as a container of Kubernetes would have it: as a user without
    rights, and on a file system that can be read only, but for /tmp.
    """
    python = install(distribution.wheel, tmp_path / "venv")
    config = write_config(tmp_path, APPS, state="sqlite:////tmp/state.db")
    make_database(tmp_path / "shop.db")

    # Isolated, so that neither the checkout nor PYTHONPATH is found.
    program = confined(tmp_path, "/mnt/venv/bin/python", "-I", "-m", "ownid_grpc")
    with (
        running_service(config, seen_at=Path("/mnt"), program=program) as service,
        service.client() as client,
    ):
        client.set_schema({"type": "object", "properties": {"email": {"type": "string"}}})
        found = run(python, "-I", "-c", CLIENT, service.address, token())

    assert found == "ada@example.com\n"


def make_database(path: Path) -> None:
    """Makes the database that is there first; SQLite has the folder's own rights."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT NOT NULL)")
        connection.execute("INSERT INTO customers VALUES (1, 'ada@example.com')")
        connection.commit()


def test_source_distribution_makes_the_same_wheel(
    distribution: Distribution, tmp_path: Path
) -> None:
    """Whoever builds from the source distribution gets every file of the wheel, as it is."""
    with tarfile.open(distribution.source) as archive:
        archive.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()

    rebuilt = build(unpacked, tmp_path / "dist")

    assert contents(rebuilt.wheel) == contents(distribution.wheel)


@pytest.mark.parametrize(
    "is_needed",
    [
        pytest.param(lambda name: name.endswith("/py.typed"), id="types"),
        pytest.param(lambda name: name == "ownid/v1/openapi.json", id="openapi"),
        pytest.param(lambda name: name.endswith("swagger-ui-bundle.js"), id="reference"),
        pytest.param(lambda name: name.endswith("ownid.schema.json"), id="config-schema"),
        pytest.param(lambda name: "/state/migrations/versions/" in name, id="migrations"),
        pytest.param(lambda name: name.endswith("/licenses/LICENSE"), id="license"),
    ],
)
def test_wheel_has_what_is_no_code(
    distribution: Distribution, is_needed: Callable[[str], bool]
) -> None:
    """Files that are read at run time, or by whoever audits, are in the wheel."""
    assert any(is_needed(name) for name in contents(distribution.wheel))


def contents(wheel: Path) -> dict[str, int]:
    """Returns the checksum of each file of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {each.filename: each.CRC for each in archive.infolist()}
