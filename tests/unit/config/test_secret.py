"""The secret that hosts share: said by the operator, or made where there is one host alone."""

import stat
from pathlib import Path

import pytest

from ownid_grpc.config import Config, ConfigError, parse_config


def configured(folder: Path, *lines: str) -> Config:
    """Returns the configuration of an app with these lines more."""
    text = "\n".join(("apps: {shop: {repository: {type: sql}}}", *lines))
    return parse_config(text, {}, folder=folder)


def test_hosts_that_share_a_store_must_share_a_secret(tmp_path: Path) -> None:
    """A store that several hosts can reach is refused without a secret, and with two."""
    shared = "state: {url: 'postgresql:///shop'}"

    with pytest.raises(ConfigError, match="must share a secret"):
        configured(tmp_path, shared)
    with pytest.raises(ConfigError, match="keep one"):
        configured(tmp_path, shared, f"secret: {'s' * 32}", "secret_file: secret")


def test_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    """On one host a secret is made where none is said, and is the same at the next start."""
    first = configured(tmp_path).secret_bytes()

    second = configured(tmp_path).secret_bytes()

    assert first == second
    assert len(first) >= 32
    assert stat.S_IMODE((tmp_path / "ownid-secret").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["ownid-secret"]


def test_secret_comes_from_the_file_that_is_named(tmp_path: Path) -> None:
    """A file holds the secret as its text, without the line's end; too little is refused."""
    (tmp_path / "secret").write_text("s" * 40 + "\n", "utf-8")
    (tmp_path / "short").write_text("s" * 8, "utf-8")

    config = configured(tmp_path, "secret_file: secret")
    short = configured(tmp_path, "secret_file: short")

    assert config.secret_bytes() == b"s" * 40
    with pytest.raises(ConfigError, match="32 bytes"):
        short.secret_bytes()
