"""The shop of the gateway's tests with pages that browsers sign in on."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import sqlalchemy

from tests.gateway.certificates import new_pair
from tests.gateway.running import Running, await_true, running, write_shop
from tests.sdk.pages import Site, serving_pages
from tests.support.service import free_address
from tests.support.sessions import TABLES

# SQLite makes keys by itself.
_POSTGRESQL_TABLES = TABLES.replace("id INTEGER PRIMARY", "id SERIAL PRIMARY", 1)

ACCOUNT = "/v1/apps/shop/accounts/1"


class Refresh(NamedTuple):
    """A call for new tokens, as the gateway has logged it."""

    time: datetime
    status: int


@dataclass
class WebShop:
    """Service, gateway and pages; the service can be stopped and started."""

    config: Path
    site: Site
    url: str
    _running: ExitStack = field(default_factory=ExitStack)
    _service: Running | None = None

    @property
    def service(self) -> Running:
        """The service as it runs."""
        assert self._service is not None, "it does not run"
        return self._service

    def start(self) -> None:
        """Starts service and gateway."""
        self._service = self._running.enter_context(running(self.config))

    def stop(self) -> None:
        """Ends both at once, as a crash does."""
        self._running.close()
        self._service = None

    def ticket(self) -> str:
        """Returns a ticket of a new session."""
        return self.service.ticket()

    def refreshes(self) -> list[Refresh]:
        """Returns each call for new tokens."""
        logged = self.service.events("gateway.request")
        return [
            Refresh(datetime.fromisoformat(each["timestamp"]), each["status"])
            for each in logged
            if each.get("method") == "/ownid.v1.SessionService/RefreshSession"
        ]

    def await_refreshes(self, count: int, seconds: float = 60) -> list[Refresh]:
        """Returns each call for new tokens, once there were so many."""
        await_true(lambda: len(self.refreshes()) >= count, self.service.process, seconds)
        return self.refreshes()

    def execute(self, statement: str) -> None:
        """Changes the database behind the service's back."""
        engine = sqlalchemy.create_engine(self.url)
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()


@contextmanager
def web_shop(folder: Path, url: str = "", **sessions: object) -> Iterator[WebShop]:
    """Runs the shop; `sessions` are words of its configuration.

    `url` is that of an empty database of PostgreSQL, where it is not to be a
    file.
    """
    new_pair().write(folder, "gateway")
    gateway = free_address()
    page_port, gateway_port = (int(each.rpartition(":")[2]) for each in (free_address(), gateway))
    base_url = f"https://api.shop.localhost:{gateway_port}"
    certificate, key = folder / "gateway.pem", folder / "gateway.key"
    with serving_pages(certificate, key, base_url, page_port) as site, ExitStack() as stack:
        words = {"listen": gateway, "tls": {"certificate": certificate.name, "key": key.name}}
        repository = {"url": url or f"sqlite:///{folder / 'shop.db'}"}
        config = write_shop(folder, words, {"origins": [site.origin()], **sessions}, repository)
        shop = WebShop(config, site, repository["url"])
        stack.callback(shop.stop)
        for statement in filter(str.strip, _POSTGRESQL_TABLES.split(";") if url else ()):
            shop.execute(statement)
        shop.start()
        yield shop
