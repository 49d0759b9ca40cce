"""`ownid-grpc keys`: makes the key pair of an admin caller, and tokens signed with it."""

import re
import time
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import jwt
import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from ownid_grpc.cli.operator import DEFAULT_CONFIG, FAULTY, ConfigOption, read_config
from ownid_grpc.config import Caller, Config
from ownid_grpc.config.keys import thumbprint

commands = typer.Typer(
    help="Keys and tokens of admin callers.", no_args_is_help=True, add_completion=False
)

_PRIVATE, _PUBLIC = ".key.pem", ".pub.pem"
_DURATION = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@commands.command()
def new(
    name: Annotated[str, typer.Argument(help="What the caller is called, such as backoffice.")],
    folder: Annotated[Path, typer.Option(help="Where the two files are written.")] = Path(),
) -> None:
    """Makes an Ed25519 key pair, and says what to write in ownid.yaml."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,63}", name):
        raise _refused("A name has 1 to 63 letters, digits, dashes or underscores.")
    private, public = folder / f"{name}{_PRIVATE}", folder / f"{name}{_PUBLIC}"
    write_key_pair(private, public)
    typer.echo(f"# {private} signs tokens: keep it where only the caller can read it.", err=True)
    typer.echo("# In ownid.yaml, with apps and scopes as narrow as will do:", err=True)
    typer.echo(caller_words(name, public))


@commands.command()
def token(
    name: Annotated[str, typer.Argument(help="The caller, as ownid.yaml names it.")],
    key: Annotated[
        Path | None, typer.Option(help="Its private key; else the one beside its public key.")
    ] = None,
    scope: Annotated[
        list[str] | None, typer.Option(help="Only this scope of the caller's; repeatable.")
    ] = None,
    app: Annotated[
        list[str] | None, typer.Option(help="Only this app of the caller's; repeatable.")
    ] = None,
    expires_in: Annotated[str, typer.Option(help="How long it holds: 30s, 15m, 8h, 1d.")] = "1h",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Prints a token that speaks for a caller."""
    caller = _caller(read_config(config), name)
    path = key or _private_beside(caller)
    claims: dict[str, object] = {}
    if scope:
        claims["scope"] = " ".join(scope)
    if app:
        claims["apps"] = app
    typer.echo(signed_token(caller, _read_private(path), _lifetime(expires_in), claims))


def write_key_pair(private: Path, public: Path) -> None:
    """Writes a new key pair; ends the command where a file is there already."""
    made = Ed25519PrivateKey.generate()
    secret = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    shown = made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    try:
        private.parent.mkdir(parents=True, exist_ok=True)
        for path, content, mode in ((private, secret, 0o600), (public, shown, 0o644)):
            path.touch(mode, exist_ok=False)
            path.write_bytes(content)
    except FileExistsError as error:
        raise _refused(f"{error.filename} is there already; name another, or remove it.") from None
    except OSError as error:
        raise _refused(f"{error.filename} cannot be written: {error.strerror}.") from None


def caller_words(name: str, public: Path) -> str:
    """Returns what ownid.yaml says of a caller who may do everything."""
    return f"""callers:
  - name: {name}
    issuer: {name}
    audience: ownid-grpc
    keys: [{public}]
    apps: ["*"]
    scopes: ["*"]"""


def signed_token(
    caller: Caller, key: Ed25519PrivateKey, lifetime: timedelta, claims: dict[str, object]
) -> str:
    """Returns a JWT (RFC 7519) that speaks for the caller from now on."""
    now = int(time.time())
    times = {"iat": now, "exp": now + int(lifetime.total_seconds())}
    who = {"iss": caller.issuer, "aud": caller.audience, "sub": caller.name}
    kid = thumbprint(key.public_key())
    return jwt.encode(who | times | claims, key, algorithm="EdDSA", headers={"kid": kid})


def _caller(config: Config, name: str) -> Caller:
    for caller in config.callers:
        if caller.name == name:
            return caller
    known = ", ".join(caller.name for caller in config.callers) or "none"
    raise _refused(f"ownid.yaml has no caller of that name; there are: {known}.")


def _private_beside(caller: Caller) -> Path:
    for file in caller.keys:
        path = file.path.with_name(file.path.name.removesuffix(_PUBLIC) + _PRIVATE)
        if file.path.name.endswith(_PUBLIC) and path.exists():
            return path
    raise _refused("The caller's private key is not beside its public one; name it by --key.")


def _read_private(path: Path) -> Ed25519PrivateKey:
    try:
        found = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise _refused(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, TypeError):
        raise _refused(f"{path} holds no private key in PEM form.") from None
    if not isinstance(found, Ed25519PrivateKey):
        raise _refused(f"{path} is no Ed25519 key; sign with the tools that made it.")
    return found


def _lifetime(text: str) -> timedelta:
    found = _DURATION.fullmatch(text)
    if found is None:
        raise _refused("A lifetime is a number and a unit: 30s, 15m, 8h or 1d.")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _refused(message: str) -> typer.Exit:
    typer.echo(message, err=True)
    return typer.Exit(FAULTY)
