"""The command line: one file a command."""

from typing import NoReturn

import typer

from ownid_grpc.cli.late import LateCommands

app = typer.Typer(
    cls=LateCommands,
    name="ownid-grpc",
    help="A gRPC connector in front of the user database you already have.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _commands() -> None:
    """Has typer make a group of commands, all of which are loaded late."""


def main() -> NoReturn:
    """Runs the command that the arguments name."""
    app()
    raise SystemExit
