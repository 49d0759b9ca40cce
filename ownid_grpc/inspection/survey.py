"""The database under inspection: its tables looked at once each, and questions to the operator."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from ownid_grpc.inspection import naming
from ownid_grpc.inspection.catalogue import Catalogue, about_rows, documents_of
from ownid_grpc.inspection.guesses.secrets import is_secret
from ownid_grpc.inspection.samples import read_sample
from ownid_grpc.inspection.subject import Ask, Subject
from ownid_grpc.repositories.sql.reflect import reflect_table


@dataclass(slots=True)
class Survey:
    """What is known of one database so far."""

    connection: Connection
    catalogue: Catalogue
    ask: Ask
    _subjects: dict[str, Subject | None] = field(default_factory=dict)
    _answers: dict[str, str] = field(default_factory=dict)

    def asked(self, question: str, answers: Sequence[str]) -> str:
        """Returns the operator's answer, who is asked each question once."""
        if question not in self._answers:
            self._answers[question] = self.ask(question, answers)
        return self._answers[question]

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
            self.connection.dialect.name,
            self.asked,
            documents_of(self.connection, entry),
        )
