"""What the README shows works as written."""

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"


def test_example_runs(tmp_path: Path) -> None:
    """The Python of the README makes an account and shows it."""
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)

    ran = subprocess.run(
        [sys.executable, "-c", example],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ran.stderr == ""
    assert "{'email': 'ada@example.com', 'active': True}" in ran.stdout
