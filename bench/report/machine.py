"""All figures as JSON, with what they were measured on."""

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from bench.figures import Figures
from bench.report.verdicts import verdicts
from bench.settings import Settings

_PACKAGES = ("grpcio", "protobuf", "psycopg", "sqlalchemy", "fastapi", "uvicorn", "pydantic")


def as_json(figures: Figures, settings: Settings, found: Mapping[str, str]) -> str:
    """Returns everything that was measured."""
    document = {
        "machine": found,
        "settings": asdict(settings),
        "figures": [
            {**figure._asdict(), "rounds": values} for figure, values in figures.rounds.items()
        ],
        "promises": [
            {
                "says": each.promise.says,
                "bound": each.promise.bound,
                "measured": each.value,
                "least": each.least,
                "most": each.most,
                "by_cpu": each.by_cpu,
                "kept": each.is_kept,
            }
            for each in verdicts(figures)
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def machine() -> Mapping[str, str]:
    """Returns what is measured on and with, and how busy it is with something else before."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "load": f"{os.getloadavg()[0]:.1f}",
        "python": platform.python_version(),
        **{name: version(name) for name in _PACKAGES},
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
