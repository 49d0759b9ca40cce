"""Ranks the tables of a database by how much they look like one of accounts."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ownid_grpc.inspection import naming
from ownid_grpc.inspection.catalogue import Catalogue, Entry

_ENOUGH = 30
_NEAR = 8
_AUTHORS = ("by", "manager", "parent", "creator", "owner")
_MOST_COUNTED = 8
_EXACT = 10_000
_NAMES = frozenset(
    ("firstname", "lastname", "surname", "fname", "lname", "fullname", "displayname")
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A table that may be that of accounts, and what speaks for it."""

    entry: Entry
    score: float
    reasons: tuple[str, ...]

    @property
    def described(self) -> str:
        """What speaks for the table, in a line."""
        return "; ".join(self.reasons)


def rank(catalogue: Catalogue) -> list[Candidate]:
    """Returns the tables that look like one of accounts, the likeliest first; without row counts.

    A name alone is not enough: somebody who signs in has an e-mail address, a
    login or a password.
    """
    found = [_candidate(catalogue, entry) for entry in catalogue.entries]
    likely = [each for each in found if each.score >= _ENOUGH]
    return sorted(likely, key=lambda each: (-each.score, each.entry.label))


def with_rows(candidates: Iterable[Candidate], rows: Mapping[str, int]) -> list[Candidate]:
    """Returns the candidates ranked again, those with more rows a little higher."""
    counted = [_counted(each, rows.get(each.entry.label)) for each in candidates]
    return sorted(counted, key=lambda each: (-each.score, each.entry.label))


def most(candidates: list[Candidate]) -> list[Candidate]:
    """Returns the first few, whose rows are worth counting."""
    return candidates[:_MOST_COUNTED]


def is_close(candidates: list[Candidate]) -> bool:
    """Whether the second is about as likely as the first."""
    return len(candidates) > 1 and candidates[0].score - candidates[1].score < _NEAR


def _candidate(catalogue: Catalogue, entry: Entry) -> Candidate:
    score, reasons = _by_name(entry.name)
    pointers = {name for each in catalogue.pointing_from(entry.label) for name in each.columns}
    by_columns, said = _by_columns(name for name in entry.columns if name not in pointers)
    if not by_columns:
        return Candidate(entry, 0, ())
    score, reasons = score + by_columns, [*reasons, *said]
    pointing = {each.table for each in catalogue.pointing_at(entry.label)}
    if pointing:
        score += min(20, 3 * len(pointing))
        reasons.append(f"{_count(len(pointing), 'table')} with its key")
    if _hangs_on_users(catalogue, entry):
        score -= 20
        reasons.append("but it hangs on another table of users")
    if entry.is_view:
        score -= 15
        reasons.append("but it is a view")
    return Candidate(entry, score, tuple(reasons))


def _by_name(name: str) -> tuple[float, list[str]]:
    head = naming.head_of(name)
    # A long name is that of a part of the users, or of something about them.
    surplus = 5 * max(0, len(naming.words_of(name)) - 2)
    if head in naming.STRONG_NOUNS:
        return 40 - surplus, ["its name"]
    if head in naming.WEAK_NOUNS:
        return 25 - surplus, ["its name"]
    return 0, []


def _by_columns(columns: Iterable[str]) -> tuple[float, list[str]]:
    """Returns nothing for columns by which nobody could sign in."""
    names = [naming.snake_case(each) for each in columns]
    kinds = (
        (15, "an e-mail address", naming.EMAIL),
        (12, "a login", naming.LOGIN),
        (15, "a password", naming.PASSWORD),
        (4, "a phone number", naming.PHONE),
    )
    found = [(s, said) for s, said, pattern in kinds if any(map(pattern.fullmatch, names))]
    if {said for _, said in found} <= {"a phone number"}:
        return 0, []
    score: float = sum(each for each, _ in found)
    if any(each.replace("_", "") in _NAMES for each in names):
        score += 6
    if any("last_login" in each or "sign_in" in each or "is_active" in each for each in names):
        score += 6
    return score, ["columns for " + ", ".join(said for _, said in found)]


def _hangs_on_users(catalogue: Catalogue, entry: Entry) -> bool:
    return any(
        naming.head_of(reference.target) in naming.STRONG_NOUNS
        and reference.target != entry.label
        and not naming.has_word(reference.columns[0], _AUTHORS)
        for reference in catalogue.pointing_from(entry.label)
    )


def _counted(candidate: Candidate, rows: int | None) -> Candidate:
    if rows is None:
        return candidate
    said = "about " if rows > _EXACT else ""
    said += _count(rows, "row") if rows else "no rows"
    score = candidate.score + (3 + min(5, math.log10(rows)) if rows else 0)
    return replace(candidate, score=score, reasons=(*candidate.reasons, said))


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"
