"""`ownid-grpc inspect`: describes the accounts of a database that nobody has described."""

import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from ownid_grpc.cli.operator import FAULTY, UNREACHABLE
from ownid_grpc.cli.output import say
from ownid_grpc.domain.names import is_app_id
from ownid_grpc.errors import OwnIdError
from ownid_grpc.inspection import Ask, Inspection, NoSuchKind, NothingToDescribe, inspect_database

_CONFIG, _SCHEMA = "ownid.yaml", "schema.json"
_USAGE = 2


UrlArgument = Annotated[
    str,
    typer.Argument(
        envvar="OWNID_INSPECT_URL",
        help="The database: postgresql, mariadb, mysql or sqlite. In the environment nobody "
        "sees its password in the list of processes.",
        show_default=False,
    ),
]
TableOption = Annotated[str, typer.Option(help="The table of accounts; else the likeliest one.")]
AppOption = Annotated[str, typer.Option(help="What the app is called; else as the database is.")]
OutputOption = Annotated[
    Path, typer.Option(help="The folder that ownid.yaml and schema.json are written to.")
]
YesOption = Annotated[
    bool, typer.Option("--yes", "-y", "--no-input", help="Ask nothing: the likeliest is taken.")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Write over files that are there.")]


def inspect(
    url: UrlArgument,
    table: TableOption = "",
    app: AppOption = "",
    output: OutputOption = Path(),
    yes: YesOption = False,
    force: ForceOption = False,
) -> None:
    """Reads a database, and writes an ownid.yaml and an account schema that fit it.

    Each guess has its reason beside it. Nothing is written to the database, and
    nothing that tells of anybody gets into the files, nor does the URL.
    """
    paths = (output / _CONFIG, output / _SCHEMA)
    is_asking = not yes and sys.stdin.isatty() and sys.stderr.isatty()
    if not force:
        _refuse_existing(paths)
    app = app or _app_of(url, is_asking=is_asking)
    if not is_app_id(app):
        raise _refused(f"'{app}' cannot name an app; name it by --app.", _USAGE)
    variable = f"{re.sub(r'[^A-Z0-9]', '_', app.upper())}_DATABASE_URL"
    found = _inspected(url, app, variable, table, _ask if is_asking else _likeliest)
    _write(paths, found)
    _say(found, app, variable, paths)
    if found.faults:
        raise typer.Exit(FAULTY)


def _inspected(url: str, app: str, variable: str, table: str, ask: Ask) -> Inspection:
    try:
        return inspect_database(url, app, variable, table=table, ask=ask)
    except NoSuchKind:
        raise _refused("This is no URL of sqlite, postgresql, mariadb or mysql.", _USAGE) from None
    except NothingToDescribe as error:
        raise _refused(str(error)) from None
    except OwnIdError:
        # What a driver says may hold the host and the user.
        message = "The database does not answer, or refuses this user."
        raise _refused(message, UNREACHABLE) from None


def _ask(question: str, answers: Sequence[str]) -> str:
    say(question)
    for number, answer in enumerate(answers, start=1):
        say(f"  {number}  {answer}")
    chosen: int = typer.prompt("Number", default=1, err=True, value_proc=_up_to(len(answers)))
    return answers[chosen - 1]


def _up_to(count: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isdigit() or not 1 <= int(text) <= count:
            raise typer.BadParameter(f"a number from 1 to {count}")
        return int(text)

    return read


def _likeliest(_: str, answers: Sequence[str]) -> str:
    return answers[0]


def _app_of(url: str, *, is_asking: bool) -> str:
    """Returns an app's name made of that of the database."""
    try:
        name = make_url(url).database or ""
    except (ArgumentError, ValueError):
        # What is said of a port that is no number may quote a password.
        name = ""
    words = re.sub(r"[^A-Za-z0-9_.-]+", "-", Path(name).stem).strip("-.")[:63]
    wanted = words or "app"
    return (
        str(typer.prompt("What is the app called", default=wanted, err=True))
        if is_asking
        else wanted
    )


def _refuse_existing(paths: Sequence[Path]) -> None:
    there = [str(path) for path in paths if path.exists()]
    if there:
        said = f"{' and '.join(there)} {'is' if len(there) == 1 else 'are'} there already"
        raise _refused(f"{said}: name another folder by --output, or say --force.")


def _write(paths: Sequence[Path], found: Inspection) -> None:
    config, schema = paths
    try:
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(found.config, encoding="utf-8")
        if found.schema is not None:
            text = json.dumps(found.schema, indent=2, ensure_ascii=False)
            schema.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise _refused(f"{error.filename} cannot be written: {error.strerror}.") from None


def _say(found: Inspection, app: str, variable: str, paths: Sequence[Path]) -> None:
    for fault in found.faults:
        say(f"to be mended: {fault}")
    say(f"The accounts are taken to be in {found.table}.")
    if found.faults:
        say(f"{paths[0]} is written, and needs a hand before it can be used.")
        return
    say(f"{paths[0]} and {paths[1]} are written. Look at them; then:")
    steps = (
        *([] if paths[0].parent == Path() else [f"cd {paths[0].parent}"]),
        f"export {variable}=…          # the URL that was inspected",
        "ownid-grpc keys new backoffice >> ownid.yaml",
        "ownid-grpc check",
        "ownid-grpc serve &",
        f"export OWNID_APP={app} OWNID_TOKEN=$(ownid-grpc keys token backoffice)",
        "ownid-grpc schema set schema.json",
    )
    for step in steps:
        say(f"  {step}")


def _refused(message: str, code: int = FAULTY) -> typer.Exit:
    say(message)
    return typer.Exit(code)
