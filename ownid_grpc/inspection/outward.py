"""Columns of the account that are better shown as what they point at."""

from collections.abc import Iterator

from ownid_grpc.inspection import naming
from ownid_grpc.inspection.catalogue import Reference
from ownid_grpc.inspection.columns import findings_of
from ownid_grpc.inspection.draft import Draft, Guess
from ownid_grpc.inspection.guesses.pointers import is_parent, lookup_of, name_of
from ownid_grpc.inspection.placing import place_joined
from ownid_grpc.inspection.subject import Subject
from ownid_grpc.inspection.survey import Survey

_AUTHORS = ("by", "author", "creator", "editor", "owner")


def place_outward(survey: Survey, draft: Draft, account: Subject) -> set[str]:
    """Places lookups and parents of an account; returns the columns that they are joined by."""
    used: set[str] = set()
    for reference in _pointers(account):
        (column,) = reference.columns
        target = survey.subject(reference.target)
        if target is None or column in used or name_of(column) in draft.joins:
            continue
        if _place_lookup(draft, account, reference, target) or _place_parent(
            draft, account, reference, target
        ):
            used.add(column)
    return used


def _pointers(account: Subject) -> Iterator[Reference]:
    """Yields references of a single column that is not the key, nor about who wrote the row."""
    for reference in account.references:
        first, *others = reference.columns
        is_key = first in account.shape.primary_key
        if not others and not is_key and not naming.has_word(first, _AUTHORS):
            yield reference


def _place_lookup(draft: Draft, account: Subject, reference: Reference, target: Subject) -> bool:
    label = lookup_of(account, reference, target)
    if label is None:
        return False
    (column,), name = reference.columns, name_of(reference.columns[0])
    said = f"{column} holds a key of it; the account shows its {label}"
    words = {"table": target.label, "on": _on(reference), "lookup": label}
    draft.joins[name] = Guess(words, said)
    is_required = account.must_be_filled(account.shape.columns[column])
    place = draft.name_for(naming.property_name(name, account.prefix), name)
    draft.properties[place] = Guess({"join": name}, "one that is there", {}, is_required)
    return True


def _place_parent(draft: Draft, account: Subject, reference: Reference, target: Subject) -> bool:
    if not is_parent(account, reference, target):
        return False
    (column,), name = reference.columns, name_of(reference.columns[0])
    said = f"a part of the account that {column} points at, shared with no other"
    words = {"table": target.label, "on": _on(reference), "parent": True}
    draft.joins[name] = Guess(words, said)
    findings = findings_of(target, target.shape.primary_key)
    place_joined(draft, target, name, findings, within=name)
    return True


def _on(reference: Reference) -> dict[str, str]:
    return dict(zip(reference.target_columns, reference.columns, strict=True))
