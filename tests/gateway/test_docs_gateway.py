"""What docs/gateway.md shows works as written."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gateway.running import running_shop
from tests.support.keys import token

pytestmark = pytest.mark.gateway

GUIDE = (Path(__file__).parents[2] / "docs" / "gateway.md").read_text("utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", GUIDE, re.DOTALL)
DEFAULT_ADDRESS = "127.0.0.1:8080"


def ran(block: str, folder: Path, address: str) -> str:
    """Returns what the commands of a block print, one after the other."""
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["/bin/bash", "-e", "-o", "pipefail", "-c", block.replace(DEFAULT_ADDRESS, address)],
        env={**os.environ, "PATH": programs, "OWNID_TOKEN": token()},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_commands_work_as_written(tmp_path: Path) -> None:
    """Whoever follows the guide sees accounts, a configuration, health and numbers."""
    serve, rest, cluster, watching = BLOCKS
    # Those are the words that `running_shop` starts it with.
    assert serve.strip() == "ownid-grpc serve --gateway"
    with running_shop(tmp_path, {"admin": "admin.sock"}) as shop:
        shown = ran(rest, tmp_path, shop.rest.address)
        checked = ran(cluster, tmp_path, shop.rest.address)
        numbers = ran(watching, tmp_path, shop.rest.address)

    assert shown.count("ada@example.com") == 4
    assert '"given_name":"Augusta"' in shown
    assert "OK" in checked
    assert "envoy_cluster_upstream_rq_total" in numbers
