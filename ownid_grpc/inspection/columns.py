"""What each column of a table comes to: the first guess that has an answer."""

from collections.abc import Callable, Collection, Iterator

from ownid_grpc.inspection.guesses import (
    codes,
    derived,
    flags,
    login_ids,
    plain,
    pointers,
    secrets,
    times,
)
from ownid_grpc.inspection.guesses.own_fields import own_findings
from ownid_grpc.inspection.subject import Finding, Subject
from ownid_grpc.repositories.sql.reflect import ColumnShape

_GUESSES: tuple[Callable[[Subject, ColumnShape], Finding | None], ...] = (
    secrets.guess,
    derived.guess,
    login_ids.guess,
    pointers.guess,
    times.guess,
    flags.guess,
    codes.guess,
)


def findings_of_account(
    subject: Subject, but: Collection[str]
) -> Iterator[tuple[ColumnShape, Finding]]:
    """Yields what the columns of the account's own table come to, but for some."""
    own = own_findings(subject)
    for column, finding in findings_of(subject, but):
        is_secret = finding.is_secret
        yield column, finding if is_secret else own.get(column.name, finding)


def findings_of(subject: Subject, but: Collection[str]) -> Iterator[tuple[ColumnShape, Finding]]:
    """Yields what the columns of any table come to, but for some."""
    for column in subject.shape.columns.values():
        if column.name not in but:
            yield column, _finding(subject, column)


def _finding(subject: Subject, column: ColumnShape) -> Finding:
    for guess in _GUESSES:
        if column.is_generated and guess is not secrets.guess:
            continue
        finding = guess(subject, column)
        if finding is not None:
            return finding
    return plain.guess(subject, column)
