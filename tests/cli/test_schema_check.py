"""`ownid-grpc schema check`: which accounts a schema would find fault with."""

import json
from pathlib import Path

import pytest

from ownid_grpc.domain.account import Profile
from ownid_grpc.domain.call import Call
from ownid_grpc.services.writing import NewAccount
from tests.cli.running import Commands
from tests.support.shop import APP, Shop, schema_of


@pytest.fixture
def full(shop: Shop) -> Shop:
    """Returns the shop with some accounts, each good by the schema in force."""
    for number in range(4):
        profile: Profile = {"email": f"a{number}@example.com", "loyalty": number}
        shop.services.accounts.create(Call(), APP, NewAccount(profile))
    return shop


@pytest.fixture
def stricter(tmp_path: Path) -> str:
    """Names a file of a schema that asks for more than accounts have."""
    file = tmp_path / "stricter.json"
    document = schema_of(loyalty={"type": "integer", "minimum": 2})
    file.write_text(json.dumps(document), "utf-8")
    return str(file)


@pytest.mark.usefixtures("full")
def test_accounts_that_are_good_are_no_fault(commands: Commands) -> None:
    """Where every account is good nothing is printed, and the exit code is 0."""
    result = commands.run("schema", "check")

    assert (result.exit_code, result.stdout) == (0, "")
    assert "0 of 4 accounts" in result.stderr


@pytest.mark.usefixtures("full")
def test_faults_of_a_candidate_are_counted(commands: Commands, stricter: str) -> None:
    """A line for each fault: where, which rule, how often, and accounts to look at."""
    result = commands.run("schema", "check", stricter)

    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "path": "/loyalty",
        "rule": "minimum",
        "count": 2,
        "sampleNames": ["apps/shop/accounts/1", "apps/shop/accounts/2"],
    }
    assert "2 of 4 accounts" in result.stderr


@pytest.mark.usefixtures("full")
def test_check_is_narrowed_by_a_filter(commands: Commands, stricter: str) -> None:
    """With --filter only the accounts that match are checked."""
    result = commands.run("schema", "check", stricter, "--filter", "loyalty >= 1")

    assert result.exit_code == 1
    assert json.loads(result.stdout)["count"] == 1
    assert "1 of 3 accounts" in result.stderr


@pytest.mark.usefixtures("full")
def test_candidate_is_taken_as_get_printed_it(commands: Commands) -> None:
    """What get --full printed is taken for the schema in it."""
    text = commands.printed("schema", "get", "--full")

    assert commands.run("schema", "check", "-", text=text).exit_code == 0


@pytest.mark.usefixtures("full")
def test_faults_are_a_table_on_a_terminal(commands: Commands, stricter: str) -> None:
    """On a terminal the faults are rows of a table."""
    code, shown = commands.on_terminal("schema", "check", stricter)

    assert code == 1
    assert "/loyalty" in shown
    assert "minimum" in shown
    assert "such as" in shown


def test_candidate_that_is_no_schema_is_refused(commands: Commands) -> None:
    """A candidate with faults of its own is refused fault by fault, as `set` does."""
    text = json.dumps({"type": "object", "properties": {"email": {"type": 3}}})

    result = commands.run("schema", "check", "-", text=text)

    assert result.exit_code == 1
    assert "/properties/email/type" in result.stderr
