"""Builds what is published, and installs it where nothing else is."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Distribution:
    """The files that are published."""

    wheel: Path
    source: Path


def build(root: Path, target: Path) -> Distribution:
    """Builds the wheel and the source distribution of the checkout at `root`."""
    run(_BIN / "hatchling", "build", "--directory", target, folder=root)
    (wheel,), (source,) = target.glob("*.whl"), target.glob("*.tar.gz")
    return Distribution(wheel, source)


def install(wheel: Path, folder: Path) -> Path:
    """Makes an environment of a wheel and what it needs as pinned; returns its interpreter."""
    python = folder / "bin" / "python"
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    pip_install = (_BIN / "uv", "pip", "install", "--quiet", "--python", python)
    pins = ROOT / "requirements" / "runtime.txt"
    run(*pip_install, "--require-hashes", "--requirement", pins)
    run(*pip_install, "--no-deps", wheel)
    return python


def run(*command: str | Path, folder: Path = ROOT) -> str:
    """Returns what a command prints, which must work."""
    ran = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=110, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout
