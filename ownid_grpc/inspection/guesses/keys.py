"""What identifies an account, and who makes it for a new one."""

import re
from collections.abc import Sequence

from ownid_grpc.inspection import naming
from ownid_grpc.inspection.draft import Guess
from ownid_grpc.inspection.subject import Subject
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage

_UUID = r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}"
_UUID_LENGTHS = {32, 36}
_UUID_BYTES = 16
_OPAQUE = r"[A-Za-z0-9_-]+"
_SHORTEST, _LONGEST = 8, 255


def guess_key(subject: Subject, sequences: Sequence[str]) -> Guess | None:
    """Returns the key, None for a table whose rows nothing identifies."""
    columns = _columns(subject)
    if not columns:
        return None
    if len(columns) > 1:
        said = "its primary key has several columns: the caller chooses them"
        return Guess(list(columns), said)
    column = subject.shape.columns[columns[0]]
    words, reason = _generated(subject, column, sequences)
    return Guess({"column": column.name, "generate": words} if words else column.name, reason)


def _columns(subject: Subject) -> tuple[str, ...]:
    shape = subject.shape
    if shape.primary_key:
        return shape.primary_key
    for index in shape.unique:
        names = tuple(each for each in index.columns if each is not None)
        is_whole = len(names) == len(index.columns) and not index.is_partial
        if is_whole and not any(shape.columns[each].is_nullable for each in names):
            return names
    for index in shape.unique:
        (name, *others) = index.columns
        if name is not None and not others and not index.is_partial:
            values = subject.sample.values(name)
            if len(values) == len(subject.sample.rows):
                return (name,)
    if shape.is_view:
        # A view has no indexes: its key is believed.
        wanted = ("id", f"{naming.head_of(shape.name)}_id")
        return tuple(n for n in shape.columns if naming.snake_case(n) in wanted)[:1]
    return ()


def _generated(
    subject: Subject, column: ColumnShape, sequences: Sequence[str]
) -> tuple[object, str]:
    """Returns who makes a key, None for the database, and what told so."""
    if subject.shape.is_view:
        return "caller", "of a view, whose key must be believed"
    if column.is_filled or column.is_generated:
        return None, "the primary key, which the database makes"
    if _is_uuid(subject, column):
        return "uuid4", "a UUID, which the database does not make"
    if column.storage is Storage.INTEGER:
        sequence = _sequence_of(subject, sequences)
        if sequence is not None:
            return {"sequence": sequence}, "a sequence of that name is there"
    length = _random_length(subject, column)
    if length is not None:
        is_seen = bool(subject.sample.texts(column.name))
        said = "letters and digits of one length" if is_seen else "a text that nothing makes"
        return {"random": {"length": length}}, said
    return "caller", "nothing makes it: whoever makes an account chooses it"


def _is_uuid(subject: Subject, column: ColumnShape) -> bool:
    if column.storage is Storage.UUID:
        return True
    if column.storage is Storage.BYTES:
        return column.max_length == _UUID_BYTES
    if column.storage is not Storage.TEXT:
        return False
    if subject.sample.texts(column.name):
        return subject.sample.all_match(column.name, _UUID)
    # An application's own random texts are longer or shorter, or say so by another type.
    is_long = column.max_length in _UUID_LENGTHS
    return is_long or column.type_name.startswith(("uuid", "guid"))


def _random_length(subject: Subject, column: ColumnShape) -> int | None:
    if column.storage is not Storage.TEXT or naming.LOGIN.fullmatch(naming.snake_case(column.name)):
        return None
    texts = subject.sample.texts(column.name)
    lengths = {len(each) for each in texts}
    is_opaque = subject.sample.all_match(column.name, _OPAQUE) and any(
        re.search(r"\d", each) for each in texts
    )
    is_random = is_opaque and len(lengths) == 1 and _SHORTEST <= max(lengths) <= _LONGEST
    if is_random:
        return max(lengths)
    room = column.max_length or _LONGEST
    is_plain_id = naming.snake_case(column.name) == "id"
    return min(room, 32) if not texts and is_plain_id and room >= _SHORTEST else None


def _sequence_of(subject: Subject, sequences: Sequence[str]) -> str | None:
    table = subject.shape.name.lower()
    key = subject.shape.primary_key[0].lower() if subject.shape.primary_key else "id"
    stems = {table, naming.singular(table), f"{table}_{key}"}
    wanted = {f"{stem}_seq" for stem in stems} | {f"seq_{stem}" for stem in stems}
    wanted |= {f"{stem}_sequence" for stem in stems} | {"hibernate_sequence"}
    return next((each for each in sequences if each.lower() in wanted), None)
