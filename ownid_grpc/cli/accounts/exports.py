"""`ownid-grpc accounts export`: all accounts that match, in a file that an import takes."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from google.protobuf.field_mask_pb2 import FieldMask
from ownid.v1.account_schema_service_pb2 import GetAccountSchemaRequest
from ownid.v1.account_service_pb2 import SearchAccountsRequest

from ownid_grpc.cli.accounts.csv_columns import Column, columns_of
from ownid_grpc.cli.accounts.export_files import ExportFile, ExportStream, ExportTarget
from ownid_grpc.cli.accounts.export_lines import CsvLines, JsonLines, Lines
from ownid_grpc.cli.accounts.options import (
    CsvOption,
    FieldsOption,
    FilterOption,
    OrderOption,
    RetriesOption,
    is_csv_file,
)
from ownid_grpc.cli.accounts.profiles import mask_paths, split_names
from ownid_grpc.cli.accounts.searches import search_accounts
from ownid_grpc.cli.client import Client
from ownid_grpc.cli.documents import STDIN
from ownid_grpc.cli.errors import CommandError, UsageError
from ownid_grpc.cli.output import (
    Progress,
    members_of,
    print_fields,
    print_lines,
    say,
    warn,
)

FileArgument = Annotated[
    str,
    typer.Argument(metavar="[FILE]", help="The file to write; stdout without it, or for -."),
]
ColumnsOption = Annotated[
    str,
    typer.Option(help="The properties that are columns of CSV, such as email,address.city."),
]
ResumeOption = Annotated[
    bool, typer.Option("--resume", help="Go on with the file where an interrupted export stopped.")
]


def export_accounts(
    client: Client,
    file: FileArgument = STDIN,
    filter_text: FilterOption = "",
    order_by: OrderOption = "",
    fields: FieldsOption = "",
    is_csv: CsvOption = False,
    columns: ColumnsOption = "",
    resume: ResumeOption = False,
    retries: RetriesOption = 8,
) -> None:
    """Writes all accounts that match to a file, as JSON lines or CSV that an import takes.

    The file has its name once all are there, and is called FILE.partial
    until then. An export that was interrupted goes on by --resume.
    """
    is_csv = is_csv_file(file, is_csv=is_csv)
    _check(file, fields, columns, is_csv=is_csv, resume=resume)
    chosen = _csv_columns(client, columns) if is_csv else []
    lines: Lines = CsvLines(chosen) if is_csv else JsonLines()
    request = SearchAccountsRequest(
        parent=client.app_name(),
        filter=filter_text,
        order_by=order_by,
        read_mask=_mask(fields, chosen if columns else ()),
    )
    if file == STDIN:
        _export(client, request, retries, lines, ExportStream())
        _note_losses(lines)
        return
    words = _words(request, lines, is_csv=is_csv)
    with closing(ExportFile(Path(file), words, resumes=resume)) as target, _explaining(target):
        _export(client, request, retries, lines, target)
    _note_losses(lines)
    _print_summary(client, target.count)


def _words(request: SearchAccountsRequest, lines: Lines, *, is_csv: bool) -> dict[str, str]:
    return {
        "request": request.SerializeToString(deterministic=True).hex(),
        "header": lines.header(),
        "format": "csv" if is_csv else "json",
    }


def _note_losses(lines: Lines) -> None:
    for said in lines.losses():
        warn(said)


def _export(
    client: Client, request: SearchAccountsRequest, retries: int, lines: Lines, target: ExportTarget
) -> None:
    request.resume_token = target.resume_token
    if not target.is_begun:
        target.write(lines.header())
    is_on_screen = isinstance(target, ExportStream) and sys.stdout.isatty()
    with Progress(is_shown=sys.stderr.isatty() and not is_on_screen) as progress:
        count = target.count
        announce = _announcer(progress)
        try:
            for accounts in search_accounts(client, request, retries=retries, announce=announce):
                # The request has the token of the message before: all up to there is written.
                _save(target, count, request)
                target.write(lines.lines(accounts))
                count += len(accounts)
                progress.advance(len(accounts))
        except CommandError:
            _save(target, count, request)
            raise
    target.complete(count)


def _save(target: ExportTarget, count: int, request: SearchAccountsRequest) -> None:
    if request.resume_token != target.resume_token:
        target.save(count, request.resume_token)


def _announcer(progress: Progress) -> Callable[[str], None]:
    def announce(text: str) -> None:
        progress.clear()
        warn(text)

    return announce


def _check(file: str, fields: str, columns: str, *, is_csv: bool, resume: bool) -> None:
    if columns and not is_csv:
        raise UsageError("--columns is for CSV; for JSON lines say --fields.")
    if fields and is_csv:
        raise UsageError("--fields is for JSON lines; for CSV say --columns.")
    if resume and file == STDIN:
        raise UsageError("--resume needs the file that it goes on with.")


def _csv_columns(client: Client, wanted: str) -> list[Column]:
    request = GetAccountSchemaRequest(name=client.schema_name())
    schema = client.call(client.schemas.GetAccountSchema, request)
    return columns_of(members_of(schema.json_schema), split_names(wanted))


def _mask(fields: str, columns: Sequence[Column]) -> FieldMask | None:
    paths = mask_paths(fields) + [f"profile.{column.name}" for column in columns]
    return FieldMask(paths=paths) if paths else None


@contextmanager
def _explaining(target: ExportTarget) -> Iterator[None]:
    """Says of an export that breaks how to go on with it, where that can be done."""
    try:
        yield
    except (CommandError, KeyboardInterrupt, OSError) as error:
        if target.resume_token:
            _explain(error, target.count)
        raise


def _explain(error: BaseException, count: int) -> None:
    rest = f"{count:,} accounts are there; the rest: the same command with --resume"
    if isinstance(error, CommandError):
        error.details = [*error.details, rest]
    else:
        say(rest)


def _print_summary(client: Client, count: int) -> None:
    if client.connection.prints_table:
        print_fields({"exported": f"{count:,}"})
    else:
        print_lines([{"exported": count}])
