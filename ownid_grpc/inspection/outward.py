"""Columns of the account that are better shown as what they point at."""

from ownid_grpc.inspection import naming
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
    for reference in account.references:
        is_author = naming.has_word(reference.columns[0], _AUTHORS)
        is_key = reference.columns[0] in account.shape.primary_key
        if len(reference.columns) != 1 or is_author or is_key:
            continue
        target = survey.subject(reference.target)
        if target is None:
            continue
        (column,), (theirs,) = reference.columns, reference.target_columns
        on = {theirs: column}
        name = name_of(column)
        if name in draft.joins or column in used:
            continue
        label = lookup_of(account, reference, target)
        if label is not None:
            said = f"{column} holds a key of it; the account shows its {label}"
            draft.joins[name] = Guess({"table": target.label, "on": on, "lookup": label}, said)
            is_required = account.must_be_filled(account.shape.columns[column])
            place = draft.name_for(naming.property_name(name, account.prefix), name)
            draft.properties[place] = Guess({"join": name}, "one that is there", {}, is_required)
            used.add(column)
        elif is_parent(account, reference, target):
            said = f"a part of the account that {column} points at, shared with no other"
            draft.joins[name] = Guess({"table": target.label, "on": on, "parent": True}, said)
            findings = findings_of(target, {*target.shape.primary_key})
            place_joined(draft, target, name, findings, within=name)
            used.add(column)
    return used
