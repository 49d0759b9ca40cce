"""Holds `ownid-grpc check` to saying which indexes are missing and which accounts are wrong."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ownid_grpc.cli import app
from tests.cli.customers import CONFIG, execute, write_config, write_customers

GUIDE = Path(__file__).parents[2] / "docs" / "indexes.md"

NUMBERS = """WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 12000)
    SELECT n, 7, 'u' || n || '@secret.example', 'town' || n,
        CASE WHEN n IN (17, 18) THEN -4711 ELSE n END FROM s"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Returns a folder with a large shop and a schema in force."""
    write_customers(tmp_path, NUMBERS, **{"x-ownid-search": False})
    return tmp_path


def check(folder: Path, *options: str) -> Result:
    """Runs `check` on the file in the folder."""
    return CliRunner().invoke(app, ["check", "--config", str(folder / "ownid.yaml"), *options])


def findings(folder: Path, weight: str) -> list[dict[str, Any]]:
    """Returns the findings of a weight, as programs read them."""
    found = json.loads(check(folder, "--json").stdout)["findings"]
    return [each for each in found if each["weight"] == weight]


def test_guide_shows_what_is_printed(folder: Path) -> None:
    """The output in docs/indexes.md is that of the command."""
    shown = re.search(
        r"```console\n\$ ownid-grpc check\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL
    )

    printed = check(folder)

    assert shown is not None
    assert printed.stdout == shown[1]
    assert printed.exit_code == 0


def test_no_value_of_an_account_is_shown(folder: Path) -> None:
    """Accounts that break a rule are named, and nothing that they hold is said."""
    outputs = check(folder).output + check(folder, "--json").output

    assert "apps/shop/accounts/17" in outputs
    assert "4711" not in outputs
    assert "secret.example" not in outputs


def test_warnings_end_with_their_own_code_where_asked_to(folder: Path) -> None:
    """Warnings alone end with 0, with --strict with 4; a fault ends with 1 either way."""
    strict = check(folder, "--strict").exit_code
    write_config(folder, CONFIG.replace("city: city", "city: town"))

    assert strict == 4
    assert check(folder, "--strict").exit_code == 1


def test_option_that_is_not_known_is_a_matter_of_usage(folder: Path) -> None:
    """A command that makes no sense ends with 2."""
    assert check(folder, "--sternly").exit_code == 2


def test_programs_read_the_findings_as_json(folder: Path) -> None:
    """Each warning comes with what it is about, in words of its own."""
    login, city, summary, broken = findings(folder, "warning")

    assert (login["property"], login["uses"]) == (
        "email",
        ["login id", "equality", "prefix", "order"],
    )
    assert city["statements"] == ["CREATE INDEX customers_city ON customers (tenant_id, city, id)"]
    assert city["rows"] == 12_000
    assert "2 of 12,000" in summary["message"]
    assert (broken["path"], broken["rule"], broken["count"]) == ("/points", "minimum", 2)
    assert broken["sampleNames"] == ["apps/shop/accounts/17", "apps/shop/accounts/18"]


def test_fault_says_its_line_to_programs_too(folder: Path) -> None:
    """A fault of the mapping has its word and its line."""
    write_config(folder, CONFIG.replace("city: city", "city: town"))

    (fault,) = findings(folder, "fault")

    assert fault["path"] == "apps.shop.repository.properties.city.column"
    assert fault["line"] == 10


def test_statements_mend_what_they_were_printed_for(folder: Path) -> None:
    """After the statements have run there is nothing left to warn of but accounts."""
    said = [each["statements"] for each in findings(folder, "warning") if "statements" in each]
    execute(folder, *(statement for each in said for statement in each))

    left = [each for each in findings(folder, "warning") if "statements" in each]

    assert len(said) == 2
    assert left == []


def test_small_tables_need_no_index(folder: Path) -> None:
    """Below the number of rows that the app says, nobody is warned; accounts can be left out."""
    write_config(folder, f"{CONFIG}    search: {{rows: 20000}}\n")

    passed = check(folder, "--no-accounts", "--strict")

    assert passed.exit_code == 0
    assert "warning" not in passed.stdout


def test_check_changes_nothing(folder: Path) -> None:
    """The database is afterwards what it was, byte by byte."""
    before = (folder / "shop.db").read_bytes()

    check(folder)

    assert (folder / "shop.db").read_bytes() == before
