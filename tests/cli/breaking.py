"""A service whose searches break on the way."""

from collections.abc import Iterator
from typing import Any

import grpc

from ownid_grpc.errors import OwnIdError
from ownid_grpc.server.accounts import AccountServicer
from ownid_grpc.services.services import Services


class Breaking(AccountServicer):
    """The real servicer, whose streams break after a message, as often as `breaks` says."""

    def __init__(self, services: Services, breaks: int, error: OwnIdError | None) -> None:
        super().__init__(services.accounts, services.searches, services.imports, services.limits)
        self.calls = 0
        self._breaks = breaks
        self._error = error

    def SearchAccounts(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:  # noqa: ANN401, N802 - of the contract
        """Answers as the service does, but for the end."""
        self.calls += 1
        messages = super().SearchAccounts(request, context)
        if self.calls > self._breaks:
            yield from messages
            return
        yield next(messages)
        if self._error is not None:
            raise self._error
