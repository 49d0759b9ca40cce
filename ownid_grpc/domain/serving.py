"""What a repository's indexes do not serve, as far as a caller and an operator need to know."""

from dataclasses import dataclass
from enum import StrEnum

from ownid_grpc.domain.account import PROFILE, FieldPath, dotted


class Use(StrEnum):
    """What somebody asks of a field, as indexes tell it apart."""

    EQUALITY = "equality"
    PREFIX = "prefix"
    RANGE = "range"
    ITEM = "item"
    ORDER = "order"
    LOGIN_ID = "login id"
    OTHER = "other"
    """What no index is of any help with: a negation, a mere presence, a text within another."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A use of a field that no index serves.

    `rows` are about how many its table has, None where nobody knows.
    `statements` make the indexes that would serve it; there are none where no
    index could.
    """

    path: FieldPath
    use: Use
    rows: int | None = None
    statements: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The field as messages name it: within the profile without `profile.`."""
        return dotted(self.path[1:] if self.path[0] == PROFILE else self.path)
