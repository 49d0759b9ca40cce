"""`ownid-grpc gateway`: what an Envoy of one's own needs to be the gateway of several servers."""

import json
import re
from ipaddress import IPv6Address
from typing import Annotated

import typer

from ownid_grpc.cli.operator import DEFAULT_CONFIG, ConfigOption, read_config, stop_on
from ownid_grpc.config import ConfigError
from ownid_grpc.gateway.rendering import bootstrap, local_address

commands = typer.Typer(
    help="Renders the configuration of the gateway.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_ADDRESS = re.compile(r"(?:\[(?P<v6>[^\]]+)\]|[A-Za-z0-9._-]+):(?P<port>[0-9]{1,5})")
_MAX_PORT = 65535


@commands.callback()
def _commands() -> None:
    """Has typer make a group of the one command."""


@commands.command("config")
def show_config(
    config: ConfigOption = DEFAULT_CONFIG,
    upstream: Annotated[
        list[str] | None,
        typer.Option(
            help="A server behind the gateway, as host:port; several of them share the calls. "
            "Without it, the one of the file on this host.",
        ),
    ] = None,
) -> None:
    """Prints the configuration that Envoy starts with; nothing beside it is needed.

    `envoy --config-path` takes it as it is.
    """
    words = read_config(config)
    upstreams = upstream or [local_address(words.server.listen)]
    for each in upstreams:
        if not _is_address(each):
            message = f"{each} is no address; it is written host:port, or [::1]:port for IPv6"
            raise typer.BadParameter(message, param_hint="--upstream")
    try:
        typer.echo(json.dumps(bootstrap(words, upstreams), indent=2))
    except ConfigError as error:
        raise stop_on(error) from None


def _is_address(text: str) -> bool:
    found = _ADDRESS.fullmatch(text)
    if found is None or not 0 < int(found["port"]) <= _MAX_PORT:
        return False
    try:
        return found["v6"] is None or bool(IPv6Address(found["v6"]))
    except ValueError:
        return False
