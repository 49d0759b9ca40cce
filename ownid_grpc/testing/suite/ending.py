"""What the port promises of calls that are given up, stores that are down, and the end."""

from collections.abc import Callable
from contextlib import closing

import pytest

from ownid_grpc.domain.account import AccountDraft
from ownid_grpc.domain.call import Call
from ownid_grpc.errors import Cancelled, Unavailable
from ownid_grpc.repositories.base import AccountRepository
from ownid_grpc.testing.backends import Backend
from ownid_grpc.testing.building import changing, everybody, made, query
from ownid_grpc.testing.declared import DeclaredRepository
from ownid_grpc.testing.standard import LOGIN_IDS

KEY = ("1",)

CALLS: dict[str, Callable[[AccountRepository, Call], object]] = {
    "get": lambda repository, call: repository.get(call, KEY),
    "get_many": lambda repository, call: repository.get_many(call, [KEY]),
    "find": lambda repository, call: repository.find(call, LOGIN_IDS, "bob@example.com"),
    "find_holders": lambda repository, call: repository.find_holders(
        call, LOGIN_IDS, [{"email": "bob@example.com"}]
    ),
    "search": lambda repository, call: repository.search(call, query(), after=None, limit=1),
    "scan": lambda repository, call: list(repository.scan(call, query(), after=None, size=1)),
    "count": lambda repository, call: repository.count(call, query().predicate),
    "insert": lambda repository, call: repository.insert(
        call, AccountDraft({"email": "bob@example.com"})
    ),
    "insert_many": lambda repository, call: repository.insert_many(
        call, [AccountDraft({"email": "bob@example.com"})]
    ),
    "update": lambda repository, call: repository.update(call, KEY, changing("name", "Bob")),
    "delete": lambda repository, call: repository.delete(call, KEY),
}
"""A call of each method that works for somebody."""


class Ending:
    """Calls that nobody waits for, stores that do not answer, repositories that are closed."""

    @pytest.mark.parametrize("method", CALLS)
    def test_cancelled_call_does_nothing(self, repository: DeclaredRepository, method: str) -> None:
        """Whatever a call asks for, once it is cancelled it raises and leaves all as it was."""
        ada = made(repository)
        call = Call()
        call.cancel()

        with pytest.raises(Cancelled):
            CALLS[method](repository, call)

        assert everybody(repository, query()) == [ada.profile["email"]]

    @pytest.mark.parametrize("method", CALLS)
    def test_closed_repository_is_unavailable(
        self,
        backend: Backend,
        repository: DeclaredRepository,  # noqa: ARG002 - it empties the store
        method: str,
    ) -> None:
        """A repository that was closed answers nothing any more."""
        other = DeclaredRepository.one_more(backend)
        other.close()

        with pytest.raises(Unavailable):
            CALLS[method](other, Call())
        with pytest.raises(Unavailable):
            other.ping()

    def test_closing_leaves_the_others(
        self, backend: Backend, repository: DeclaredRepository
    ) -> None:
        """What a repository has made is there when it is closed, for all others."""
        with closing(DeclaredRepository.one_more(backend)) as other:
            ada = made(other)

        assert repository.get(Call(), ada.key) == ada

    def test_outage_is_told_and_ends(
        self, backend: Backend, repository: DeclaredRepository
    ) -> None:
        """While the store is down every call is unavailable; once it is up, all is as it was."""
        if backend.outage is None:
            pytest.skip("the backend has no outage to show")
        ada = made(repository)

        with backend.outage():
            for method in CALLS.values():
                with pytest.raises(Unavailable):
                    method(backend.shared, Call())
            with pytest.raises(Unavailable):
                repository.ping()

        repository.ping()
        assert repository.get(Call(), ada.key) == ada
