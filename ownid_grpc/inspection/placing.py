"""Puts what columns come to in the draft."""

from collections.abc import Iterable

from ownid_grpc.inspection import naming
from ownid_grpc.inspection.draft import Draft, Guess
from ownid_grpc.inspection.subject import Finding, Subject
from ownid_grpc.repositories.sql.reflect import ColumnShape


def place_own(draft: Draft, subject: Subject, column: ColumnShape, finding: Finding) -> None:
    """Places a column of the account's own table."""
    if finding.property is not None:
        wanted = naming.property_name(column.name, subject.prefix)
        name = draft.name_for(wanted, naming.snake_case(column.name))
        draft.properties[name] = finding.property
    if finding.own is not None:
        draft.own[finding.own[0]] = finding.own[1]
    if finding.created is not None:
        draft.on_create[column.name] = finding.created
    if finding.written is not None:
        draft.on_write[column.name] = finding.written
    _leave_out(draft, column.name, finding)


def place_joined(
    draft: Draft,
    subject: Subject,
    join: str,
    findings: Iterable[tuple[ColumnShape, Finding]],
    *,
    within: str,
    where: dict[str, object] | None = None,
) -> None:
    """Places columns of a joined table as properties within an object.

    `where` chooses one row of several. An account may be made without such a
    row, so that nothing in it is required.
    """
    for column, finding in findings:
        place = f"{join}.{column.name}"
        if finding.property is not None:
            name = naming.property_name(column.name, subject.prefix)
            name = draft.name_for(f"{within}.{name}", f"{within}.{naming.snake_case(column.name)}")
            draft.properties[name] = _joined(finding.property, join, where)
        if finding.created is not None:
            draft.on_create[place] = finding.created
        if finding.written is not None:
            draft.on_write[place] = finding.written
        _leave_out(draft, place, finding)


def _joined(guess: Guess, join: str, where: dict[str, object] | None) -> Guess:
    said = guess.words if isinstance(guess.words, dict) else {"column": guess.words}
    words: dict[object, object] = {"join": join, **said}
    if where:
        words["where"] = where
    return Guess(words, guess.reason, guess.schema)


def _leave_out(draft: Draft, place: str, finding: Finding) -> None:
    if finding.left_out:
        listed = draft.secrets if finding.is_secret else draft.left_out
        listed[place] = finding.left_out
