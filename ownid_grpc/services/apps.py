"""Which apps there are, and where the accounts of each live."""

from collections.abc import Mapping

from ownid_grpc.domain.names import app_name
from ownid_grpc.errors import NotFound, Reason
from ownid_grpc.repositories.base import AccountRepository


class Apps:
    """The apps that the operator has configured."""

    def __init__(self, repositories: Mapping[str, AccountRepository]) -> None:
        self._repositories = repositories

    def repository(self, app: str) -> AccountRepository:
        """Returns the repository of an app. If there is no such app, raises `NotFound`."""
        repository = self._repositories.get(app)
        if repository is None:
            raise NotFound(
                Reason.APP_NOT_FOUND,
                "There is no such app; apps are configured in ownid.yaml.",
                resource_type="ownid.com/App",
                resource_name=app_name(app),
            )
        return repository
