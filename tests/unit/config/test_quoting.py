"""No fault of ownid.yaml repeats what stands there: it may be a secret, and ends in a log."""

from pathlib import Path

import pytest

from ownid_grpc.bootstrap import open_repositories, open_state
from ownid_grpc.config import Config, ConfigError, parse_config

APP = "apps: {shop: {repository: {type: sql, url: 'URL', table: t, key: id, properties: {a: a}}}}"
CALLER = f"""
callers: [{{name: a, issuer: a, audience: a, apps: ['*'], scopes: ['*'], jwks_url: 'URL'}}]
{APP.replace("URL", "sqlite:///a.db")}
"""
SHARED = "sqlite:///a.db"


def read(text: str, folder: Path) -> Config:
    """Returns what a text says."""
    return parse_config(text, {}, folder=folder)


def open_all(text: str, folder: Path) -> None:
    """Opens the databases that a text names, as a start does."""
    config = read(text, folder)
    with open_state(config, b"s" * 32), open_repositories(config):
        pass


@pytest.mark.parametrize(
    "url",
    [
        "mariadb://user@host/db?read_timeout=hunter2",
        "mariadb://user:hunter2@host:port/db",
        "postgresql://user:hunter2@host:port/db",
        "sqlite://hunter2.db",
        "sqlite:///a.db?timeout=hunter2",
        "oracle://user:hunter2@host/db",
        "hunter2",
    ],
)
@pytest.mark.parametrize("place", ["app", "state"])
def test_url_of_a_database_is_not_repeated(tmp_path: Path, url: str, place: str) -> None:
    """What a driver would stumble over is found when the file is read, and said in our words."""
    text = APP.replace("URL", url if place == "app" else SHARED)
    if place == "state":
        text += f"\nstate: {{url: '{url}'}}\nsecret: {'s' * 32}"

    with pytest.raises(ConfigError, match="must be a URL of sqlite, postgresql") as raised:
        open_all(text, tmp_path)

    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    "url", ["https://user:hunter2℀@idp.example.com/k", "https://[hunter2]/k", "http://hunter2/k"]
)
def test_url_of_a_key_set_is_not_repeated(tmp_path: Path, url: str) -> None:
    """A key set's URL that is none, or is no https, is refused in our words."""
    with pytest.raises(ConfigError, match="must be an https URL") as raised:
        read(CALLER.replace("URL", url), tmp_path)

    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("text", ["secret: *hunter2", "secret: !hunter2!x y"])
def test_text_that_is_no_yaml_is_not_repeated(tmp_path: Path, text: str) -> None:
    """What the parser stumbles over is told by its line alone."""
    with pytest.raises(ConfigError, match=r"ownid\.yaml:1: not valid YAML: ") as raised:
        read(text, tmp_path)

    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: " + "[" * 5000 + "]" * 5000, "is nested too deep"),
        (f"server: {{tls: {{certificate: {'x' * 5000}, key: k}}}}\n{APP}", "cannot be read"),
    ],
)
def test_odd_text_is_a_fault_like_others(tmp_path: Path, text: str, message: str) -> None:
    """What Python itself raises of a file is a fault of the configuration too."""
    with pytest.raises(ConfigError, match=message):
        read(text, tmp_path)
