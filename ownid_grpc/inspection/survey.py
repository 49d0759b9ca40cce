"""The database under inspection: its tables looked at once each, and questions to the operator."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from sqlalchemy import Connection

from ownid_grpc.inspection import naming
from ownid_grpc.inspection.catalogue import Catalogue, about_rows
from ownid_grpc.inspection.guesses.secrets import is_secret
from ownid_grpc.inspection.samples import read_sample
from ownid_grpc.inspection.subject import Subject
from ownid_grpc.repositories.sql.reflect import reflect_table

Ask: TypeAlias = Callable[[str, Sequence[str]], str]
"""Asks which of some answers is right; the first is what is guessed."""


@dataclass(slots=True)
class Survey:
    """What is known of one database so far."""

    connection: Connection
    catalogue: Catalogue
    ask: Ask
    _subjects: dict[str, Subject | None] = field(default_factory=dict)

    def subject(self, label: str) -> Subject | None:
        """Returns a table with a sample of its rows, None where it may not be read."""
        if label not in self._subjects:
            self._subjects[label] = self._looked_at(label)
        return self._subjects[label]

    def _looked_at(self, label: str) -> Subject | None:
        entry = self.catalogue.entry(label)
        if entry is None:
            return None
        shape = reflect_table(self.connection, entry.schema, entry.name)
        if shape is None:
            return None
        secret = [name for name, column in shape.columns.items() if is_secret(column)]
        return Subject(
            label,
            shape,
            read_sample(self.connection, shape, secret),
            about_rows(self.connection, entry),
            self.catalogue.pointing_from(label),
            naming.shared_prefix(entry.name, entry.columns),
            "postgresql" if self.connection.dialect.name == "postgresql" else "other",
        )
