"""What the suite needs of a kind of repository: the fixture `backend` gives one of these."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self, TypeAlias

from ownid_grpc.domain.account import AccountDraft, AccountKey
from ownid_grpc.repositories.base import AccountRepository
from ownid_grpc.testing.declaration import Declaration

Open: TypeAlias = Callable[[], AccountRepository]


@dataclass
class Backend:
    """A store of standard accounts, and what opens repositories over it.

    Used as a context manager, it closes at its end what the tests share.

    `open` returns one more repository of the standard accounts (`PROPERTIES`);
    whoever asks for it closes it. `clear` removes every account from the store
    and is called before each test. `declared` says what is lacking.

    The rest only where there is such a thing. `open_chosen` returns a
    repository of accounts whose keys the caller chooses, and which have at
    least a `name`. `outage` has the store down within its block; repositories
    that are open find it again afterwards. `plant` makes an account by the
    store's own means and returns its key: with it a repository that cannot
    insert has something to read.
    """

    open: Open
    clear: Callable[[], object]
    declared: Declaration = field(default_factory=Declaration)
    open_chosen: Open | None = None
    outage: Callable[[], AbstractContextManager[object]] | None = None
    plant: Callable[[AccountDraft], AccountKey] | None = None

    @cached_property
    def shared(self) -> AccountRepository:
        """A repository that tests share, none of which closes it."""
        return self.open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if "shared" in vars(self):
            self.shared.close()
