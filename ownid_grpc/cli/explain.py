"""`ownid-grpc explain`: what a call would have the app's database do, and nothing of it done."""

import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Concatenate, ParamSpec, TypeAlias

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
from ownid_grpc.cli.shared_options import declare
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

Options = ParamSpec("Options")
Run: TypeAlias = Callable[Concatenate["Explainer", Options], Explanation]

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


@dataclass(frozen=True, slots=True)
class Explainer:
    """Explains calls to one app."""

    explanations: Explanations
    app: str

    def key(self, text: str) -> AccountKey:
        """Returns the key that an argument means, a full name of the app's included."""
        if is_account_name(text):
            return parse_account_name_within(self.app, text, "name")
        return key_of(text)


def _explain(
    run: Callable[[Explainer], Explanation],
    config: ConfigOption = DEFAULT_CONFIG,
    app: AppOption = "",
    as_json: JsonOption = False,
) -> None:
    words = read_config(config)
    with reporting():
        name = _app(words, app)
        with opened_stores(words) as (state, repositories):
            apps = Apps(repositories)
            explanations = Explanations(apps, SchemasInForce(apps, state.revisions))
            try:
                if not state.is_migrated():
                    raise not_set(name)
                found = run(Explainer(explanations, name))
            except OwnIdError as error:
                raise _refused(error) from None
        show = _print_json if as_json else _print
        show(name, found)


def _command(name: str) -> Callable[[Run[Options]], Run[Options]]:
    """Makes a function a command that shows what it explains, and has the options of `_explain`."""

    def register(run: Run[Options]) -> Run[Options]:
        _, *shared = inspect.signature(_explain).parameters.values()

        def command(**options: Any) -> None:  # noqa: ANN401 - whatever the command declares
            given = {each.name: options.pop(each.name) for each in shared}
            own: Callable[..., Explanation] = run
            _explain(lambda explainer: own(explainer, **options), **given)

        declare(command, run, shared)
        commands.command(name)(command)
        return run

    return register


@_command("get")
def get(does: Explainer, account: AccountArgument) -> Explanation:
    """Explains how an account is read."""
    return does.explanations.get(Call(), does.app, does.key(account))


@_command("lookup")
def lookup(
    does: Explainer, login_id: Annotated[str, typer.Argument(metavar="LOGIN_ID")]
) -> Explanation:
    """Explains how a login id is looked up."""
    return does.explanations.look_up(Call(), does.app, login_id)


@_command("list")
@_command("search")
def search(
    does: Explainer,
    filter_text: FilterOption = "",
    order_by: OrderOption = "",
    page_size: Annotated[int, typer.Option(min=0, max=1000)] = 0,
) -> Explanation:
    """Explains how the first page of a list or a search is found; it is not run."""
    return does.explanations.search(Call(), does.app, filter_text, order_by, page_size)


@_command("create")
def create(
    does: Explainer,
    profile: ProfileArgument = None,
    account_id: Annotated[str, typer.Option("--id", help="Its id, where callers choose it.")] = "",
    disabled: DisabledOption = None,
) -> Explanation:
    """Explains how an account is made."""
    new = NewAccount(read_profile(profile or ()), disabled, account_id)
    return does.explanations.create(Call(), does.app, new)


@_command("update")
def update(
    does: Explainer,
    account: AccountArgument,
    profile: ProfileArgument = None,
    mask: Annotated[str, typer.Option(help="The fields to change, with commas between.")] = "",
    disabled: DisabledOption = None,
) -> Explanation:
    """Explains how an account is changed, and shows it before and after."""
    given = read_profile(profile or ())
    change = AccountChange(given, disabled, update_mask=mask_paths(mask))
    return does.explanations.update(Call(), does.app, does.key(account), change)


@_command("delete")
def delete(does: Explainer, account: AccountArgument) -> Explanation:
    """Explains how an account is deleted."""
    return does.explanations.delete(Call(), does.app, does.key(account))


def _app(config: Config, app: str) -> str:
    if not app and len(config.apps) == 1:
        return next(iter(config.apps))
    if app not in config.apps:
        raise UsageError(f"Which app? Give --app, one of {', '.join(sorted(config.apps))}.")
    return app


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
