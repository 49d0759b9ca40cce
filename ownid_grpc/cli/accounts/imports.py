"""`ownid-grpc accounts import`: accounts of a file into the database, thousands a second."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any

import typer
from ownid.v1.account_service_pb2 import ImportAccountsRequest, ImportAccountsResponse

from ownid_grpc.cli.accounts.options import CsvOption, is_csv_file
from ownid_grpc.cli.accounts.records import Record, opened_records
from ownid_grpc.cli.client import Client
from ownid_grpc.cli.errors import (
    REFUSED,
    UNAVAILABLE,
    CallError,
    CommandError,
    UsageError,
    status_members,
)
from ownid_grpc.cli.output import (
    Progress,
    json_line,
    print_fields,
    print_lines,
    say,
)

FileArgument = Annotated[
    str,
    typer.Argument(
        help="The file: a JSON line for each account or its profile, or CSV; - for stdin.",
    ),
]
UpsertOption = Annotated[
    bool,
    typer.Option("--upsert", help="Update the accounts whose login id exists already."),
]
ValidateOption = Annotated[bool, typer.Option("--validate-only", help="Do everything but write.")]
FailuresOption = Annotated[
    str,
    typer.Option(metavar="FILE", help="Where to write the records that failed, not to stderr."),
]
FromLineOption = Annotated[int, typer.Option(min=1, help="Pass over the lines before this one.")]


def import_accounts(
    client: Client,
    file: FileArgument,
    upsert: UpsertOption = False,
    validate_only: ValidateOption = False,
    is_csv: CsvOption = False,
    failures: FailuresOption = "",
    from_line: FromLineOption = 1,
) -> None:
    """Makes accounts of the lines of a file, and says of each that failed why it did.

    Ends with 1 where any failed. An import that breaks says from which line
    on the same command imports the rest.
    """
    settings = ImportAccountsRequest.Config(
        parent=client.app_name(), upsert=upsert, validate_only=validate_only
    )
    is_csv = is_csv_file(file, is_csv=is_csv)
    with (
        _opened_failures(failures) as rejects,
        Progress(is_shown=sys.stderr.isatty()) as progress,
        opened_records(file, is_csv=is_csv, from_line=from_line) as records,
    ):
        run = _Import(records, _Rejects(rejects, progress.clear), progress)
        run.take_all(client, settings)
    _print_summary(client, run)
    if run.rejects.count:
        raise typer.Exit(REFUSED)


class _Rejects:
    """The records that failed, as they are found out: here, or by the service."""

    def __init__(self, file: IO[str] | None, clear: Callable[[], None]) -> None:
        self.count = 0
        self._file = file
        self._clear = clear
        self._lock = threading.Lock()

    def add(self, line: int, members: dict[str, Any]) -> None:
        """Writes why a record failed; may be called by several threads."""
        text = json_line({"line": line, **members})
        with self._lock:
            self.count += 1
            if self._file is None:
                self._clear()
            (self._file or sys.stderr).write(text)


class _Import:
    """One import, and what became of its records."""

    def __init__(self, records: Iterator[Record], rejects: _Rejects, progress: Progress) -> None:
        self.created = 0
        self.updated = 0
        self.rejects = rejects
        self._records = records
        self._progress = progress
        self._answered_line = 0
        self._unread: Exception | None = None
        self._sent = 0

    def take_all(self, client: Client, settings: ImportAccountsRequest.Config) -> None:
        """Sends all records and takes their results; raises `CommandError` where that breaks."""
        answered = 0
        try:
            for result in client.stream(client.accounts.ImportAccounts, self._requests(settings)):
                self._take(result)
                answered += 1
        except (CommandError, KeyboardInterrupt) as error:
            self._explain(error)
            raise
        if self._unread is not None:
            raise self._unread
        if answered < self._sent:
            cut = CallError("The results ended before the last record.", UNAVAILABLE)
            self._explain(cut)
            raise cut

    def _requests(self, settings: ImportAccountsRequest.Config) -> Iterator[ImportAccountsRequest]:
        yield ImportAccountsRequest(config=settings)
        try:
            for record in self._records:
                if record.account is None:
                    self.rejects.add(record.line, {"message": record.complaint})
                    continue
                self._sent += 1
                yield ImportAccountsRequest(index=record.line, account=record.account)
        except (CommandError, OSError) as error:
            # gRPC takes requests on a thread of its own, where nobody would hear of it.
            self._unread = error

    def _take(self, result: ImportAccountsResponse) -> None:
        self._answered_line = result.index
        self._progress.advance(1)
        if result.status.code:
            self.rejects.add(result.index, status_members(result.status))
        elif result.created:
            self.created += 1
        else:
            self.updated += 1

    def _explain(self, error: BaseException) -> None:
        """Says where an import that broke goes on."""
        if not self._answered_line:
            return
        rest = f"the rest: the same command with --from-line {self._answered_line + 1}"
        if isinstance(error, CommandError):
            error.details = [*error.details, rest]
        else:
            self._progress.clear()
            say(rest)


@contextmanager
def _opened_failures(path: str) -> Iterator[IO[str] | None]:
    if not path:
        yield None
        return
    try:
        file = Path(path).open("w", encoding="utf-8")  # noqa: SIM115 - closed below, by the block
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from None
    with file:
        yield file


def _print_summary(client: Client, run: _Import) -> None:
    counts = {"created": run.created, "updated": run.updated, "failed": run.rejects.count}
    if client.connection.prints_table:
        print_fields({name: f"{count:,}" for name, count in counts.items()})
    else:
        print_lines([counts])
