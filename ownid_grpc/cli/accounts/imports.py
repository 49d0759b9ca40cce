"""`ownid-grpc accounts import`: accounts of a file into the database, thousands a second."""

import sys
from collections.abc import Iterator
from typing import Annotated

import typer
from ownid.v1.account_service_pb2 import ImportAccountsRequest, ImportAccountsResponse

from ownid_grpc.cli.accounts.import_places import ImportPlace
from ownid_grpc.cli.accounts.options import CsvOption, is_csv_file
from ownid_grpc.cli.accounts.records import Record, opened_records
from ownid_grpc.cli.accounts.rejects import Rejects, opened_rejects
from ownid_grpc.cli.client import Client
from ownid_grpc.cli.documents import STDIN
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
ResumeOption = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Remember in FILE.progress how far it got, and go on there when run again.",
    ),
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
    resume: ResumeOption = False,
) -> None:
    """Makes accounts of the lines of a file, and says of each that failed why it did.

    Ends with 1 where any failed. An import that breaks says from which line
    on the same command imports the rest; with --resume, by itself.
    """
    if resume:
        _check_resumable(file, upsert=upsert, validate_only=validate_only, from_line=from_line)
    place = ImportPlace(file, client.app_name()) if resume else None
    if place is not None:
        from_line, failures = place.line + 1, failures or f"{file}.failures"
    settings = ImportAccountsRequest.Config(
        parent=client.app_name(), upsert=upsert, validate_only=validate_only
    )
    is_csv = is_csv_file(file, is_csv=is_csv)
    with (
        Progress(is_shown=sys.stderr.isatty()) as progress,
        opened_rejects(
            failures, up_to_line=place.line if place else 0, clear=progress.clear
        ) as rejects,
        opened_records(file, is_csv=is_csv, from_line=from_line) as records,
    ):
        run = _Import(records, rejects, progress, place)
        run.take_all(client, settings)
    _print_summary(client, run)
    if run.rejects.count:
        raise typer.Exit(REFUSED)


class _Import:
    """One import, and what became of its records."""

    def __init__(
        self,
        records: Iterator[Record],
        rejects: Rejects,
        progress: Progress,
        place: ImportPlace | None,
    ) -> None:
        self.created = place.created if place else 0
        self.updated = place.updated if place else 0
        self.rejects = rejects
        self._records = records
        self._progress = progress
        self._place = place
        self._answered_line = place.line if place else 0
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
            self._explain(self._unread)
            raise self._unread
        if answered < self._sent:
            cut = CallError("The results ended before the last record.", UNAVAILABLE)
            self._explain(cut)
            raise cut
        if self._place is not None:
            self._place.remove()

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
        if self._place is not None and self._place.is_due:
            self._remember(self._place)

    def _remember(self, place: ImportPlace) -> None:
        # A reject that is not written yet would be lost behind a place that is.
        self.rejects.flush()
        place.save(self._answered_line, created=self.created, updated=self.updated)

    def _explain(self, error: BaseException) -> None:
        """Says where an import that broke goes on."""
        if not self._answered_line:
            return
        rest = f"the rest: the same command with --from-line {self._answered_line + 1}"
        if self._place is not None:
            self._remember(self._place)
            rest = f"the rest, from line {self._answered_line + 1} on: the same command again"
        if isinstance(error, CommandError):
            error.details = [*error.details, rest]
        else:
            self._progress.clear()
            say(rest)


def _check_resumable(file: str, *, upsert: bool, validate_only: bool, from_line: int) -> None:
    if file == STDIN:
        raise UsageError("--resume needs a file, which can be read again.")
    if not upsert:
        raise UsageError(
            "--resume goes with --upsert: lines that were imported without an answer are found"
            " again by their login ids."
        )
    if validate_only or from_line > 1:
        raise UsageError("--resume goes neither with --validate-only nor with --from-line.")


def _print_summary(client: Client, run: _Import) -> None:
    counts = {"created": run.created, "updated": run.updated, "failed": run.rejects.count}
    if client.connection.prints_table:
        print_fields({name: f"{count:,}" for name, count in counts.items()})
    else:
        print_lines([counts])
