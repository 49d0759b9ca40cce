"""ownid.yaml as words: what the operator can say, and what a wrong word is answered with."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from ownid_grpc.config import Config, ConfigError, load_config, parse_config
from ownid_grpc.domain.mapping import SqlMapping
from tests.support.keys import public_pem

SMALLEST = """\
apps:
  shop:
    repository: {type: sql}
"""

CALLER = """\
callers:
  - name: backoffice
    issuer: https://backoffice.example.com
    audience: ownid-grpc
    keys: [backoffice.pub.pem]
    apps: [shop]
    scopes: [accounts.read]
"""


def parse(text: str, folder: Path = Path(), **environment: str) -> Config:
    """Returns the configuration that a text says."""
    return parse_config(text, environment, folder=folder)


def faults_of(text: str, folder: Path = Path()) -> list[str]:
    """Returns the lines of the error that a text makes."""
    with pytest.raises(ConfigError) as caught:
        parse(text, folder)
    return str(caught.value).splitlines()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the public key that CALLER names."""
    (tmp_path / "backoffice.pub.pem").write_bytes(public_pem())
    return tmp_path


def test_little_needs_to_be_said(tmp_path: Path) -> None:
    """An app is enough; everything else has a default that is safe to start with."""
    config = parse(SMALLEST, tmp_path)

    assert config.server.listen == "127.0.0.1:50051"
    assert config.server.stream_slots == 8
    assert config.state.url.get_secret_value() == f"sqlite:///{tmp_path}/ownid-state.db"
    assert config.callers == ()


@pytest.mark.parametrize(
    ("threads", "limits", "expected"),
    [(16, "", 12), (4, "", 3), (2, "", 2), (16, "limits: {concurrent_calls: 5}", 5)],
)
def test_app_among_others_leaves_them_threads(threads: int, limits: str, expected: int) -> None:
    """Where there are enough, a quarter of the threads is kept from each app, or what it says."""
    shop = f"shop: {{repository: {{type: sql}}, {limits}}}"
    server = f"server: {{threads: {threads}}}\n"

    among_others = parse(f"{server}apps: {{{shop}, blog: {{repository: {{type: sql}}}}}}")
    alone = parse(f"{server}apps: {{shop: {{repository: {{type: sql}}}}}}")

    assert among_others.concurrent_calls["shop"] == expected
    assert alone.concurrent_calls["shop"] == threads


def test_repository_stays_as_it_is_written() -> None:
    """The words of a repository are handed on to its adapter as they stand."""
    config = parse("apps: {shop: {repository: {type: ldap, base: 'dc=example', 7: true}}}")

    assert config.apps["shop"].repository == {"type": "ldap", "base": "dc=example", 7: True}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///shop.db", "sqlite:///{folder}/shop.db"),
        ("sqlite+pysqlite:///data/shop.db", "sqlite+pysqlite:///{folder}/data/shop.db"),
        ("sqlite:////srv/shop.db", "sqlite:////srv/shop.db"),
        ("sqlite://", "sqlite://"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("postgresql:///shop", "postgresql:///shop"),
    ],
)
def test_sqlite_files_lie_beside_the_configuration(tmp_path: Path, url: str, expected: str) -> None:
    """A relative SQLite path starts from the folder of ownid.yaml, wherever the service runs."""
    config = parse(f"{SMALLEST}\nstate: {{url: '{url}'}}\nsecret: {'s' * 32}", tmp_path)

    assert config.state.url.get_secret_value() == expected.format(folder=tmp_path)


def test_caller_has_keys_apps_and_scopes(folder: Path) -> None:
    """A caller's keys are read from files; what it may do is as written."""
    (caller,) = parse(CALLER + SMALLEST, folder).callers

    assert "backoffice" in caller.keys[0].keys[0].ids
    assert caller.apps == frozenset(("shop",))
    assert caller.scopes == frozenset(("accounts.read",))


def test_star_means_all(folder: Path) -> None:
    """`"*"` stands for every app and every scope."""
    text = CALLER.replace("[shop]", "['*']").replace("[accounts.read]", "['*']")

    (caller,) = parse(text + SMALLEST, folder).callers

    assert caller.apps is None
    assert caller.scopes is None


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("[shop]", "[nope]", "ownid.yaml:6: callers.0.apps.0: no app under apps is called so"),
        ("[shop]", "[shop, '*']", 'ownid.yaml:6: callers.0.apps: "*" means all, and stands alone'),
        ("    apps: [shop]\n", "", "ownid.yaml:2: callers.0.apps: is missing"),
        (
            "[accounts.read]",
            "[accounts]",
            "ownid.yaml:7: callers.0.scopes.0: must be 'accounts.read',",
        ),
        (
            "[backoffice.pub.pem]",
            "[nope.pem]",
            "ownid.yaml:5: callers.0.keys.0: cannot be read: No such file",
        ),
        ("[backoffice.pub.pem]", "[]", "ownid.yaml:2: callers.0: say the keys"),
        (
            "    audience",
            "    algorithms: [HS256]\n    audience",
            "ownid.yaml:4: callers.0.algorithms.0: must be 'EdDSA', 'ES256',",
        ),
        (
            "    audience",
            "    algorithms: [none]\n    audience",
            "ownid.yaml:4: callers.0.algorithms.0: must be 'EdDSA', 'ES256',",
        ),
        (
            "    audience",
            "    algorithms: [RS256]\n    audience",
            "ownid.yaml:6: callers.0.keys: a key of EdDSA suits none of the algorithms",
        ),
        (
            "    audience",
            "    burst: 5\n    audience",
            "ownid.yaml:2: callers.0: a burst says nothing without the requests_per_second",
        ),
        ("issuer", "isuer", "ownid.yaml:3: callers.0.isuer: is no word that is known here"),
    ],
)
def test_wrong_word_of_a_caller_is_named(folder: Path, old: str, new: str, expected: str) -> None:
    """What is wrong with a caller is said with line and word."""
    faults = faults_of(CALLER.replace(old, new) + SMALLEST, folder)

    assert faults[0].startswith(expected)


def test_two_callers_cannot_be_one(folder: Path) -> None:
    """Two callers of one issuer and audience are refused, since whose rights hold is unclear."""
    second = CALLER.removeprefix("callers:\n").replace("name: backoffice", "name: other")

    (fault,) = faults_of(CALLER + second + SMALLEST, folder)

    assert fault == "ownid.yaml:1: callers: two callers have the same issuer and audience"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("server: {threads: 4, streams: 4}", "server.streams: must be less than threads"),
        ("server: {threads: many}", "server.threads: must be a valid integer"),
        ("server: {listen: 50051}", "server.listen: must be text"),
        ("server: {listen: localhost}", "server.listen: "),
        ("server: {lissen: a}", "server.lissen: is no word that is known here"),
        ("server: {tls: {certificate: a, key: b}}", "server.tls.certificate: there is no such"),
        ("secret: short", "secret: must be 32 bytes of text or more"),
        ("sever: {}", "sever: is no word that is known here"),
        ("server: []", "server: must be a mapping"),
    ],
)
def test_wrong_word_is_named(text: str, expected: str) -> None:
    """What is wrong is said with line and word."""
    faults = faults_of(SMALLEST + text)

    assert faults[0].startswith(f"ownid.yaml:4: {expected}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "ownid.yaml: apps: is missing"),
        ("apps: {}", "ownid.yaml:1: apps: "),
        ("apps: {'a b': {repository: {type: sql}}}", "ownid.yaml:1: apps.a b: an app is called"),
        ("apps: {shop: {}}", "ownid.yaml:1: apps.shop.repository: is missing"),
        ("apps: {shop: {repository: {}}}", "ownid.yaml:1: apps.shop.repository: say its type"),
        ("[]", "ownid.yaml"),
        ("7", "ownid.yaml"),
    ],
)
def test_apps_must_be_named_and_have_a_repository(text: str, expected: str) -> None:
    """Without a well-named app and its repository there is nothing to serve."""
    assert faults_of(text)[0].startswith(expected)


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    """One start shows every fault, in the order of the lines."""
    text = "server:\n  threads: x\n  nope: 1\nsecret: ${GONE}\n" + SMALLEST + CALLER

    lines = [int(fault.split(":")[1]) for fault in faults_of(text, tmp_path)]

    assert lines == [2, 3, 4, 12]


def test_faults_of_a_repository_have_their_lines() -> None:
    """What an adapter finds wrong with its words is shown with their lines, without the values."""
    config = parse(SMALLEST.replace("{type: sql}", "\n      type: sql\n      tabel: secret-7"))
    with pytest.raises(ValidationError) as caught:
        SqlMapping.model_validate(config.apps["shop"].repository)

    error = config.error(("apps", "shop", "repository"), caught.value)

    assert "ownid.yaml:5: apps.shop.repository.tabel: is no word" in str(error)
    assert "ownid.yaml:3: apps.shop.repository.table: is missing" in str(error)
    assert "secret-7" not in str(error)


def test_word_that_may_be_several_things_is_judged_by_what_it_looks_like() -> None:
    """Of the things that a word may be, only the one meant is complained about."""
    words = (
        "{type: sql, url: u, table: t, key: id, properties: {a: {column: a, encoding: {bit: 99}}}}"
    )
    config = parse(SMALLEST.replace("{type: sql}", words))
    with pytest.raises(ValidationError) as caught:
        SqlMapping.model_validate(config.apps["shop"].repository)

    (fault,) = config.error(("apps", "shop", "repository"), caught.value).faults

    assert fault.path[-2:] == ("encoding", "bit")


def test_fault_of_the_live_database_has_its_line() -> None:
    """What is found later, against the database, is shown with its line too."""
    config = parse(SMALLEST)

    place = ("apps", "shop", "repository", "properties", "email")
    assert config.line_of(place) == 3
    assert config.describe(place, "no such column") == (
        "ownid.yaml:3: apps.shop.repository: no such column"
    )


def test_secrets_are_not_shown() -> None:
    """Neither the configuration's own text nor its errors show a secret or a URL."""
    secret = "hunter2-hunter2-hunter2-hunter2-hunter2"
    text = SMALLEST.replace("sql}", f"sql, url: 'postgresql://u:{secret}@h/d'}}")

    config = parse(f"{text}secret: {secret}\nstate: {{url: 'postgresql://u:{secret}@h/s'}}")

    assert secret not in repr(config)
    assert secret not in str(config)
    assert secret not in "".join(faults_of(f"{text}secret: [{secret}]\nserver: {secret}"))


def test_file_that_is_not_there_is_an_error_like_any_other(tmp_path: Path) -> None:
    """A file that is missing, unreadable or no text is said in one line."""
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load_config(tmp_path / "ownid.yaml", {})
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        load_config(tmp_path / "binary.yaml", {})


def test_file_is_read_with_the_environment(tmp_path: Path) -> None:
    """A file is read from where it lies, with variables from the environment."""
    path = tmp_path / "ownid.yaml"
    path.write_text("server: {listen: '127.0.0.1:${PORT}'}\n" + SMALLEST)

    config = load_config(path, {"PORT": "0"})

    assert config.server.listen == "127.0.0.1:0"
    assert config.describe(("server",), "x") == f"{path}:1: server: x"
