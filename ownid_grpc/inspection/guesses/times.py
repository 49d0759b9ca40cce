"""Columns of times: by their type, or as a count or a text that the sample tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeGuard

from ownid_grpc.inspection import naming
from ownid_grpc.inspection.draft import Guess
from ownid_grpc.inspection.guesses.sentinels import sentinel_of
from ownid_grpc.inspection.subject import TIMES, Finding, Subject
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage

_FIRST, _LAST = 300_000_000, 4_200_000_000
"""Seconds since 1970 of 1979 and 2103: what is counted in between is a time."""

_UNITS = (("epoch_seconds", 1), ("epoch_millis", 1000), ("epoch_micros", 1_000_000))
_SECONDS_ALONE = 2**32
_INSTANT = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)?"
_DAY = r"\d{4}-\d\d-\d\d"
_SAYS_NONE = "refuses NULL; several rows say by this date that there is none"
_NAMED_UNITS = {"ms": "epoch_millis", "millis": "epoch_millis", "micros": "epoch_micros"}


@dataclass(frozen=True, slots=True)
class Moment:
    """How a column holds times: words of a property, and what told so."""

    words: dict[str, object]
    reason: str


def moment_of(subject: Subject, column: ColumnShape) -> Moment | None:
    """Returns how a column holds instants, None where it does not, or where nothing tells."""
    if column.storage in TIMES:
        absence = sentinel_of(subject, column)
        return Moment({}, "") if absence is None else Moment({"null": absence}, _SAYS_NONE)
    if not naming.is_time(column.name):
        return None
    if column.storage in {Storage.INTEGER, Storage.DECIMAL}:
        return _counted(subject, column)
    if column.storage is Storage.TEXT:
        return _written(subject, column)
    return None


def guess(subject: Subject, column: ColumnShape) -> Finding | None:
    """Has times shown as such; those that the product keeps of somebody's use are not written."""
    moment = moment_of(subject, column)
    words: dict[str, object] = {"column": column.name}
    if moment is None:
        return _day(subject, column)
    words |= moment.words
    if naming.is_stamp(column.name):
        return _stamp(subject, column, words)
    is_managed = naming.is_managed(column.name)
    reasons = [moment.reason] if moment.reason else []
    if is_managed:
        words["write"] = False
        reasons.append("the product's own programs write it")
    created = None
    if subject.must_be_filled(column) and (is_managed or "null" not in words):
        created = Guess(words.get("null", "now"), "refuses NULL")
    return Finding(property=Guess(words, "; ".join(reasons)), created=created)


def _stamp(subject: Subject, column: ColumnShape, words: dict[str, object]) -> Finding:
    """Sets when a row was made or changed, which nobody writes by hand."""
    shown = Guess({**words, "write": False}, "set by itself")
    now = Guess("now", "as the product's own programs would set it")
    if naming.has_word(column.name, naming.UPDATED):
        return Finding(property=shown, written=now)
    return Finding(property=shown, created=now if subject.must_be_filled(column) else None)


def _day(subject: Subject, column: ColumnShape) -> Finding | None:
    if column.storage is Storage.DATE and naming.is_stamp(column.name):
        if subject.must_be_filled(column):
            return _stamp(subject, column, {"column": column.name})
        return None
    absence = sentinel_of(subject, column) if column.storage is Storage.DATE else None
    if absence is not None:
        return Finding(property=Guess({"column": column.name, "null": absence}, _SAYS_NONE))
    is_text = column.storage is Storage.TEXT
    if not is_text or not subject.sample.all_match(column.name, _DAY):
        return None
    words = {"column": column.name, "type": "date"}
    return Finding(property=Guess(words, "its texts are dates"))


def _counted(subject: Subject, column: ColumnShape) -> Moment | None:
    found = subject.sample.values(column.name)
    values = [int(each) for each in found if _is_whole(each)]
    counts = [each for each in values if each]
    absent: dict[str, object] = {"null": 0} if _has_zero(subject, column, values) else {}
    unit = unit_of(counts)
    if unit is not None:
        said = f"its values read as times in {unit.removeprefix('epoch_')}"
        return Moment({"encoding": unit, **absent}, said + (", 0 being none" if absent else ""))
    if counts:
        return None
    named = next((u for w, u in _NAMED_UNITS.items() if naming.has_word(column.name, (w,))), None)
    if named is not None:
        return Moment({"encoding": named, **absent}, "its name says the unit; no row tells")
    if (column.maximum or _SECONDS_ALONE) < _SECONDS_ALONE and _is_instant(column.name):
        said = "no row tells the unit; only seconds fit its type"
        return Moment({"encoding": "epoch_seconds", **absent}, said)
    return _asked(subject, column, absent)


def _asked(subject: Subject, column: ColumnShape, absent: dict[str, object]) -> Moment | None:
    if not _is_instant(column.name):
        return None
    question = f"No row tells what {subject.label}.{column.name} counts. What is it?"
    unit = subject.ask(question, ["a number", *(each for each, _ in _UNITS)])
    known = unit in dict(_UNITS)
    return Moment({"encoding": unit, **absent}, "no row tells; you said so") if known else None


def _has_zero(subject: Subject, column: ColumnShape, values: Sequence[int]) -> bool:
    """Whether 0 is absence: it stands there, or must where no time is known."""
    is_stamp = naming.has_word(column.name, naming.CREATED | naming.UPDATED)
    return 0 in values or (subject.must_be_filled(column) and not is_stamp)


def unit_of(counts: Sequence[int]) -> str | None:
    """Returns the unit in which all of some numbers count time, None where none fits."""
    for unit, step in _UNITS:
        if counts and all(_FIRST * step <= each <= _LAST * step for each in counts):
            return unit
    return None


def _written(subject: Subject, column: ColumnShape) -> Moment | None:
    texts = subject.sample.texts(column.name)
    if subject.sample.all_match(column.name, _INSTANT):
        absent = {"null": ""} if subject.sample.has_empty(column.name) else {}
        return Moment({"type": "timestamp", **absent}, "its texts are times")
    if texts and all(each.isdigit() for each in texts):
        unit = unit_of([int(each) for each in texts])
        return None if unit is None else Moment({"encoding": unit}, "its texts count time")
    is_stamp = naming.has_word(column.name, naming.CREATED | naming.UPDATED)
    if not texts and is_stamp and _is_instant(column.name):
        return Moment({"type": "timestamp"}, "no row tells; taken for times by its name")
    return None


def _is_instant(name: str) -> bool:
    """Whether a name is that of an instant beyond doubt, not of a count or a language."""
    return naming.words_of(name)[-1] in {"at", "on", "time", "ts", "timestamp", "date", "created"}


def _is_whole(value: object) -> TypeGuard[int | Decimal]:
    return isinstance(value, int | Decimal) and not isinstance(value, bool) and value == int(value)
