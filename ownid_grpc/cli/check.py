"""`ownid-grpc check`: holds ownid.yaml and the schemas in force against the live databases."""

from collections.abc import Iterator
from contextlib import ExitStack

import typer

from ownid_grpc.bootstrap import Repositories, described_faults, open_repositories, open_state
from ownid_grpc.cli.operator import (
    DEFAULT_CONFIG,
    FAULTY,
    UNREACHABLE,
    ConfigOption,
    read_config,
    stop_on,
)
from ownid_grpc.config import Config, ConfigError
from ownid_grpc.errors import FailedPrecondition, OwnIdError, Reason
from ownid_grpc.services.apps import Apps
from ownid_grpc.services.in_force import SchemasInForce
from ownid_grpc.state.base import StateStore

_NO_SECRET = b""
"""Nothing of what is checked lies sealed, and no file is to be made."""


def check(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Checks everything that the service would need, and changes nothing.

    Says each fault with its line of the file. Ends with 0 where all is well, 1
    where something is wrong, 3 where a database does not answer.
    """
    words = read_config(config)
    with ExitStack() as opened:
        try:
            state = opened.enter_context(open_state(words, _NO_SECRET))
            repositories = opened.enter_context(open_repositories(words))
        except ConfigError as error:
            raise stop_on(error) from None
        codes = [_check_state(state)]
        codes += [_check_app(words, app, repositories) for app in repositories]
        if max(codes) == 0:
            codes += [_check_schema(app, repositories, state) for app in repositories]
    raise typer.Exit(max(codes))


def _check_state(state: StateStore) -> int:
    try:
        is_migrated = state.is_migrated()
    except OwnIdError:
        typer.echo("state: the service's own store does not answer")
        return UNREACHABLE
    typer.echo(f"state: {'ready' if is_migrated else 'its tables are made at the next start'}")
    return 0


def _check_app(config: Config, app: str, repositories: Repositories) -> int:
    try:
        faults = repositories[app].verify()
    except OwnIdError:
        typer.echo(f"{app}: the app's database does not answer")
        return UNREACHABLE
    for line in described_faults(config, app, faults):
        typer.echo(line)
    if not faults:
        count = len(repositories[app].describe().properties)
        typer.echo(f"{app}: the mapping fits the database, with {count} properties")
    return FAULTY if faults else 0


def _check_schema(app: str, repositories: Repositories, state: StateStore) -> int:
    if not state.is_migrated():
        return 0
    try:
        SchemasInForce(Apps(repositories), state.revisions).for_writing(app)
    except FailedPrecondition as error:
        for line in _described(error):
            typer.echo(f"{app}: {line}")
        return 0 if error.reason is Reason.ACCOUNT_SCHEMA_NOT_SET else FAULTY
    typer.echo(f"{app}: the account schema in force fits the mapping")
    return 0


def _described(error: FailedPrecondition) -> Iterator[str]:
    yield error.message
    for violation in error.violations:
        yield f"{violation.field}: {violation.description}"
