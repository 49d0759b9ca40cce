"""The account's own fields: its times, whether it is disabled or deleted, and its version."""

from collections.abc import Callable, Iterator, Mapping

from ownid_grpc.inspection import naming
from ownid_grpc.inspection.draft import Guess
from ownid_grpc.inspection.guesses.flags import Flag, flag_of
from ownid_grpc.inspection.guesses.times import Moment, moment_of
from ownid_grpc.inspection.subject import TIMES, Finding, Subject
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage

_VERSIONS = {"version", "row_version", "lock_version", "opt_lock", "optlock", "object_version"}
_STAMPS = {"concurrency_stamp", "row_version", "etag"}
_STAMP_LENGTH = 32

_NOW = Guess("now", "as the product's own programs would set it")


def own_findings(subject: Subject) -> Mapping[str, Finding]:
    """Returns what becomes a field of the account itself, by column; each field is of one."""
    found: dict[str, Finding] = {}
    for guess in (_created, _updated, _deleted, _disabled, _version):
        columns = (each for each in subject.shape.columns.values() if each.name not in found)
        first = next(_guessed(guess, subject, columns), None)
        if first is not None:
            found[first[0]] = first[1]
    return found


def _guessed(
    guess: Callable[[Subject, ColumnShape], Finding | None],
    subject: Subject,
    columns: Iterator[ColumnShape],
) -> Iterator[tuple[str, Finding]]:
    for column in columns:
        finding = None if column.is_generated else guess(subject, column)
        if finding is not None:
            yield column.name, finding


def _core(subject: Subject, column: ColumnShape) -> set[str]:
    """Returns the words of a name less those that any column of its kind may have."""
    return set(naming.words_of(column.name)) - naming.STAMP_FILLERS - {subject.prefix}


def _created(subject: Subject, column: ColumnShape) -> Finding | None:
    said = _stamp(subject, column, naming.CREATED, "when the account was made, by its name")
    return None if said is None else Finding(own=("create_time", said), created=_NOW)


def _updated(subject: Subject, column: ColumnShape) -> Finding | None:
    said = _stamp(subject, column, naming.UPDATED, "when it was last changed, by its name")
    return None if said is None else Finding(own=("update_time", said), written=_NOW)


def _stamp(
    subject: Subject, column: ColumnShape, names: frozenset[str], reason: str
) -> Guess | None:
    core = _core(subject, column)
    moment = moment_of(subject, column) if core and core <= names else None
    if moment is None:
        return None
    reasons = [moment.reason, reason] if moment.reason else [reason]
    return Guess({"column": column.name, **moment.words}, "; ".join(reasons))


def _deleted(subject: Subject, column: ColumnShape) -> Finding | None:
    core = _core(subject, column)
    if not core or not core <= naming.DELETED:
        return None
    flag = flag_of(subject, column)
    if flag is not None:
        said = "a mark of deleted rows, by its name: they are kept and hidden"
        created = Guess(flag.false, "not deleted") if subject.must_be_filled(column) else None
        own = ("delete", Guess({"set": {column.name: flag.true}}, said))
        return Finding(own=own, created=created)
    is_day = column.storage is Storage.DATE and column.is_nullable
    moment = Moment({}, "") if is_day else moment_of(subject, column)
    if moment is None or (subject.must_be_filled(column) and "null" not in moment.words):
        return None
    said = "the time of deleting, by its name: deleted rows are kept and hidden"
    own = ("delete", Guess({"set": {column.name: "now"}}, said))
    if not moment.words:
        return Finding(own=own)
    # Its unit is that of the property which reads it.
    words = {"column": column.name, **moment.words, "write": False}
    is_bare = subject.must_be_filled(column)
    created = Guess(moment.words["null"], "not deleted") if is_bare else None
    return Finding(
        property=Guess(words, f"{moment.reason}: the unit of delete"), own=own, created=created
    )


def _disabled(subject: Subject, column: ColumnShape) -> Finding | None:
    core = _core(subject, column)
    is_positive = len(core) == 1 and core <= naming.POSITIVE
    if not is_positive and not (len(core) == 1 and core <= naming.NEGATIVE):
        return None
    flag = flag_of(subject, column)
    if flag is not None:
        return _switch(subject, column, flag, is_positive=is_positive)
    if is_positive or column.storage not in TIMES or not column.is_nullable:
        return None
    words = {"column": column.name, "not_null": True, "write": {True: "now", False: None}}
    said = "a time here is an account that is barred, by its name"
    return Finding(own=("disabled", Guess(words, said)))


def _switch(subject: Subject, column: ColumnShape, flag: Flag, *, is_positive: bool) -> Finding:
    on, off = (flag.false, flag.true) if is_positive else (flag.true, flag.false)
    words = {"column": column.name, "values": flag.mapped(true=on, false=off)}
    said = "by its name" + (f"; {flag.reason}" if flag.reason else "")
    created = (
        Guess(off, "a new account is not disabled") if subject.must_be_filled(column) else None
    )
    return Finding(own=("disabled", Guess(words, said)), created=created)


def _version(_: Subject, column: ColumnShape) -> Finding | None:
    name = naming.snake_case(column.name)
    is_count = column.storage is Storage.INTEGER and name in _VERSIONS
    is_text = column.storage in {Storage.TEXT, Storage.UUID} and name in _STAMPS
    is_roomy = (column.max_length or _STAMP_LENGTH) >= _STAMP_LENGTH
    if not is_count and not (is_text and is_roomy):
        return None
    said = "counts changes, by its name" if is_count else "a stamp of each change, by its name"
    return Finding(own=("version", Guess(column.name, said)))
