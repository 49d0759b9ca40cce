"""Accounts in an SQL database: SQLite, PostgreSQL and MariaDB."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr, field_validator
from sqlalchemy.exc import ArgumentError

from ownid_grpc.config.words import anchored
from ownid_grpc.domain.mapping import SqlMapping
from ownid_grpc.repositories.sql.accounts import SqlAccountRepository
from ownid_grpc.repositories.sql.drivers import url_of


class _Words(SqlMapping):
    """A mapping whose URL names a database that this adapter knows."""

    @field_validator("url")
    @classmethod
    def _is_known(cls, url: SecretStr) -> SecretStr:
        try:
            known = url_of(url.get_secret_value())
            # Finds the words that its driver would refuse, such as a limit that is no number.
            known.get_dialect()().create_connect_args(known)
        except (ArgumentError, KeyError, TypeError, ValueError):
            # What stands there may hold a password, also in a trace.
            raise ValueError("must be a URL of sqlite, postgresql, mariadb or mysql") from None
        return url


def open_repository(words: Mapping[object, object], folder: Path) -> SqlAccountRepository:
    """Returns the repository of one app; raises pydantic's `ValidationError` for its words.

    Nothing is connected to yet. The path of an SQLite file starts from `folder`.
    """
    url = words.get("url")
    placed = {"url": anchored(url, folder)} if isinstance(url, str) else {}
    return SqlAccountRepository(_Words.model_validate({**words, **placed}))
