"""Describes the accounts of one table, and holds the description against the database."""

from dataclasses import dataclass

from sqlalchemy import Connection

from ownid_grpc.domain.mapping import SqlMapping
from ownid_grpc.domain.schema.vocabulary import LOGIN_ID
from ownid_grpc.domain.source import MappingFault, SourceDescription
from ownid_grpc.inspection import naming
from ownid_grpc.inspection.catalogue import sequences_of
from ownid_grpc.inspection.children import Children
from ownid_grpc.inspection.columns import findings_of_account
from ownid_grpc.inspection.draft import Draft, Guess
from ownid_grpc.inspection.guesses.keys import guess_key
from ownid_grpc.inspection.guesses.login_ids import make_up_for_none
from ownid_grpc.inspection.outward import place_outward
from ownid_grpc.inspection.placing import place_own
from ownid_grpc.inspection.subject import Subject
from ownid_grpc.inspection.survey import Survey
from ownid_grpc.repositories.sql.binding import MappingFaults, bind
from ownid_grpc.repositories.sql.describe import description_of
from ownid_grpc.repositories.sql.dialects import dialect_for
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage

_ROUNDS = 5
_NOWHERE = "sqlite://"
"""A URL in the place of the real one, which nothing here needs."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What the database says of a draft: what accounts can hold, or what is still wrong."""

    source: SourceDescription | None
    faults: tuple[MappingFault, ...] = ()


def describe_accounts(survey: Survey, subject: Subject, reason: str) -> Draft | None:
    """Returns a mapping of a table, None where nothing identifies its rows."""
    key = guess_key(subject, sequences_of(survey.connection))
    if key is None:
        return None
    draft = Draft(Guess(subject.label, reason), key)
    outward = place_outward(survey, draft, subject)
    is_chosen = isinstance(key.words, list) or (
        isinstance(key.words, dict) and key.words["generate"] == "caller"
    )
    # A key that somebody chooses says something; one that is made does not.
    but = outward if is_chosen else {*outward, *_key_columns(key)}
    for column, finding in findings_of_account(subject, but):
        if column.name in _key_columns(key):
            _place_key(draft, subject, column, is_single=not isinstance(key.words, list))
        else:
            place_own(draft, subject, column, finding)
    Children(survey, draft, subject).place()
    make_up_for_none(draft, subject)
    return draft


def checked(connection: Connection, draft: Draft) -> Checked:
    """Returns what the database says of a draft, out of which is taken what it refuses."""
    faults: tuple[MappingFault, ...] = ()
    for _ in range(_ROUNDS):
        try:
            words = SqlMapping.model_validate(draft.words(_NOWHERE))
            return Checked(description_of(bind(words, connection, dialect_for(connection))))
        except MappingFaults as error:
            faults = error.faults
        taken_out = [_took_out(draft, fault) for fault in faults]
        if True not in taken_out:
            break
    return Checked(None, faults)


def _place_key(draft: Draft, subject: Subject, column: ColumnShape, *, is_single: bool) -> None:
    words = {"column": column.name, "write": False}
    said = "the key" if is_single else "a part of the key"
    is_text = is_single and column.storage is Storage.TEXT
    is_name = is_text and naming.snake_case(column.name) not in {"id", "uuid", "guid"}
    schema = {LOGIN_ID: True} if is_name else {}
    guess = Guess(words, f"{said}, which is chosen when the account is made", schema)
    name = naming.property_name(column.name, subject.prefix)
    draft.properties[draft.name_for(name, naming.snake_case(column.name))] = guess


def _key_columns(key: Guess) -> list[str]:
    if isinstance(key.words, dict):
        return [str(key.words["column"])]
    return [str(each) for each in key.words] if isinstance(key.words, list) else [str(key.words)]


def _took_out(draft: Draft, fault: MappingFault) -> bool:
    """Takes the words out that a fault is about; returns whether there were any."""
    group, *rest = fault.location
    if group in draft.own:
        del draft.own[group]
        draft.left_out[group] = fault.message
        return True
    guesses = dict(draft.groups()).get(group)
    if guesses is None or not rest or rest[0] not in guesses:
        return False
    del guesses[rest[0]]
    draft.left_out[rest[0]] = fault.message
    if group == "joins":
        _forget_join(draft, rest[0])
    return True


def _forget_join(draft: Draft, join: str) -> None:
    for name, guess in list(draft.properties.items()):
        if isinstance(guess.words, dict) and guess.words.get("join") == join:
            del draft.properties[name]
    for rules in (draft.on_create, draft.on_write):
        for name in [each for each in rules if each.startswith(f"{join}.")]:
            del rules[name]
    delete = draft.own.get("delete")
    if delete is not None and isinstance(delete.words, dict) and "tables" in delete.words:
        tables = [each for each in delete.words["tables"] if each != join]
        if tables:
            draft.own["delete"] = Guess({"tables": tables}, delete.reason)
        else:
            del draft.own["delete"]
