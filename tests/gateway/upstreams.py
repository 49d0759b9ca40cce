"""Servers of a test's own behind a gateway: they count what they are called, and may hold it."""

import json
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from ownid.v1 import account_pb2

from ownid_grpc.errors import Reason, Unavailable
from ownid_grpc.gateway.process import Gateway
from tests.gateway.running import Rest, gateway_before
from tests.support.service import SERVING
from tests.support.serving import Accounts, Serving, config_of, serving

ACCOUNT = "/v1/apps/shop/accounts/1"
SEARCH = "/v1/apps/shop/accounts:search"


@dataclass
class Counting(Accounts):
    """Counts what is called, and may hold or refuse it."""

    gets: int = 0
    updates: int = 0
    go_on: threading.Event = field(default_factory=threading.Event)

    def answer(self, *_: object) -> object:
        """Answers at once."""
        self.gets += 1
        return account_pb2.Account(name="apps/shop/accounts/1")

    def refuse(self, *_: object) -> object:
        """Says that the database is away."""
        self.gets += 1
        raise Unavailable(Reason.DATABASE_UNAVAILABLE, "The database is away.")

    def hold(self, *_: object) -> object:
        """Answers when the test says so."""
        self.gets += 1
        self.go_on.wait(20)
        return account_pb2.Account(name="held")

    def hold_first(self, *_: object) -> object:
        """Answers the first call when the test says so, others at once."""
        return self.answer() if self.gets else self.hold()

    def UpdateAccount(self, *_: object) -> object:  # noqa: N802 - of the contract
        """Says that the database is away."""
        self.updates += 1
        raise Unavailable(Reason.DATABASE_UNAVAILABLE, "The database is away.")


@dataclass(frozen=True)
class Servers:
    """Servers of the test's own, by the folder of their files."""

    folder: Path
    opened: ExitStack

    def start(self, accounts: Accounts) -> Serving:
        """Starts one that says it is serving."""
        running = self.opened.enter_context(serving(config_of(self.folder), accounts))
        running.server.health.publish({"": SERVING})
        return running

    def gateway(self, *addresses: str, **words: object) -> Gateway:
        """Starts a gateway before servers."""
        return self.opened.enter_context(gateway_before(self.folder, addresses, **words))

    def rest(self, *addresses: str, **words: object) -> Rest:
        """Starts a gateway before servers, and returns its REST face."""
        return Rest(self.gateway(*addresses, **words).address)


def healthy_count(gateway: Gateway) -> int:
    """Returns how many servers the gateway takes to be well."""
    path = "/stats?format=json&filter=^cluster.ownid.membership_healthy$"
    return int(json.loads(gateway.admin._ask("GET", path))["stats"][0]["value"])
