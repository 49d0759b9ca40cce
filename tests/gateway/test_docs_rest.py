"""What docs/rest.md says of the REST face is so, and its commands work as written."""

import json
import os
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from tests.gateway.running import running_shop
from tests.support.keys import token
from tests.unit.test_contract import METHODS
from tests.unit.test_openapi import DOCUMENT

GUIDE = (Path(__file__).parents[2] / "docs" / "rest.md").read_text("utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", GUIDE, re.DOTALL)
ROWS = re.findall(r"^\| (\w*)(?: \*)? ?\| `([A-Z]+ \S+)` \| (\S*) ?\|$", GUIDE, re.MULTILINE)


def expected_rows() -> set[tuple[str, str, str]]:
    """Returns the method, the verb and path, and the body of each REST form of the contract."""
    found = set()
    for method, (_, *forms) in METHODS.items():
        for form in forms:
            verb, template, *body = form.split()
            path = re.sub(r"\{[\w.]+=([^}]*)\}", r"\1", template).removeprefix("/v1/apps/*")
            found.add((method, f"{verb} {path}", body[0].replace("*", "all") if body else ""))
    return found


def test_every_rest_form_stands_in_the_guide() -> None:
    """The tables have each method with its verb, path and body, and nothing else."""
    methods = [name for name, _, _ in ROWS]
    named = [name or methods[place - 1] for place, name in enumerate(methods)]
    shown = {
        (name, re.sub(r"\{\w+\}", "*", form), body.strip("`"))
        for name, (_, form, body) in zip(named, ROWS, strict=True)
    }

    assert shown == expected_rows()


def test_every_status_stands_in_the_guide() -> None:
    """Each status that the document has beside 200 is explained, less those without a request."""
    listed = re.findall(r"^\| ((?:\d{3}(?:, )?)+) \| [A-Z]", GUIDE, re.MULTILINE)
    shown = {status for each in listed for status in each.split(", ")}
    stated = {
        status
        for verbs in DOCUMENT["paths"].values()
        for operation in verbs.values()
        for status in operation["responses"]
    }

    assert stated - shown == {"200", "408", "502"}


@pytest.mark.gateway
def test_commands_work_as_written(tmp_path: Path) -> None:
    """Pasted one after the other, the commands of the guide show what it says."""
    with running_shop(tmp_path) as shop:
        marked = "\n".join(f"{each}\necho; echo =====" for each in BLOCKS)
        script = marked.replace("127.0.0.1:8080", shop.rest.address)
        ran = subprocess.run(
            ["/bin/bash", "-e", "-o", "pipefail", "-c", script],
            env={
                **os.environ,
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "OWNID_TOKEN": token(),
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    first, values, error, searches, resumed, sessions, events, _ = ran.stdout.split("=====\n")
    assert (tmp_path / "openapi.json").read_bytes() == (
        files("ownid.v1") / "openapi.json"
    ).read_bytes()
    assert "ada@example.com" in first
    assert '"given_name":"Augusta"' in values
    assert '"total_size":"2"' in values
    assert json.loads(error)["details"][0]["reason"] == "FILTER_INVALID"
    assert searches.count("resume_token") == 2
    assert '"done":true' in searches
    assert resumed.count('"accounts"') == 2
    assert '"given_name":"Ada"' in sessions
    assert '"heartbeat":{}' in events
