"""`ownid-grpc config`: what editors need to know of ownid.yaml."""

from importlib.resources import files

import typer

commands = typer.Typer(
    help="Describes ownid.yaml.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@commands.callback()
def _commands() -> None:
    """Has typer make a group of the one command."""


@commands.command("schema")
def show_schema() -> None:
    """Prints the JSON Schema of ownid.yaml, for editors that complete and check it."""
    schema = files("ownid_grpc.config") / "ownid.schema.json"
    typer.echo(schema.read_bytes(), nl=False)
