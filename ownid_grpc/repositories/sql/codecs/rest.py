"""The properties that have no place of their own: members of one JSON document."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, false, null

from ownid_grpc.domain.account import JsonValue, Profile, PropertyPath
from ownid_grpc.domain.predicates import Literal, Operator
from ownid_grpc.domain.schema.numbers import is_same
from ownid_grpc.domain.source import Kind
from ownid_grpc.repositories.sql.codecs.base import Limits, Stored, Unstorable
from ownid_grpc.repositories.sql.codecs.documents import DocumentCodec
from ownid_grpc.repositories.sql.dialects.base import Place, raw


@dataclass(frozen=True, slots=True)
class RestCodec:
    """The members of an object that none of the `mapped` properties is."""

    document: DocumentCodec
    mapped: frozenset[PropertyPath]
    kind: Kind = Kind.OBJECT
    limits: Limits = Limits()  # noqa: RUF009 - frozen, so that it can be shared
    is_total: bool = False
    is_merging: bool = True

    def read(self, place: Place) -> Place:
        """Selects the document."""
        return self.document.read(place)

    def decode(self, stored: Stored) -> JsonValue:
        """Returns the members that have no place elsewhere, None for none."""
        content = self.document.decode(stored)
        return self.rest_of(content) if isinstance(content, dict) else None

    def rest_of(self, profile: Profile) -> Profile | None:
        """Returns what of a profile has its place here."""
        return _without(profile, self.mapped) or None

    def encode(self, value: JsonValue) -> Stored:
        """Returns a document of nothing but these members."""
        return self.merge(None, value)

    def merge(self, stored: Stored, value: JsonValue) -> Stored:
        """Returns the document with these members changed, and all others as they were."""
        content = self.document.decode(stored)
        # At a path, the document itself finds out what is broken.
        is_broken = not self.document.path and stored not in (None, "", "null") and content is None
        if is_broken or not isinstance(content, dict | None):
            raise Unstorable("document", "The column holds no JSON object to write into.")
        held = content or {}
        wanted = value if isinstance(value, dict) else {}
        changed = _changed(held, self.rest_of(held) or {}, wanted)
        if not changed and content is None:
            return self.document.merge(stored, None)
        return self.document.merge(stored, changed)

    def within(self, steps: PropertyPath) -> DocumentCodec:
        """Returns the codec of one member, or of one within."""
        inner = sorted(each for each in self.mapped if each[: len(steps)] == tuple(steps))
        elsewhere = tuple((*self.document.path, *each) for each in inner)
        return replace(self.document.within(steps), elsewhere=elsewhere)

    def present(self, place: Place) -> ColumnElement[bool]:
        """Returns whether the document holds anything."""
        return self.document.present(place)

    def compare(self, place: Place, operator: Operator, value: Literal) -> ColumnElement[bool]:
        """Answers false: an object is no single value."""
        return false()

    def match(self, place: Place, parts: Sequence[str]) -> ColumnElement[bool]:
        """Answers false: an object is no text."""
        return false()

    def contains(self, place: Place, value: Literal) -> ColumnElement[bool]:
        """Answers false: an object is no array."""
        return false()

    def comparable(self, place: Place, kind: Kind) -> Place:
        """Returns NULL: objects have no order."""
        return null()

    def sortable(self, place: Place, kind: Kind) -> Place:
        """Returns what is compared: no index has it."""
        return self.comparable(place, kind)

    def literal(self, value: Literal) -> Place:
        """Returns the value."""
        return raw(value)


def _without(profile: Profile, mapped: frozenset[PropertyPath]) -> Profile:
    """Returns what lies at none of the mapped paths, nor in the way to one."""
    kept: Profile = {}
    for name, value in profile.items():
        inner = frozenset(path[1:] for path in mapped if path[0] == name)
        if value is None or () in inner:
            continue
        if not inner:
            kept[name] = value
        elif isinstance(value, dict) and (rest := _without(value, inner)):
            kept[name] = rest
    return kept


def _changed(held: Profile, before: Profile, after: Profile) -> Profile:
    """Returns `held` with what differs between two parts of it made as it is after."""
    changed = dict(held)
    for name in before.keys() | after.keys():
        one, other, whole = before.get(name), after.get(name), held.get(name)
        if is_same(one, other):
            continue
        if isinstance(whole, dict) and isinstance(other, dict | None):
            inner = _changed(whole, one if isinstance(one, dict) else {}, other or {})
            other = inner or other
        if other is None:
            changed.pop(name, None)
        else:
            changed[name] = other
    return changed
