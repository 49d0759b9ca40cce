"""The command line: one file a command."""

import typer

from ownid_grpc.cli import check, keys, serve

app = typer.Typer(
    name="ownid-grpc",
    help="A gRPC connector in front of the user database you already have.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(serve.serve)
app.command()(check.check)
app.add_typer(keys.commands, name="keys")


def main() -> None:
    """Runs the command that the arguments name."""
    app()
