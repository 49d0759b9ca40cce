"""Repositories that packages offer: how ownid.yaml finds them, and what it is told otherwise."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from pydantic import BaseModel

from ownid_grpc.bootstrap import open_repositories
from ownid_grpc.config import ConfigError, parse_config
from ownid_grpc.domain.source import SourceDescription
from ownid_grpc.repositories.base import AccountRepository
from ownid_grpc.repositories.memory import MemoryAccountRepository

GOOD = f"{__name__}:open_repository"


class Opened(NamedTuple):
    """What a repository was opened with."""

    words: "Words"
    folder: Path


class Pool(BaseModel, extra="forbid"):
    """Words within the words."""

    size: int = 1


class Words(BaseModel, extra="forbid"):
    """The words of a repository that a package offers."""

    server: str
    pool: Pool = Pool()


OPENED: list[Opened] = []


def open_repository(words: Mapping[object, object], folder: Path) -> AccountRepository:
    """Keeps what it is given."""
    OPENED.append(Opened(Words.model_validate(dict(words)), folder))
    return MemoryAccountRepository(SourceDescription((), frozenset()))


def install(folder: Path, package: str, name: str, value: str = GOOD) -> None:
    """Writes what pip writes of a package that offers a repository."""
    written = folder / f"{package}-1.dist-info"
    written.mkdir(parents=True)
    (written / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1\n")
    (written / "entry_points.txt").write_text(f"[ownid_grpc.repositories]\n{name} = {value}\n")


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Gives a folder where packages can be installed for one test."""
    folder = tmp_path / "site-packages"
    monkeypatch.syspath_prepend(folder)
    return folder


def opened(folder: Path, *lines: str) -> None:
    """Opens the repository of an ownid.yaml with these lines below `repository`."""
    words = "".join(f"      {line}\n" for line in lines)
    text = f"apps:\n  shop:\n    repository:\n{words}"
    with open_repositories(parse_config(text, {"LDAP": "ldap.example"}, folder=folder)):
        pass


def fault_of(folder: Path, *lines: str) -> list[str]:
    """Returns the lines of the error that such an ownid.yaml makes."""
    with pytest.raises(ConfigError) as caught:
        opened(folder, *lines)
    return str(caught.value).splitlines()


def test_type_finds_the_repository_that_a_package_offers(packages: Path, tmp_path: Path) -> None:
    """A repository is given its own words, filled in, and the folder of ownid.yaml."""
    install(packages, "ownid-ldap", "ldap")

    opened(tmp_path, "type: ldap", "server: ${LDAP}", "pool: {size: 3}")

    words = Words(server="ldap.example", pool=Pool(size=3))
    assert OPENED.pop() == Opened(words, tmp_path)


def test_wrong_words_are_told_with_their_lines(packages: Path, tmp_path: Path) -> None:
    """What a package finds wrong with its words is told as of any other words."""
    install(packages, "ownid-ldap", "ldap")

    assert fault_of(tmp_path, "type: ldap", "sever: x", "pool:", "  size: many") == [
        "ownid.yaml:3: apps.shop.repository.server: is missing",
        "ownid.yaml:5: apps.shop.repository.sever: is no word that is known here",
        (
            "ownid.yaml:7: apps.shop.repository.pool.size: must be a valid integer, "
            "unable to parse string as an integer"
        ),
    ]


def test_unknown_type_is_told_those_there_are(packages: Path, tmp_path: Path) -> None:
    """A type that nobody offers is answered with all that are installed."""
    install(packages, "ownid-ldap", "ldap")

    assert fault_of(tmp_path, "type: mongo") == [
        "ownid.yaml:4: apps.shop.repository.type: no such repository is installed; known: ldap, sql"
    ]


def test_type_of_two_packages_is_refused(packages: Path, tmp_path: Path) -> None:
    """Where two packages offer a type, none is taken by chance."""
    install(packages, "ownid-ldap", "ldap")
    install(packages, "another-ldap", "ldap", "another:open_repository")

    assert fault_of(tmp_path, "type: ldap", "server: x") == [
        (
            "ownid.yaml:4: apps.shop.repository.type: several packages offer it, keep one: "
            "another-ldap, ownid-ldap"
        )
    ]


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("not_there:open_repository", "No module named 'not_there'"),
        ("json:open_repository", "module 'json' has no attribute 'open_repository'"),
    ],
)
def test_package_that_cannot_be_loaded_is_named(
    packages: Path, tmp_path: Path, value: str, problem: str
) -> None:
    """A package that is broken is told by its name and what is wrong with it."""
    install(packages, "ownid-ldap", "ldap", value)

    assert fault_of(tmp_path, "type: ldap", "server: x") == [
        f"ownid.yaml:4: apps.shop.repository.type: cannot be loaded from ownid-ldap: {problem}"
    ]


def test_file_of_sqlite_lies_beside_the_configuration(tmp_path: Path) -> None:
    """A relative path of an SQLite file starts from the folder of ownid.yaml."""
    (tmp_path / "shop.db").touch()
    text = """apps: {shop: {repository: {
        type: sql, url: "sqlite:///shop.db", table: t, key: id, properties: {email: mail}}}}"""

    with open_repositories(parse_config(text, {}, folder=tmp_path)) as repositories:
        repositories["shop"].ping()
