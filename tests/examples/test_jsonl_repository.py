"""Does what docs/repositories.md says, with the example that it shows, on a real service."""

import dataclasses
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from ownid.v1 import account_service_pb2 as accounts

from ownid_grpc.domain.source import Capability
from ownid_grpc.testing import Backend, Declaration
from tests.support.environments import ROOT, Environment, new_environment
from tests.support.keys import bearer
from tests.support.service import SERVING, Client, free_address, running_service, write_config

GUIDE = (ROOT / "docs" / "repositories.md").read_text("utf-8")
EXAMPLE = ROOT / "examples" / "jsonl_repository"

METADATA = bearer()

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def blocks(language: str) -> list[str]:
    """Returns the blocks of code that the guide has in a language."""
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def test_example_is_small() -> None:
    """The example has no more lines than the guide says, blank ones left out."""
    texts = [path.read_text("utf-8") for path in EXAMPLE.glob("ownid_jsonl/*.py")]

    lines = [line for text in texts for line in text.splitlines() if line.strip()]

    assert len(lines) < 250


@pytest.mark.parametrize("language", ["python", "toml"])
def test_guide_shows_the_example(language: str) -> None:
    """What the guide shows of the example stands there line by line."""
    paths = [path for path in EXAMPLE.rglob("*") if path.suffix in {".py", ".toml"}]
    known = {line for path in paths for line in path.read_text("utf-8").splitlines()}

    shown = [line for block in blocks(language) for line in block.splitlines()]

    assert [line for line in shown if line not in known] == []


@pytest.mark.parametrize(
    "names",
    [
        [each.name for each in Capability],
        [each.name for each in dataclasses.fields(Backend)],
        [each.name for each in dataclasses.fields(Declaration)],
    ],
    ids=["capabilities", "backend", "declaration"],
)
def test_guide_has_every_word(names: list[str]) -> None:
    """The guide's tables leave out nothing that an author may say."""
    assert [name for name in names if f"`{name}`" not in GUIDE] == []


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a copy of the example, as somebody would make it."""
    copy = tmp_path_factory.mktemp("example") / "jsonl_repository"
    shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    return copy


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, example: Path) -> Environment:
    """Returns an environment where the example is installed by the guide's first command."""
    environment = new_environment(tmp_path_factory.mktemp("environment"))
    install, _ = _steps()
    installed = environment.run(install, example)
    assert installed.returncode == 0, installed.stderr
    return environment


def _steps() -> list[str]:
    """Returns the guide's commands for the copy: the one that installs, and the one that tests."""
    return blocks("console")[0].splitlines()


def test_example_passes_the_suite(environment: Environment, example: Path) -> None:
    """The suite runs in the example's own project, and every test passes or says why not."""
    _, test = _steps()

    ran = environment.run(test, example)

    assert ran.returncode == 0, ran.stdout
    passed = re.search(r"(\d+) passed", ran.stdout)
    assert passed is not None
    assert int(passed[1]) > 400


def test_commands_of_the_guide_work(environment: Environment, tmp_path: Path) -> None:
    """The commands of the guide, pasted one after the other, end with the account found."""
    (words,) = blocks("yaml")
    steps = blocks("console")[1]
    address = free_address()
    (tmp_path / "ownid.yaml").write_text(f"server: {{listen: '{address}'}}\n{words}", "utf-8")
    # A person would see the server come up.
    waiting = "until ownid-grpc schema infer > first.json 2> log; do sleep 0.2; done"
    script = steps.replace("ownid-grpc schema infer", f"{waiting}\nownid-grpc schema infer", 1)

    ran = environment.run(f"{script}\nkill %1; wait", tmp_path, OWNID_ADDRESS=address)

    assert "shop: the mapping fits the database, with 4 properties" in ran.stdout, ran.stderr
    assert '"city":"London"' in ran.stdout.splitlines()[-1], ran.stderr


APPS = """
  shop:
    repository:
      type: jsonl
      file: data/accounts.jsonl
      properties:
        email: {required: true, unique: true}
        name: {}
        loyalty: {kind: integer}
"""

SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {
        "email": {"type": "string", "x-ownid-login-id": True},
        "name": {"type": "string"},
        "loyalty": {"type": "integer"},
    },
    "required": ["email"],
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Returns an ownid.yaml with an empty file of accounts beside it."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "accounts.jsonl").touch(mode=0o600)
    return write_config(tmp_path, APPS, server="workers: 2")


@pytest.fixture
def client(environment: Environment, config: Path) -> Iterator[Client]:
    """Gives a client of a service that keeps its accounts in the file."""
    with (
        running_service(config, program=(environment.python, "-m", "ownid_grpc")) as service,
        service.client() as client,
    ):
        client.await_health(SERVING)
        client.set_schema(SCHEMA)
        yield client


def created(client: Client, email: str, **profile: Any) -> Any:  # noqa: ANN401 - generated without types
    """Makes an account and returns it."""
    request = accounts.CreateAccountRequest(
        parent="apps/shop", account={"profile": {"email": email, **profile}}
    )
    return client.accounts.CreateAccount(request, metadata=METADATA, timeout=20)


def updated(client: Client, account: Any, **profile: Any) -> Any:  # noqa: ANN401 - as above
    """Changes an account, if its etag is the current one, and returns it."""
    request = accounts.UpdateAccountRequest(
        account={"name": account.name, "etag": account.etag, "profile": profile}
    )
    return client.accounts.UpdateAccount(request, metadata=METADATA, timeout=20)


def test_service_keeps_its_accounts_in_the_file(client: Client, config: Path) -> None:
    """Accounts are made, changed, searched by filter and order, and deleted, over gRPC."""
    people = [created(client, f"{letter}@example.com", loyalty=n) for n, letter in enumerate("abc")]
    updated(client, people[0], loyalty=7)
    with pytest.raises(grpc.RpcError) as stale:
        updated(client, people[0], loyalty=8)
    delete = accounts.DeleteAccountRequest(name=people[1].name)
    client.accounts.DeleteAccount(delete, metadata=METADATA, timeout=20)

    search = accounts.SearchAccountsRequest(
        parent="apps/shop", filter="loyalty >= 1", order_by="loyalty desc"
    )
    answers = client.accounts.SearchAccounts(search, metadata=METADATA, timeout=20)
    lookup = accounts.LookupAccountRequest(parent="apps/shop", login_id="C@EXAMPLE.com")
    found = client.accounts.LookupAccount(lookup, metadata=METADATA, timeout=20)

    emails = [each.profile["email"] for answer in answers for each in answer.accounts]
    assert emails == ["a@example.com", "c@example.com"]
    assert found.name == people[2].name
    assert stale.value.code() is grpc.StatusCode.ABORTED
    file = config.parent / "data" / "accounts.jsonl"
    assert len(file.read_text("utf-8").splitlines()) == 2
    assert file.stat().st_mode & 0o777 == 0o600


def test_login_id_is_taken_once_in_all_processes(client: Client) -> None:
    """A login id that one process has given to an account is refused by every other."""
    created(client, "ada@example.com")

    for _ in range(20):
        with pytest.raises(grpc.RpcError) as caught:
            created(client, "ADA@example.com")
        assert caught.value.code() is grpc.StatusCode.ALREADY_EXISTS


def test_missing_file_is_told_by_its_line(environment: Environment, config: Path) -> None:
    """What the repository finds wrong is shown on its line of ownid.yaml."""
    (config.parent / "data" / "accounts.jsonl").unlink()
    line = config.read_text("utf-8").splitlines().index("      file: data/accounts.jsonl") + 1

    ran = environment.run("ownid-grpc check", config.parent)

    assert ran.returncode == 1, ran.stderr
    assert (
        f"ownid.yaml:{line}: apps.shop.repository.file: there is no such file; make an empty one"
    ) in ran.stdout
