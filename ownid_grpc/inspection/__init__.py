"""Reads a database that nobody has described, and describes its accounts; changes nothing.

Knows catalogues and SQL through `repositories.sql`, and neither files nor terminals.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SAWarning

from ownid_grpc.inspection import candidates
from ownid_grpc.inspection.account_schema import account_schema
from ownid_grpc.inspection.candidates import Candidate
from ownid_grpc.inspection.catalogue import Catalogue, about_rows, read_catalogue
from ownid_grpc.inspection.database import NoSuchKind, read_only
from ownid_grpc.inspection.describing import checked, describe_accounts
from ownid_grpc.inspection.document import config_text
from ownid_grpc.inspection.draft import Draft
from ownid_grpc.inspection.references import with_named_references
from ownid_grpc.inspection.subject import Ask
from ownid_grpc.inspection.survey import Survey

__all__ = ["Ask", "Inspection", "NoSuchKind", "NothingToDescribe", "inspect_database"]

_SHOWN = 20


class NothingToDescribe(Exception):
    """A database, or a table of it, that has no accounts which could be described."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found: the table, the two documents, and what is still to be mended by hand."""

    table: str
    candidates: Sequence[Candidate]
    config: str
    schema: dict[str, Any] | None
    faults: Sequence[str]


def inspect_database(url: str, app: str, variable: str, *, table: str, ask: Ask) -> Inspection:
    """Returns a description of the accounts of a database, in `table` unless that is empty.

    Raises `NoSuchKind` for a URL that is none, `Unavailable` where the database
    does not answer, and `NothingToDescribe`.
    """
    with warnings.catch_warnings(), read_only(url) as connection:
        # What SQLAlchemy makes of a type that it does not know is seen to by `reflect`.
        warnings.simplefilter("ignore", SAWarning)
        catalogue = with_named_references(read_catalogue(connection))
        ranked = _ranked(connection, catalogue)
        label = _chosen(catalogue, ranked, table, ask)
        survey = Survey(connection, catalogue, ask)
        reason = next((each.described for each in ranked if each.entry.label == label), "")
        draft = _described(survey, label, reason)
        found = checked(connection, draft)
        schema = None if found.source is None else account_schema(found.source, draft)
        faults = [f"{'.'.join(fault.location)}: {fault.message}" for fault in found.faults]
        draft.notes += [f"To be mended: {each}" for each in faults]
        notes = [*_others(ranked, label)]
        return Inspection(label, ranked, config_text(app, variable, draft, notes), schema, faults)


def _ranked(connection: Connection, catalogue: Catalogue) -> list[Candidate]:
    ranked = candidates.rank(catalogue)
    counted = {
        each.entry.label: about_rows(connection, each.entry) for each in candidates.most(ranked)
    }
    return candidates.with_rows(ranked, counted)


def _chosen(catalogue: Catalogue, ranked: Sequence[Candidate], table: str, ask: Ask) -> str:
    if table:
        entry = catalogue.entry(table)
        if entry is None:
            raise NothingToDescribe(f"There is no table '{table}'{_known(catalogue)}")
        return entry.label
    if not ranked:
        raise NothingToDescribe(
            "No table looks like one of accounts: none is named so and has an e-mail address, "
            f"a login or a password. Name it by --table{_known(catalogue)}"
        )
    labels = [each.entry.label for each in ranked]
    if not candidates.is_close(list(ranked)):
        return labels[0]
    return ask("Which table holds the accounts?", labels[:_SHOWN])


def _known(catalogue: Catalogue) -> str:
    labels = sorted(each.label for each in catalogue.entries)
    if not labels:
        return "; this user sees no table at all."
    more = f" and {len(labels) - _SHOWN} more" if len(labels) > _SHOWN else ""
    return f"; there are: {', '.join(labels[:_SHOWN])}{more}."


def _described(survey: Survey, label: str, reason: str) -> Draft:
    subject = survey.subject(label)
    if subject is None:
        raise NothingToDescribe(f"The table '{label}' may not be read by this user.")
    draft = describe_accounts(survey, subject, reason)
    if draft is None:
        raise NothingToDescribe(
            f"Nothing identifies the rows of '{label}': it has neither a primary key nor a unique "
            "index on columns that refuse NULL."
        )
    if not draft.properties:
        raise NothingToDescribe(f"The table '{label}' has no column that an account could show.")
    return draft


def _others(ranked: Sequence[Candidate], label: str) -> list[str]:
    others = [each for each in ranked if each.entry.label != label]
    if not others:
        return []
    said = [f"{each.entry.label} ({each.described})" for each in others[:3]]
    return [f"Others that could be meant, chosen by --table: {'; '.join(said)}."]
