"""How commands reach the service: address, app, token and certificate."""

from pathlib import Path

from tests.api.test_tls import Certificate
from tests.cli.running import Commands
from tests.support.keys import token
from tests.support.serving import config_of, serving


def test_token_is_read_from_a_file(commands: Commands, tmp_path: Path) -> None:
    """A token file on the command line goes before a token in the environment."""
    file = tmp_path / "token"
    file.write_text(token() + "\n")

    result = commands.run("accounts", "list", "--token-file", str(file), OWNID_TOKEN="bad")

    assert result.exit_code == 0, result.stderr


def test_token_on_the_command_line_goes_before_a_file(commands: Commands, tmp_path: Path) -> None:
    """A token file in the environment gives way to --token."""
    file = tmp_path / "token"
    file.write_text("bad")

    result = commands.run(
        "accounts", "list", "--token", token(), OWNID_TOKEN="", OWNID_TOKEN_FILE=str(file)
    )

    assert result.exit_code == 0, result.stderr


def test_app_may_be_given_by_its_name(commands: Commands) -> None:
    """`apps/shop` is taken for `shop`."""
    assert commands.lines("accounts", "list", "--app", "apps/shop") == []


def test_connection_is_encrypted_where_asked_for(tmp_path: Path) -> None:
    """With --ca the service's certificate is held against that authority."""
    mine, other = Certificate(), Certificate()
    mine.write(tmp_path)
    (tmp_path / "other.pem").write_bytes(other.pem)
    tls = config_of(tmp_path, "tls: {certificate: server.pem, key: server.key}")
    get = ("accounts", "get", "1", "--ca")

    with serving(tls) as running:
        commands = Commands(running.address)
        trusted = commands.run(*get, str(tmp_path / "server.pem"))
        doubted = commands.run(*get, str(tmp_path / "other.pem"))

    assert trusted.exit_code == 0, trusted.stderr
    assert doubted.exit_code == 3
