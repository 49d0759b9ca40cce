"""What goes wrong: a few words on stderr, and an exit code that says of what kind it is."""

import socket
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import grpc
import pytest
from ownid.v1 import account_pb2

from ownid_grpc.server.servicers import add_servicers
from tests.cli.running import Commands, config_of
from tests.support.serving import Accounts, serving, serving_with
from tests.support.shop import Shop, open_shop

USAGE, REFUSED, UNAVAILABLE = 2, 1, 3


@pytest.fixture
def nobody() -> Iterator[Commands]:
    """Gives commands that call an address where nothing listens."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield Commands(f"127.0.0.1:{reserved.getsockname()[1]}")


def test_refused_profile_names_each_fault(commands: Commands) -> None:
    """Every violation stands on a line, with the reason before and the request's id behind."""
    result = commands.run("accounts", "create", "email=nope", "loyalty:=-1")

    first, *others = result.stderr.splitlines()
    assert result.exit_code == REFUSED
    assert result.stdout == ""
    assert first.startswith("error: ")
    assert first.endswith("(INVALID_ARGUMENT, PROFILE_INVALID)")
    assert "  account.profile.email: must be a valid email" in others
    assert "  account.profile.loyalty: must be at least 0" in others
    assert others[-1].startswith("  request id: ")


def test_missing_schema_is_said_with_what_to_do(tmp_path: Path) -> None:
    """Where no schema is set yet, the commands that set one are named."""
    with open_shop(tmp_path) as bare:
        adding = partial(add_servicers, services=bare.services)
        with serving_with(config_of(tmp_path), adding) as running:
            result = Commands(running.address).run("accounts", "list")

    assert result.exit_code == REFUSED
    assert "ACCOUNT_SCHEMA_NOT_SET" in result.stderr
    assert "ownid-grpc schema infer | ownid-grpc schema set -" in result.stderr


def test_missing_token_is_said_with_what_to_do(commands: Commands) -> None:
    """Without a token the options that give one are named."""
    result = commands.run("accounts", "list", OWNID_TOKEN="")

    assert result.exit_code == REFUSED
    assert "CREDENTIAL_MISSING" in result.stderr
    assert "--token-file" in result.stderr


def test_missing_scope_is_refused(shop: Shop, tmp_path: Path) -> None:
    """A caller who may not write is told which scope it takes."""
    adding = partial(add_servicers, services=shop.services)
    with serving_with(config_of(tmp_path, scopes=["accounts.read"]), adding) as running:
        result = Commands(running.address).run("accounts", "delete", "1")

    assert result.exit_code == REFUSED
    assert "accounts.write" in result.stderr


@pytest.mark.parametrize("command", ["list", "search"])
def test_service_that_is_not_there_has_a_code_of_its_own(nobody: Commands, command: str) -> None:
    """An address where nothing answers is named, without what grpc says of it."""
    result = nobody.run("accounts", command)

    assert result.exit_code == UNAVAILABLE
    assert f"No service answers at {nobody.address}" in result.stderr
    for word in ("ipv4:", "Traceback", "failed to connect"):
        assert word not in result.stderr


def test_database_that_is_down_is_said_with_when_to_try_again(
    shop: Shop, commands: Commands
) -> None:
    """What the service says of waiting is passed on, and the code is that of unavailability."""
    shop.repository.close()

    result = commands.run("accounts", "get", "1")

    assert result.exit_code == UNAVAILABLE
    assert "DATABASE_UNAVAILABLE" in result.stderr
    assert "  try again in 1 s" in result.stderr


def test_slow_answer_is_not_waited_for_beyond_the_timeout(tmp_path: Path) -> None:
    """--timeout ends a call that takes longer, with the code of unavailability."""
    answered = threading.Event()

    def hang(*_: object) -> object:
        answered.wait(60)
        return account_pb2.Account()

    with serving(config_of(tmp_path), Accounts(hang)) as running:
        result = Commands(running.address).run("accounts", "get", "1", "--timeout", "0.3")
        answered.set()

    assert result.exit_code == UNAVAILABLE
    assert "No answer came" in result.stderr


def test_encryption_that_the_service_lacks_is_one_clear_message(commands: Commands) -> None:
    """A handshake that fails says so in our words, and grpc says nothing beside them."""
    process = commands.start("accounts", "list", "--tls")
    _, stderr = process.communicate(timeout=60)

    first, second = stderr.decode().splitlines()
    assert process.returncode == UNAVAILABLE
    assert first.startswith("error: No service answers at")
    assert "--tls" in second


def test_what_the_service_says_does_not_drive_the_terminal(tmp_path: Path) -> None:
    """Control characters in an error's words are shown as escapes."""

    def fail(_: object, context: grpc.ServicerContext) -> None:
        context.set_trailing_metadata(())
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, "\x1b[2J gone")

    with serving(config_of(tmp_path), Accounts(fail)) as running:
        result = Commands(running.address).run("accounts", "get", "1")

    assert result.exit_code == REFUSED
    assert "\x1b" not in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("accounts", "get"),
        ("accounts", "get", ""),
        ("accounts", "get", "1", "--timeout", "0"),
        ("accounts", "get", "1", "--timeout", "nan"),
        ("accounts", "get", "1", "--app", "no app"),
        ("accounts", "get", "1", "--token", "two words"),
        ("accounts", "get", "1", "--token", "t", "--token-file", "f"),
        ("accounts", "get", "1", "--token-file", "there/is/none"),
        ("accounts", "get", "1", "--ca", "there/is/none"),
        ("accounts", "list", "--page-size", "-1"),
        ("accounts", "list", "--page-size", "99999999999"),
        ("accounts", "list", "--filter", "a = '\udcff'"),
        ("accounts", "create", "email"),
        ("accounts", "create", "{"),
        ("accounts", "create", "[1]"),
        ("accounts", "create", "@there/is/none"),
        ("accounts", "create", "{}", "{}"),
        ("accounts", "create", "a=1", "a.b=2"),
        ("accounts", "create", "a:=nope"),
        ("accounts", "create", "a:=NaN"),
        ("accounts", "create", 'a:="\\ud800"'),
        ("accounts", "create", "a:=" + "[" * 100_000),
        ("schema", "set", "there/is/none"),
        ("schema", "rollback", ""),
    ],
)
def test_command_that_makes_no_sense_is_not_sent(
    nobody: Commands, arguments: tuple[str, ...]
) -> None:
    """What is wrong with the command itself ends with 2, before anything is called."""
    result = nobody.run(*arguments)

    assert (result.exit_code, result.stdout) == (USAGE, "")
    assert "error" in result.stderr.lower()


def test_missing_app_is_asked_for(nobody: Commands) -> None:
    """A command that needs an app says how to give it."""
    result = nobody.run("accounts", "list", OWNID_APP="")

    assert result.exit_code == USAGE
    assert "--app" in result.stderr
    assert "OWNID_APP" in result.stderr


def test_output_that_cannot_be_written_is_said(commands: Commands) -> None:
    """A full disk is one clear message."""
    commands.printed("accounts", "create", "email=ada@example.com")

    with Path("/dev/full").open("wb") as full:
        process = commands.start("accounts", "get", "1", stdout=full)
        _, stderr = process.communicate(timeout=60)

    assert process.returncode == REFUSED
    assert stderr.decode() == "error: The output cannot be written: No space left on device.\n"
