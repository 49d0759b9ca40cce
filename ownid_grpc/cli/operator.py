"""What the operator's commands share: they read ownid.yaml, and say what is wrong with it."""

from pathlib import Path
from typing import Annotated

import typer

from ownid_grpc.config import Config, ConfigError, load_config

FAULTY = 1
"""The exit code of what is not as it should be."""
UNREACHABLE = 3
"""The exit code where a database does not answer."""

ConfigOption = Annotated[
    Path,
    typer.Option("--config", "-c", envvar="OWNID_CONFIG", help="The configuration file."),
]
DEFAULT_CONFIG = Path("ownid.yaml")


def read_config(path: Path) -> Config:
    """Returns what the file says; ends the command with everything that is wrong with it."""
    try:
        return load_config(path)
    except ConfigError as error:
        raise stop_on(error) from None


def stop_on(error: Exception) -> typer.Exit:
    """Says what is wrong, and returns what ends the command."""
    typer.echo(str(error), err=True)
    return typer.Exit(FAULTY)
