"""What an app of the benchmark is: tables with rows, and the mapping of them."""

from collections.abc import Mapping
from typing import Protocol

import psycopg


class Population(Protocol):
    """Accounts of one app, by keys from 1 on."""

    @property
    def app(self) -> str:
        """The app's id."""

    @property
    def rows(self) -> int:
        """How many there are."""

    @property
    def mapping(self) -> Mapping[str, object]:
        """What ownid.yaml says of them."""

    def any_key(self) -> int:
        """Returns the key of one of them, at random."""

    def name(self, key: int) -> str:
        """Returns the name of the account that one of them is."""

    def fill(self, connection: psycopg.Connection) -> None:
        """Makes the tables and their rows."""
