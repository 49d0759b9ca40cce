"""What the suite needs of a kind of repository; a new kind adds a factory in conftest.py."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from enum import Enum
from typing import Protocol, TypeAlias

from ownid_grpc.repositories.base import AccountRepository


class Fault(Enum):
    """How a store can fail; a test is skipped where a backend cannot show it."""

    DOWN = "down"
    FROZEN = "frozen"


class Backend(Protocol):
    """A store of standard accounts (`tests.support.standard`), and one with chosen keys.

    Every repository is closed by the test that opened it.
    """

    @property
    def faults(self) -> frozenset[Fault]:
        """How it can fail."""
        ...

    def open(self, *, is_impatient: bool = False) -> AccountRepository:
        """Returns one more repository of standard accounts; an impatient one waits a second."""
        ...

    def open_chosen(self) -> AccountRepository:
        """Returns a repository of accounts whose keys the caller chooses."""
        ...

    def clear(self) -> None:
        """Removes every account."""
        ...

    def failing(self, fault: Fault) -> AbstractContextManager[None]:
        """Has the store fail within the block."""
        ...


Factory: TypeAlias = Callable[[], AbstractContextManager[Backend]]
