"""Where, as whom and how long commands call the service: the options that they all have."""

import math
import re
import sys
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from ownid_grpc.cli.errors import UsageError
from ownid_grpc.cli.rpc import grpc

_MOST_SECONDS = 1e8
_TOKEN = re.compile(r"[\x21-\x7e]+")
_LOOPBACK = re.compile(r"(localhost|127\.[0-9.]+|\[::1\])(:\d+)?")
_CHANNEL_OPTIONS = [
    # Chunks and pages are as large as their accounts, whose size the service limits.
    ("grpc.max_receive_message_length", -1),
    # A service that is gone without a word is noticed in the middle of a search.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
]


class Output(StrEnum):
    """How a command prints what it got."""

    AUTO = "auto"
    TABLE = "table"
    JSON = "json"


_option = partial(typer.Option, rich_help_panel="Connection")

AddressOption = Annotated[
    str, _option(envvar="OWNID_ADDRESS", help="Where the service takes calls, as host:port.")
]
AppOption = Annotated[
    str, _option(envvar="OWNID_APP", help="The app; not needed beside a full resource name.")
]
TokenOption = Annotated[
    str,
    _option(
        envvar="OWNID_TOKEN",
        help="The bearer token to call with; others can see it in the list of processes.",
    ),
]
TokenFileOption = Annotated[
    Path | None, _option(envvar="OWNID_TOKEN_FILE", help="A file that holds the bearer token.")
]
TlsOption = Annotated[bool, _option("--tls", envvar="OWNID_TLS", help="Use TLS.")]
CaOption = Annotated[
    Path | None,
    _option(envvar="OWNID_CA", help="A PEM file of the authorities to believe; implies --tls."),
]
TimeoutOption = Annotated[
    float | None,
    _option(
        envvar="OWNID_TIMEOUT",
        help="How many seconds to wait; 30, but for a search no limit, unless given.",
        show_default=False,
    ),
]
OutputOption = Annotated[
    Output,
    typer.Option(
        "--output", "-o", help="What to print; auto is a table on a terminal and JSON elsewhere."
    ),
]


@dataclass(frozen=True, slots=True)
class Connection:
    """Where and as whom a command calls, and how it prints what comes back."""

    address: str
    app: str
    token: str = field(repr=False)
    is_encrypted: bool
    ca: bytes | None
    timeout_seconds: float | None
    output: Output

    @classmethod
    def of(
        cls,
        context: typer.Context,
        *,
        address: AddressOption = "127.0.0.1:50051",
        app: AppOption = "",
        token: TokenOption = "",
        token_file: TokenFileOption = None,
        tls: TlsOption = False,
        ca: CaOption = None,
        timeout: TimeoutOption = None,
        output: OutputOption = Output.AUTO,
    ) -> "Connection":
        """Returns what the options that commands share say; raises `UsageError`."""
        if timeout is not None and not (math.isfinite(timeout) and timeout > 0):
            raise UsageError("--timeout takes a number of seconds above 0.")
        return cls(
            address=address,
            app=app.removeprefix("apps/"),
            token=_token(context, token, token_file),
            is_encrypted=tls or ca is not None,
            ca=_authorities(ca) if ca else None,
            timeout_seconds=timeout if timeout is None else min(timeout, _MOST_SECONDS),
            output=output,
        )

    @property
    def prints_table(self) -> bool:
        """Whether the output is for people."""
        return self.output is Output.TABLE or (self.output is Output.AUTO and sys.stdout.isatty())

    def open_channel(self) -> grpc.Channel:
        """Returns a channel to the service; nothing is sent yet."""
        options: list[tuple[str, Any]] = list(_CHANNEL_OPTIONS)
        if _LOOPBACK.fullmatch(self.address):
            options.append(("grpc.enable_http_proxy", 0))
        if not self.is_encrypted:
            return grpc.insecure_channel(self.address, options)
        credentials = grpc.ssl_channel_credentials(self.ca)
        return grpc.secure_channel(self.address, credentials, options)


def _token(context: typer.Context, token: str, file: Path | None) -> str:
    """Returns the token; what stands on the command line goes before the environment."""
    sources = [context.get_parameter_source(each) for each in ("token", "token_file")]
    names = [source.name if source else "" for source in sources]
    if names == ["COMMANDLINE", "COMMANDLINE"]:
        raise UsageError("Give --token or --token-file, not both.")
    if file is not None and (not token or names[1] == "COMMANDLINE"):
        token = _contents(file, "--token-file").decode("ascii", "replace")
    token = token.strip()
    if token and _TOKEN.fullmatch(token) is None:
        raise UsageError("The token has characters that no token has; is it the right file?")
    return token


def _authorities(path: Path) -> bytes:
    authorities = _contents(path, "--ca")
    if b"-----BEGIN CERTIFICATE-----" not in authorities:
        raise UsageError("The file of --ca holds no certificate in PEM.")
    return authorities


def _contents(path: Path, option: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"The file of {option} cannot be read: {error.strerror}.") from None
