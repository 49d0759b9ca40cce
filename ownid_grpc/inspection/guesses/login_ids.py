"""Columns by which somebody signs in: unique texts called so."""

import re

from ownid_grpc.domain.schema.vocabulary import LOGIN_ID
from ownid_grpc.inspection import naming
from ownid_grpc.inspection.draft import Draft, Guess
from ownid_grpc.inspection.guesses.derived import is_unique_in_one_case
from ownid_grpc.inspection.subject import Finding, Subject
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage

_ADDRESS = r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+"
_MANY = 100_000


def is_named_so(name: str) -> bool:
    """Whether a column is called as something that one signs in with."""
    written = naming.snake_case(name)
    return any(each.fullmatch(written) for each in (naming.EMAIL, naming.LOGIN, naming.PHONE))


def guess(subject: Subject, column: ColumnShape) -> Finding | None:
    """Makes a unique text called so a login id, and any e-mail address one in form."""
    if column.storage is not Storage.TEXT or not is_named_so(column.name):
        return None
    is_email = naming.EMAIL.fullmatch(naming.snake_case(column.name)) is not None
    is_indexed = subject.is_unique(column.name) or subject.unique_expression(column.name)
    is_unique = is_indexed or is_unique_in_one_case(subject, column)
    if not is_email and not is_unique:
        return None
    words: dict[str, object] = {"column": column.name, "normalize": _normalizers(subject, column)}
    schema = _format(subject, column) if is_email else {}
    if not is_unique:
        said = "an e-mail address by its name, but not unique"
        return Finding(property=_optional(subject, column, Guess(words, said, schema)))
    kind, how = _case(subject, column)
    schema = {**schema, LOGIN_ID: kind, "$comment": how}
    is_required = not column.is_nullable
    return Finding(property=Guess(words, f"unique: a login id; {how}", schema, is_required))


def make_up_for_none(draft: Draft, subject: Subject) -> None:
    """Makes the likeliest property a login id where the database keeps none unique.

    One that the sample has twice is none.
    """
    if any(each.schema.get(LOGIN_ID) for each in draft.properties.values()):
        return
    likely = [
        name
        for pattern in (naming.EMAIL, naming.LOGIN, naming.PHONE)
        for name, said in draft.properties.items()
        if _may_identify(subject, said, pattern)
    ]
    # One that is unique together with others, such as a tenant, comes first.
    likely.sort(key=lambda name: not _is_in_unique(subject, draft.properties[name]))
    if len(likely) > 1:
        question = "No index keeps a property unique. By which one does somebody sign in?"
        likely = [subject.ask(question, likely)]
    for name in likely:
        said = draft.properties[name]
        how = "no index keeps it unique, and no row that was looked at has it twice"
        if _is_in_unique(subject, said):
            how = "unique together with other columns, and no row that was looked at has it twice"
        schema = {**said.schema, LOGIN_ID: True, "$comment": how}
        is_required = isinstance(said.words, dict) and "null" in said.words
        words = said.words
        if isinstance(words, dict):
            # Two who have none would be one.
            words = {word: each for word, each in words.items() if word != "null"}
        reason = f"taken for a login id: {how}"
        draft.properties[name] = Guess(words, reason, schema, said.is_required or is_required)
    if not likely:
        draft.notes.append("No column identifies somebody at sign-in: no property is a login id.")


def _may_identify(subject: Subject, said: Guess, pattern: re.Pattern[str]) -> bool:
    column = _column_of(said)
    shape = None if column is None else subject.shape.columns.get(column)
    if shape is None or shape.storage is not Storage.TEXT:
        return False
    is_named = pattern.fullmatch(naming.snake_case(shape.name)) is not None
    return is_named and not subject.sample.has_duplicates(shape.name)


def _is_in_unique(subject: Subject, said: Guess) -> bool:
    column = _column_of(said)
    return any(column in index.columns for index in subject.shape.unique)


def _column_of(said: Guess) -> str | None:
    words = said.words
    if isinstance(words, str):
        return words
    if not isinstance(words, dict) or "join" in words:
        return None
    return str(words.get("column"))


def _normalizers(subject: Subject, column: ColumnShape) -> list[str]:
    is_email = naming.EMAIL.fullmatch(naming.snake_case(column.name)) is not None
    has_capitals = any(each != each.lower() for each in subject.sample.texts(column.name))
    return ["trim", "lower"] if is_email and not has_capitals else ["trim"]


def _format(subject: Subject, column: ColumnShape) -> dict[str, object]:
    agrees = not subject.sample.texts(column.name) or subject.sample.all_match(
        column.name, _ADDRESS
    )
    return {"format": "email" if agrees else None}


def _case(subject: Subject, column: ColumnShape) -> tuple[bool | str, str]:
    """Returns how it is looked up, and why."""
    texts = set(subject.sample.texts(column.name))
    if len({each.lower() for each in texts}) < len(texts):
        return "exact", "the rows have some that differ by case alone"
    if column.ignores_case:
        return True, "its collation overlooks case"
    if is_unique_in_one_case(subject, column):
        return True, "a column beside it has it in one case"
    if subject.unique_expression(column.name) or any(
        re.search(rf"(lower|upper)\W+.*{re.escape(column.name)}", each, re.IGNORECASE)
        for each in subject.shape.indexed_expressions
    ):
        return True, "an index knows it in any case"
    if subject.rows >= _MANY:
        return "exact", "no index knows it in any case, and the table is large"
    return True, "looked up in any case, which an index on lower() would serve"


def _optional(subject: Subject, column: ColumnShape, said: Guess) -> Guess:
    if not subject.must_be_filled(column) or not isinstance(said.words, dict):
        return said
    words = {**said.words, "null": ""}
    return Guess(words, f"{said.reason}; refuses NULL, so that absence is empty", said.schema)
