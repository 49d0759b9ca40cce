"""Tables whose rows hang on an account: one row, one of several, names and values, or arrays."""

import itertools
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from ownid_grpc.inspection import naming
from ownid_grpc.inspection.catalogue import Reference
from ownid_grpc.inspection.columns import findings_of
from ownid_grpc.inspection.draft import Draft, Guess
from ownid_grpc.inspection.guesses.codes import codes_of
from ownid_grpc.inspection.guesses.flags import flag_of
from ownid_grpc.inspection.guesses.keys import guess_key
from ownid_grpc.inspection.guesses.name_values import name_values_of
from ownid_grpc.inspection.guesses.pointers import label_column
from ownid_grpc.inspection.placing import place_joined
from ownid_grpc.inspection.subject import Finding, Subject
from ownid_grpc.inspection.survey import Survey
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage

_MOST = 40
_AUTHORS = ("by", "author", "creator", "editor", "manager", "approver", "owner", "sender")
_FIRSTS = {"primary", "is_primary", "default", "is_default", "main", "is_main"}


@dataclass(slots=True)
class Children:
    """Places the children of one account table in its draft.

    `unmapped` are those that tell of something else, and `forbidding` those of
    them whose rows keep an account from being deleted.
    """

    survey: Survey
    draft: Draft
    account: Subject
    unmapped: list[str] = field(default_factory=list)
    forbidding: list[str] = field(default_factory=list)

    def place(self) -> None:
        """Places every child that tells of the account; notes the others."""
        emptied = []
        for number, reference in enumerate(self._references()):
            join = self._place(reference) if number < _MOST else None
            if join is not None and not reference.cascades:
                emptied.append(join)
            elif join is None:
                self._note(reference)
        self._tell()
        if emptied and "delete" not in self.draft.own:
            said = "their rows would stay behind, or forbid the deletion"
            self.draft.own["delete"] = Guess({"tables": emptied}, said)

    def _references(self) -> list[Reference]:
        """Returns one reference of each table that points at accounts."""
        found: dict[str, Reference] = {}
        for reference in self.survey.catalogue.pointing_at(self.account.label):
            entry = self.survey.catalogue.entry(reference.table)
            is_author = any(naming.has_word(name, _AUTHORS) for name in reference.columns)
            is_key = self.account.is_unique(*reference.target_columns)
            if entry is not None and not entry.is_view and not is_author and is_key:
                found.setdefault(reference.table, reference)
        return list(found.values())

    def _place(self, reference: Reference) -> str | None:
        """Returns the name of the join made of a child, None for one that is not mapped."""
        if naming.head_of(reference.table) in naming.PASSING:
            return None
        child = self.survey.subject(reference.table)
        if child is None or child.shape.is_view:
            return None
        makers = (self._name_values, self._single, self._between, self._one_of_several)
        return next((join for make in makers if (join := make(child, reference)) is not None), None)

    def _name_values(self, child: Subject, reference: Reference) -> str | None:
        if len(reference.columns) != 1:
            return None
        targets = [self.survey.subject(each.target) for each in child.references]
        registries = [each for each in targets if each is not None]
        found = name_values_of(child, reference.columns[0], registries)
        if found is None or not found.names:
            return None
        name = self._name(child)
        words = found.join(child.label, self._on(reference))
        key = self._key(child, reference)
        if key is not None:
            words["key"] = key
        self.draft.joins[name] = Guess(words, "a row holds a name and a value")
        for wanted, guess in found.properties(name):
            self.draft.properties[self.draft.name_for(wanted, f"{name}_{wanted}")] = guess
        but = {*reference.columns, *child.shape.primary_key, found.name, found.value}
        self._fill(child, name, but)
        return name

    def _single(self, child: Subject, reference: Reference) -> str | None:
        if not child.is_unique(*reference.columns) or not self._can_be_made(child, reference):
            return None
        name = self._name(child)
        words: dict[str, object] = {"table": child.label, "on": self._on(reference)}
        key = self._key(child, reference)
        if key is not None:
            words["key"] = key
        but = {*reference.columns, *child.shape.primary_key}
        findings = _of_row(child, but)
        is_filled = any(each.created for _, each in findings)
        is_made = is_filled and self._has_each_one(child) and not _lacks(findings)
        said = "one row an account: a unique index says so"
        # A condition makes it a row that is there only while it holds something.
        is_apart = is_filled and not is_made
        where: dict[str, object] = {reference.columns[0]: {"not": None}} if is_apart else {}
        said += "; made with the account" if is_made else "; made when first written"
        self.draft.joins[name] = Guess(words, said)
        place_joined(self.draft, child, name, findings, within=name, where=where)
        if not any(self._is_of(name, each) for each in self.draft.properties.values()):
            self._forget(name)
            return None
        return name

    def _has_each_one(self, child: Subject) -> bool:
        """Whether accounts tend to have a row, so that the product makes one with each."""
        return child.rows > 0 and child.rows * 10 >= self.account.rows * 9

    def _between(self, child: Subject, reference: Reference) -> str | None:
        others = [each for each in child.references if each.columns != reference.columns]
        if len(others) != 1 or len(others[0].columns) != 1 or not child.shape.primary_key:
            return None
        other = others[0]
        target = self.survey.subject(other.target)
        own = {*reference.columns, *other.columns}
        rest = [c for n, c in child.shape.columns.items() if n not in own]
        if target is None or target.label == self.account.label:
            return None
        label = label_column(target)
        if label is None or any(child.must_be_filled(column) for column in rest):
            return None
        name = naming.plural(naming.singular(_words_of(target)[-1]))
        wanted = self.draft.name_for(name, f"{self._name(target)}_{label}".lower())
        through = {
            "table": child.label,
            "on": self._on(reference),
            "to": dict(zip(other.columns, other.target_columns, strict=True)),
        }
        join = self._name(target)
        self.draft.joins[join] = Guess(
            {"table": target.label, "through": through}, f"{child.label} pairs both"
        )
        words = {"join": join, "column": label, "many": True}
        self.draft.properties[wanted] = Guess(words, "those that the account is paired with")
        return join

    def _one_of_several(self, child: Subject, reference: Reference) -> str | None:
        """Places the first of a child's rows, or one for each of the kinds that there are."""
        if len(reference.columns) != 1 or not self._can_be_made(child, reference):
            return None
        chosen = self._chosen(child, reference.columns[0])
        if chosen is None:
            return None
        column, rows = chosen
        name = self._name(child)
        words: dict[str, object] = {"table": child.label, "on": self._on(reference)}
        key = self._key(child, reference)
        if key is not None:
            words["key"] = key
        self.draft.joins[name] = Guess(words, f"several rows an account: {column} tells them apart")
        but = {*reference.columns, *child.shape.primary_key, column}
        for value, within in rows.items():
            findings = _of_row(child, but)
            where = {column: value}
            place_joined(self.draft, child, name, findings, within=within or name, where=where)
        return name

    def _chosen(self, child: Subject, owner: str) -> tuple[str, dict[object, str]] | None:
        """Returns the column that tells a child's rows apart, and what the rows are called."""
        for name, column in child.shape.columns.items():
            flag = flag_of(child, column)
            is_first = flag is not None and naming.snake_case(name) in _FIRSTS
            if flag is not None and is_first and child.shape.primary_key:
                return name, {flag.true: ""}
            codes = codes_of(child, column)
            is_single = child.is_unique(owner, name) or not child.sample.has_duplicates(owner, name)
            is_ordered = bool(child.shape.primary_key) or child.is_unique(owner, name)
            if codes and is_single and is_ordered:
                join = self._name(child)
                return name, {code: f"{naming.snake_case(code)}_{join}" for code in sorted(codes)}
        return None

    def _can_be_made(self, child: Subject, reference: Reference) -> bool:
        """Whether the database or the mapping can give a new row of a child its key."""
        key = self._key(child, reference)
        return not isinstance(key, dict) or key["generate"] != "caller"

    def _key(self, child: Subject, reference: Reference) -> dict[str, object] | None:
        """Returns who makes the key of a new row, None where nobody needs to."""
        names = [name for name in child.shape.primary_key if name not in reference.columns]
        if len(names) != 1 or child.shape.columns[names[0]].storage is Storage.OTHER:
            return None
        guess = guess_key(child, ())
        words = None if guess is None else guess.words
        return words if isinstance(words, dict) else None

    def _fill(self, child: Subject, join: str, but: Iterable[str]) -> None:
        """Sets what the rows of a name-value table must have beside name and value."""
        for column, finding in findings_of(child, frozenset(but)):
            if finding.created is not None:
                self.draft.on_create[f"{join}.{column.name}"] = finding.created
            elif child.must_be_filled(column) and column.storage is Storage.TEXT:
                self.draft.on_create[f"{join}.{column.name}"] = Guess("", "refuses NULL")

    def _on(self, reference: Reference) -> dict[str, str]:
        return dict(zip(reference.columns, reference.target_columns, strict=True))

    def _name(self, child: Subject) -> str:
        """Returns what a join is called: the table less what its name shares with the account's."""
        own = set(naming.words_of(self.account.shape.name))
        own |= {naming.singular(word) for word in own}
        words = _words_of(child)
        words = [word for word in words if word not in own] or words
        name = "_".join([*words[:-1], naming.singular(words[-1])])
        # A table of meta beside wp_users is called wp_usermeta.
        last = naming.singular(words[-1])
        noun = naming.head_of(self.account.shape.name)
        if last.startswith(noun) and len(last) > len(noun):
            name = last.removeprefix(noun)
        return self._free(name, child)

    def _free(self, name: str, child: Subject) -> str:
        """Returns a name that is not taken; tables called alike are told apart by their schema."""
        in_schema = naming.snake_case(f"{child.shape.schema or ''}_{name}")
        table = naming.snake_case(child.shape.name)
        numbered = (f"{table}_{number}" for number in itertools.count(2))
        taken = {*self.draft.joins, *self.draft.properties}
        return next(
            n for n in itertools.chain((name, in_schema, table), numbered) if n not in taken
        )

    def _is_of(self, join: str, guess: Guess) -> bool:
        return isinstance(guess.words, dict) and guess.words.get("join") == join

    def _forget(self, join: str) -> None:
        del self.draft.joins[join]
        for rules in (self.draft.on_create, self.draft.on_write):
            for name in [each for each in rules if each.startswith(f"{join}.")]:
                del rules[name]

    def _tell(self) -> None:
        if self.unmapped:
            listed = ", ".join(self.unmapped)
            self.draft.notes.append(f"Not mapped, though rows there hang on accounts: {listed}.")
        if self.forbidding:
            listed = ", ".join(self.forbidding)
            said = f"An account with rows in one of these cannot be deleted: {listed}."
            self.draft.notes.append(f"{said} A foreign key forbids it.")

    def _note(self, reference: Reference) -> None:
        self.unmapped.append(reference.table)
        if reference.is_declared and not reference.cascades:
            self.forbidding.append(reference.table)


def _words_of(child: Subject) -> list[str]:
    return list(naming.words_of(child.shape.name)) or ["row"]


def _lacks(findings: Iterable[tuple[ColumnShape, Finding]]) -> bool:
    """Whether a row of a child needs something that only a caller can give."""
    return any(each.property is not None and each.property.is_required for _, each in findings)


def _of_row(child: Subject, but: Collection[str]) -> list[tuple[ColumnShape, Finding]]:
    """Returns what the columns of a row come to that may be made by a change of the account.

    A change writes only what it is given: what stands for absence is a rule too.
    """
    return [(column, _filled(child, column, each)) for column, each in findings_of(child, but)]


def _filled(child: Subject, column: ColumnShape, finding: Finding) -> Finding:
    words = None if finding.property is None else finding.property.words
    if not isinstance(words, dict) or "null" not in words or finding.created is not None:
        return finding
    if not child.must_be_filled(column):
        return finding
    return replace(finding, created=Guess(words["null"], "refuses NULL"))
