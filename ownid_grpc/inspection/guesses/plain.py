"""Columns that nothing else is known of: properties of their type, and what fills a new row."""

from ownid_grpc.inspection import naming
from ownid_grpc.inspection.draft import Guess
from ownid_grpc.inspection.subject import NUMBERS, TIMES, Finding, Subject
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage

_LINK = r"https?://[^\s]+"
_UUID = r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_ALIKE = 3
_ONE_IN = 5
_LARGEST_CODE = 1000
_IDENTIFIERS = ("uuid", "guid", "uid", "public", "external")


def guess(subject: Subject, column: ColumnShape) -> Finding:
    """Makes a property of a column by its type."""
    if column.is_generated:
        return Finding(left_out="the database makes it of other columns")
    if column.storage is Storage.BYTES:
        created = Guess("", "refuses NULL") if subject.must_be_filled(column) else None
        return Finding(left_out="bytes; `encoding: base64` would show them", created=created)
    if _is_identifier(subject, column):
        return _identifier(subject, column)
    if column.name in subject.documents:
        return _document(subject, column)
    if naming.is_managed(column.name):
        return _managed(subject, column)
    if column.storage is Storage.TEXT:
        return _text(subject, column)
    if column.storage in NUMBERS:
        return _number(subject, column)
    return _other(subject, column)


def _is_identifier(subject: Subject, column: ColumnShape) -> bool:
    is_uuid = column.storage is Storage.UUID or subject.sample.all_match(column.name, _UUID)
    is_own = subject.reference_of(column.name) is None
    return is_uuid and is_own and naming.has_word(column.name, _IDENTIFIERS)


def _identifier(subject: Subject, column: ColumnShape) -> Finding:
    words = {"column": column.name, "type": "uuid", "write": False}
    created = None
    if subject.must_be_filled(column):
        created = Guess({"uuid4": True}, "refuses NULL; a new one for each account")
    return Finding(property=Guess(words, "an identifier: made once, not changed"), created=created)


def _document(subject: Subject, column: ColumnShape) -> Finding:
    said = Guess({"column": column.name, "type": "json"}, "a rule holds it to being JSON")
    created = Guess("{}", "refuses NULL") if subject.must_be_filled(column) else None
    return Finding(property=said, created=created)


def _managed(subject: Subject, column: ColumnShape) -> Finding:
    words = {"column": column.name, "write": False}
    created = None
    if subject.must_be_filled(column):
        created = Guess("" if column.storage is Storage.TEXT else 0, "refuses NULL")
    return Finding(property=Guess(words, "the product's own programs write it"), created=created)


def _text(subject: Subject, column: ColumnShape) -> Finding:
    sample, name = subject.sample, column.name
    schema: dict[str, object] = {}
    if naming.has_word(name, ("url", "uri", "link", "website")) and sample.all_match(name, _LINK):
        schema = {"format": "uri", "$comment": "every text that was looked at is a URL"}
    if not subject.must_be_filled(column):
        return Finding(property=Guess(name, "", schema))
    if subject.is_unique(name):
        return Finding(property=Guess(name, "refuses NULL and is unique", schema, is_required=True))
    texts = sample.texts(name)
    # What few different texts are in is a code of the product rather than somebody's own.
    is_own = len(set(texts)) > 1 and len(set(texts)) * _ONE_IN >= len(texts)
    if sample.has_empty(name) or not (is_own or subject.is_checked(name)):
        said = "refuses NULL, so that absence is an empty text"
        return Finding(property=Guess({"column": name, "null": ""}, said, schema))
    said = "refuses NULL and has no default"
    said += "; every row that was looked at has one" if texts else ""
    return Finding(property=Guess(name, said, schema, is_required=True))


def _number(subject: Subject, column: ColumnShape) -> Finding:
    is_code = naming.has_word(column.name, naming.CODE_WORDS)
    shown = Guess(column.name, "codes by its name; `values` would name them" if is_code else "")
    if not subject.must_be_filled(column):
        return Finding(property=shown)
    if subject.is_unique(column.name):
        said = "refuses NULL and is unique"
        return Finding(property=Guess(column.name, said, is_required=True))
    values = subject.sample.values(column.name)
    is_same = len(values) >= _ALIKE and len(set(values)) == 1
    first = values[0] if is_same and isinstance(values[0], int) else 0
    if isinstance(first, bool) or not 0 <= first <= _LARGEST_CODE:
        first = 0
    said = "refuses NULL; what every row has" if is_same and first else "refuses NULL"
    return Finding(property=shown, created=Guess(first, said))


_EMPTY = {Storage.JSON: "{}", Storage.ARRAY: "{}", Storage.TIME: "00:00:00"}


def _other(subject: Subject, column: ColumnShape) -> Finding:
    said = Guess(column.name)
    if not subject.must_be_filled(column):
        return Finding(property=said)
    empty = _EMPTY.get(column.storage)
    if empty is not None:
        return Finding(property=said, created=Guess(empty, "refuses NULL"))
    is_birth = naming.has_word(column.name, naming.BIRTH)
    if column.storage in TIMES or (column.storage is Storage.DATE and not is_birth):
        return Finding(property=said, created=Guess("now", "refuses NULL"))
    reason = "refuses NULL and has no default"
    return Finding(property=Guess(column.name, reason, is_required=True))
