"""What the port promises of what a repository lacks: asking for it is a stated error."""

import dataclasses
from collections.abc import Callable, Mapping

import pytest

from ownid_grpc.domain.account import Account, AccountDraft, AccountKey
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.source import Capability
from ownid_grpc.errors import Reason, Unimplemented
from ownid_grpc.repositories.base import AccountRepository
from ownid_grpc.testing.backends import Backend
from ownid_grpc.testing.building import changing, made, query
from ownid_grpc.testing.declared import DeclaredRepository

DRAFT = AccountDraft({"email": "new@example.com"})


def disabled(account: Account) -> Account:
    """Returns the account, disabled."""
    return dataclasses.replace(account, disabled=True)


ASKED: Mapping[Capability, Callable[[AccountRepository, AccountKey], object]] = {
    Capability.FILTER: lambda repository, _: repository.search(
        Call(), query('email = "a"'), after=None, limit=1
    ),
    Capability.ORDER: lambda repository, _: repository.search(
        Call(), query(order="email"), after=None, limit=1
    ),
    Capability.COUNT: lambda repository, _: repository.count(Call(), query().predicate),
    Capability.INSERT: lambda repository, _: repository.insert(Call(), DRAFT),
    Capability.UPDATE: lambda repository, key: repository.update(
        Call(), key, changing("email", "new@example.com")
    ),
    Capability.DELETE: lambda repository, key: repository.delete(Call(), key),
    Capability.CHOOSE_KEY: lambda repository, _: repository.insert(
        Call(), dataclasses.replace(DRAFT, key=("7",))
    ),
    Capability.DISABLE: lambda repository, key: repository.update(Call(), key, disabled),
}
"""What cannot be done without each capability."""

NEEDED = {Capability.CHOOSE_KEY: Capability.INSERT, Capability.DISABLE: Capability.UPDATE}
"""What has to be there for another capability to be asked for."""


class Capabilities:
    """Capabilities that a repository declares to lack."""

    @pytest.mark.parametrize("capability", list(Capability), ids=str)
    def test_lacking_capability_is_a_stated_error(
        self, backend: Backend, repository: DeclaredRepository, capability: Capability
    ) -> None:
        """What a repository cannot do it refuses by the capability's name, and does no part of."""
        if capability in repository.declared.capabilities:
            pytest.skip("it does not lack it")
        if capability in NEEDED:
            repository.need(NEEDED[capability])
        ada = made(repository)

        with pytest.raises(Unimplemented) as caught:
            ASKED[capability](backend.shared, ada.key)

        assert caught.value.reason is Reason.CAPABILITY_MISSING
        assert caught.value.metadata == {"capability": str(capability)}
        page = repository.search(Call(), query(), after=None, limit=2)
        assert page.accounts == (ada,)

    def test_draft_that_asks_for_a_lacking_capability_fails_alone(
        self, backend: Backend, repository: DeclaredRepository
    ) -> None:
        """Of many drafts, the one that asks for what the repository cannot do is refused alone."""
        if Capability.CHOOSE_KEY in repository.declared.capabilities:
            pytest.skip("it lets the caller choose the keys")
        repository.need(Capability.INSERT)
        chosen = AccountDraft({"email": "ada@example.com"}, key=("7",))

        refused, key = backend.shared.insert_many(Call(), [chosen, DRAFT])

        assert isinstance(refused, Unimplemented)
        assert isinstance(key, tuple)
