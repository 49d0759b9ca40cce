"""Holds `ownid-grpc keys` to making what the server reads and believes."""

import stat
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ownid_grpc.cli.keys import commands
from ownid_grpc.config import load_config
from ownid_grpc.errors import Unauthenticated
from ownid_grpc.server.credentials import Credentials
from ownid_grpc.services.key_sources import KeySets, key_sources
from ownid_grpc.telemetry.logs import new_logger

SCOPES = ("accounts.read", "accounts.write")
APPS = "\napps: {shop: {repository: {type: memory}}, club: {repository: {type: memory}}}\n"


def run(*arguments: str | Path) -> Result:
    """Runs `keys` with these arguments."""
    return CliRunner().invoke(commands, [str(each) for each in arguments])


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Returns an ownid.yaml with the caller as `keys new` printed it."""
    made = run("new", "backoffice", "--folder", tmp_path)
    path = tmp_path / "ownid.yaml"
    path.write_text(made.stdout + APPS, "utf-8")
    return path


def credentials(config: Path, seconds: float = 0) -> Credentials:
    """Returns the callers of the file, some seconds from now."""
    callers, log = load_config(config).callers, new_logger()
    sources = key_sources(callers, KeySets(log), log)
    return Credentials(callers, sources, SCOPES, lambda: time.time() + seconds)


def test_printed_words_and_keys_make_a_token_that_is_believed(config: Path) -> None:
    """A token speaks for the caller in every app and scope that the caller has."""
    token = run("token", "backoffice", "--config", config).stdout.strip()

    principal = credentials(config).principal_of(token)

    assert principal.caller == "backoffice"
    assert principal.apps is None
    assert principal.scopes == set(SCOPES)


def test_token_can_be_narrower_than_its_caller(config: Path) -> None:
    """Scopes and apps named on the command line are all that the token grants."""
    narrowed = run(
        *("token", "backoffice", "--config", config, "--scope", "accounts.read", "--app", "shop")
    )

    principal = credentials(config).principal_of(narrowed.stdout.strip())

    assert principal.apps == frozenset(("shop",))
    assert principal.scopes == frozenset(("accounts.read",))


def test_token_ends_when_it_was_told_to(config: Path) -> None:
    """A token of 15 minutes holds in the 14th and no more in the 16th."""
    made = run("token", "backoffice", "--config", config, "--expires-in", "15m").stdout.strip()

    credentials(config, seconds=14 * 60).principal_of(made)
    with pytest.raises(Unauthenticated):
        credentials(config, seconds=16 * 60).principal_of(made)


def test_private_key_is_for_its_owner_alone(config: Path) -> None:
    """Nobody else on the machine can read the private key."""
    mode = (config.parent / "backoffice.key.pem").stat().st_mode

    assert stat.S_IMODE(mode) == 0o600


def test_key_that_is_there_is_never_overwritten(config: Path) -> None:
    """Asked for the same name again, `new` changes nothing and says so."""
    before = (config.parent / "backoffice.key.pem").read_bytes()

    again = run("new", "backoffice", "--folder", config.parent)

    assert again.exit_code == 1
    assert "is there already" in again.stderr
    assert (config.parent / "backoffice.key.pem").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(("token", "nobody"), "there are: backoffice", id="unknown caller"),
        pytest.param(("token", "backoffice", "--key", "no.pem"), "cannot be read", id="no file"),
        pytest.param(("token", "backoffice", "--key", "ownid.yaml"), "no private key", id="no key"),
        pytest.param(("token", "backoffice", "--expires-in", "soon"), "30s, 15m", id="no time"),
        pytest.param(("new", "../backoffice"), "letters, digits", id="name with a path"),
    ],
)
def test_what_cannot_be_done_is_said(
    config: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
) -> None:
    """A wrong argument ends the command with 1 and a line that says what would be right."""
    monkeypatch.chdir(config.parent)

    refused = run(*arguments)

    assert refused.exit_code == 1
    assert message in refused.stderr
    assert refused.stdout == ""
