"""What the port promises of deleting accounts."""

import pytest

from ownid_grpc.domain.call import Call
from ownid_grpc.errors import Aborted, NotFound, Reason
from ownid_grpc.testing.building import changing, everybody, made, query
from ownid_grpc.testing.declared import DeclaredRepository


class Deleting:
    """Accounts that are deleted."""

    def test_deleted_account_is_gone(self, repository: DeclaredRepository) -> None:
        """A deleted account is found by no read, and its login id is free."""
        ada = made(repository, address={"city": "London"})
        made(repository, "bob@example.com")

        repository.delete(Call(), ada.key)

        with pytest.raises(NotFound):
            repository.get(Call(), ada.key)
        assert repository.get_many(Call(), [ada.key]) == []
        assert everybody(repository, query()) == ["bob@example.com"]
        again = made(repository)
        assert again.profile == {"email": "ada@example.com"}

    def test_delete_with_the_current_etag(self, repository: DeclaredRepository) -> None:
        """A delete with the current etag, or without any, deletes."""
        ada = made(repository)

        repository.delete(Call(), ada.key, etag=ada.etag)

        assert everybody(repository, query()) == []

    def test_delete_with_an_old_etag_is_aborted(self, repository: DeclaredRepository) -> None:
        """A delete with an etag of the past deletes nothing and names the present one."""
        ada = made(repository)
        updated = repository.update(Call(), ada.key, changing("name", "Ada"))

        with pytest.raises(Aborted) as caught:
            repository.delete(Call(), ada.key, etag=ada.etag)

        assert caught.value.reason is Reason.ETAG_MISMATCH
        assert caught.value.metadata == {"etag": updated.etag}
        assert repository.get(Call(), ada.key) == updated

    @pytest.mark.parametrize("key", [("1",), ("x",), ("",), ("1", "2"), ("9" * 40,)], ids=repr)
    def test_delete_of_no_account_is_not_found(
        self, repository: DeclaredRepository, key: tuple[str, ...]
    ) -> None:
        """There is nothing to delete where no account is, whatever the etag."""
        with pytest.raises(NotFound):
            repository.delete(Call(), key)
        with pytest.raises(NotFound):
            repository.delete(Call(), key, etag='"x"')
