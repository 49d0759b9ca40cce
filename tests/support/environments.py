"""A virtual environment with this project installed, for what others would install beside it."""

import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Environment:
    """A virtual environment that finds what ours has, and asks no registry for anything."""

    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    def run(
        self, script: str, folder: Path, **environment: str
    ) -> "subprocess.CompletedProcess[str]":
        """Runs a script of bash as somebody would who has activated the environment."""
        own = {name: os.environ[name] for name in os.environ if not name.startswith("OWNID_")}
        return subprocess.run(
            ["bash", "-c", f"set -m\n{script}"],  # noqa: S607 - wherever it is
            cwd=folder,
            env={**own, "PATH": f"{self.python.parent}:{os.environ['PATH']}", **environment},
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )


def new_environment(folder: Path) -> Environment:
    """Makes an environment in a folder, with this project and nothing else installed."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, timeout=200)
    environment = Environment(folder)
    packages = folder / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    # Found after all that is installed here, and without what ours links to.
    (packages / "zz_ours.pth").write_text(sysconfig.get_path("purelib"), "utf-8")
    pip = folder / "bin" / "pip"
    pip.write_text(
        f'#!/bin/sh\nexec {environment.python} -m pip --quiet --disable-pip-version-check "$@" '
        "--no-index --no-build-isolation\n",
        "utf-8",
    )
    subprocess.run([pip, "install", "--no-deps", "-e", ROOT], check=True, timeout=200)
    return environment
