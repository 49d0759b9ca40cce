"""Loads each command when it is called: who asks a server needs no database driver."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

_COMMANDS: Mapping[str, tuple[str, str]] = {
    "demo": ("demo:demo", "Shows the service in front of an example database."),
    "serve": ("serve:serve", "Runs the service."),
    "gateway": ("gateway:commands", "Renders the configuration of the REST gateway."),
    "check": ("check:check", "Checks everything that the service would need."),
    "inspect": ("inspect:inspect", "Describes the accounts of a database."),
    "explain": ("explain:commands", "Shows the SQL of a call and its plan, and writes nothing."),
    "schema": ("schema:commands", "Shows and sets the account schema."),
    "accounts": ("accounts:commands", "Reads, searches and changes accounts."),
    "sessions": ("sessions:commands", "Opens, shows and ends sessions."),
    "config": ("config:commands", "Describes ownid.yaml."),
    "keys": ("keys:commands", "Makes keys and tokens of admin callers."),
}
"""Where each command is, and what the list of all of them says of it."""


class LateCommands(TyperGroup):
    """The commands by name; what is called must not wait for the modules of the others."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - as click has it
        """Returns the names of all commands."""
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002 - as click has it
        """Returns what the list of commands shows of one, None for one that is not there."""
        if cmd_name not in _COMMANDS:
            return None
        return TyperCommand(cmd_name, help=_COMMANDS[cmd_name][1])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - as click has it
        """Returns the command that is called, loaded, and its arguments."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, _loaded(name) if name and name in _COMMANDS else command, rest


def _loaded(name: str) -> Any:  # noqa: ANN401 - as click has it
    module, _, attribute = _COMMANDS[name][0].partition(":")
    found = getattr(import_module(f"ownid_grpc.cli.{module}"), attribute)
    if not isinstance(found, typer.Typer):
        single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        single.command(name)(found)
        found = single
    return get_command(found)
