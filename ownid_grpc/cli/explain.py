"""`ownid-grpc explain`: what a call would have the app's database do, and nothing of it done."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from ownid_grpc.cli.accounts.options import DisabledOption, FilterOption, OrderOption
from ownid_grpc.cli.accounts.profiles import mask_paths, read_profile
from ownid_grpc.cli.client import is_account_name, key_of
from ownid_grpc.cli.errors import UsageError, reporting
from ownid_grpc.cli.operator import (
    DEFAULT_CONFIG,
    FAULTY,
    UNREACHABLE,
    ConfigOption,
    read_config,
)
from ownid_grpc.cli.output import print_text, printable, warn
from ownid_grpc.cli.stores import opened_stores
from ownid_grpc.config import Config
from ownid_grpc.domain.account import Account, AccountKey
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.names import account_name, parse_account_name_within
from ownid_grpc.errors import OwnIdError, Unavailable
from ownid_grpc.services.apps import Apps
from ownid_grpc.services.explaining import Explanation, Explanations
from ownid_grpc.services.in_force import SchemasInForce, not_set
from ownid_grpc.services.writing import AccountChange, NewAccount

commands = typer.Typer(
    help="Shows the SQL of a call and the database's plan for it, and writes nothing.",
    no_args_is_help=True,
    add_completion=False,
)

AppOption = Annotated[
    str,
    typer.Option(envvar="OWNID_APP", help="The app; not needed where the file has only one."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
AccountArgument = Annotated[
    str, typer.Argument(metavar="ACCOUNT", help="The account: its key, its id or its full name.")
]
ProfileArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PROFILE...", help="As `accounts create` and `update` take it.", show_default=False
    ),
]


@commands.command("get")
def get(
    account: AccountArgument,
    config: ConfigOption = DEFAULT_CONFIG,
    app: AppOption = "",
    as_json: JsonOption = False,
) -> None:
    """Explains how an account is read."""
    _explain(config, app, as_json, lambda does, app: does.get(Call(), app, _key(app, account)))


@commands.command("lookup")
def lookup(
    login_id: Annotated[str, typer.Argument(metavar="LOGIN_ID")],
    config: ConfigOption = DEFAULT_CONFIG,
    app: AppOption = "",
    as_json: JsonOption = False,
) -> None:
    """Explains how a login id is looked up."""
    _explain(config, app, as_json, lambda does, app: does.look_up(Call(), app, login_id))


@commands.command("list")
@commands.command("search")
def search(
    filter_text: FilterOption = "",
    order_by: OrderOption = "",
    page_size: Annotated[int, typer.Option(min=0, max=1000)] = 0,
    config: ConfigOption = DEFAULT_CONFIG,
    app: AppOption = "",
    as_json: JsonOption = False,
) -> None:
    """Explains how the first page of a list or a search is found; it is not run."""
    _explain(
        config,
        app,
        as_json,
        lambda does, app: does.search(Call(), app, filter_text, order_by, page_size),
    )


@commands.command("create")
def create(
    profile: ProfileArgument = None,
    account_id: Annotated[str, typer.Option("--id", help="Its id, where callers choose it.")] = "",
    disabled: DisabledOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    app: AppOption = "",
    as_json: JsonOption = False,
) -> None:
    """Explains how an account is made."""

    def work(does: Explanations, app: str) -> Explanation:
        new = NewAccount(read_profile(profile or ()), disabled, account_id)
        return does.create(Call(), app, new)

    _explain(config, app, as_json, work)


@commands.command("update")
def update(
    account: AccountArgument,
    profile: ProfileArgument = None,
    mask: Annotated[str, typer.Option(help="The fields to change, with commas between.")] = "",
    disabled: DisabledOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    app: AppOption = "",
    as_json: JsonOption = False,
) -> None:
    """Explains how an account is changed, and shows it before and after."""

    def work(does: Explanations, app: str) -> Explanation:
        given = read_profile(profile or ())
        change = AccountChange(given, disabled, update_mask=mask_paths(mask))
        return does.update(Call(), app, _key(app, account), change)

    _explain(config, app, as_json, work)


@commands.command("delete")
def delete(
    account: AccountArgument,
    config: ConfigOption = DEFAULT_CONFIG,
    app: AppOption = "",
    as_json: JsonOption = False,
) -> None:
    """Explains how an account is deleted."""
    _explain(config, app, as_json, lambda does, app: does.delete(Call(), app, _key(app, account)))


def _explain(
    config: Path,
    app: str,
    as_json: bool,
    work: Callable[[Explanations, str], Explanation],
) -> None:
    words = read_config(config)
    with reporting():
        name = _app(words, app)
        with opened_stores(words) as (state, repositories):
            apps = Apps(repositories)
            try:
                if not state.is_migrated():
                    raise not_set(name)
                found = work(Explanations(apps, SchemasInForce(apps, state.revisions)), name)
            except OwnIdError as error:
                raise _refused(error) from None
        show = _print_json if as_json else _print
        show(name, found)


def _app(config: Config, app: str) -> str:
    if not app and len(config.apps) == 1:
        return next(iter(config.apps))
    if app not in config.apps:
        raise UsageError(f"Which app? Give --app, one of {', '.join(sorted(config.apps))}.")
    return app


def _key(app: str, text: str) -> AccountKey:
    if is_account_name(text):
        return parse_account_name_within(app, text, "name")
    return key_of(text)


def _refused(error: OwnIdError) -> typer.Exit:
    warn(f"{error.message} ({error.reason})", "error")
    for violation in error.violations:
        warn(f"{violation.field}: {violation.description}")
    return typer.Exit(UNREACHABLE if isinstance(error, Unavailable) else FAULTY)


def _print(app: str, found: Explanation) -> None:
    for statement in found.statements:
        typer.echo(printable(" ".join(statement.statement.split())))
        for line in statement.plan.splitlines():
            typer.echo(f"    {printable(line)}")
    for gap in found.unserved:
        typer.echo(f"no index serves {printable(gap.name)} by {gap.use}")
    for label, account in (("before", found.before), ("after", found.after)):
        if account is not None:
            typer.echo(printable(f"{label}: {_encoded(_members(app, account))}"))


def _print_json(app: str, found: Explanation) -> None:
    accounts = {"before": found.before, "after": found.after}
    said = {
        "statements": [
            {"sql": each.statement, "plan": each.plan.splitlines()} for each in found.statements
        ],
        "unserved": [{"property": gap.name, "use": gap.use} for gap in found.unserved],
        **{name: _members(app, each) for name, each in accounts.items() if each is not None},
    }
    print_text(f"{printable(_encoded(said))}\n")


def _members(app: str, account: Account) -> dict[str, Any]:
    members: dict[str, Any] = {"profile": account.profile}
    if account.key:
        members["name"] = account_name(app, account.key)
    if account.disabled is not None:
        members["disabled"] = account.disabled
    return members


def _encoded(value: Any) -> str:  # noqa: ANN401 - any value of JSON
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
