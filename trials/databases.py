"""A database behind a line that can fail, which the service reaches as a user of no privileges."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy

from tests.support.people import People, Place
from tests.support.proxy import Proxy, Upstream, proxy_to
from tests.support.servers import DatabaseServer

USER = "ownid"
"""Whom limits for others than the administrator hold for."""

_GRANTS = {
    "postgresql": (
        f"DO $$ BEGIN CREATE ROLE {USER} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {USER}",
        f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {USER}",
        f"GRANT ALL ON SCHEMA public TO {USER}",
    ),
    "mariadb": (
        f"CREATE USER IF NOT EXISTS {USER}@localhost, {USER}@'127.0.0.1'",
        f"GRANT ALL ON accounts.* TO {USER}@localhost, {USER}@'127.0.0.1'",
    ),
}


@dataclass(frozen=True)
class Distant:
    """People in a database; the service has its URL through the line, tests have their own."""

    people: People
    proxy: Proxy

    @property
    def server(self) -> DatabaseServer:
        """The database's server."""
        assert self.people.server is not None
        return self.people.server

    @property
    def kind(self) -> str:
        """The kind of database."""
        return self.people.kind


@contextmanager
def distant_people(place: Place) -> Iterator[Distant]:
    """Gives people without a unique index, so that only the service makes nobody twice."""
    with place.people(is_unique=False) as people, proxy_to(upstream_of(place.url)) as proxy:
        for statement in _GRANTS[place.kind]:
            people.execute(statement)
        yield Distant(replace(people, url=url_through(proxy, place.url)), proxy)


def upstream_of(url: str) -> Upstream:
    """Returns where the server of a URL listens."""
    parts = sqlalchemy.make_url(url)
    if folder := parts.query.get("host"):
        return Path(str(folder)) / ".s.PGSQL.5432"
    return str(parts.host), int(parts.port or 0)


def url_through(proxy: Proxy, url: str, user: str = USER) -> str:
    """Returns the URL of a database as the service is to reach it."""
    parts = sqlalchemy.make_url(url)
    there = parts.set(username=user, host="127.0.0.1", port=proxy.port, query={})
    return there.render_as_string(hide_password=False)
