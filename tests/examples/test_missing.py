"""Holds the demo to going on where its site cannot be shown, and to saying what would help."""

import socket
from pathlib import Path

import pytest

from ownid_grpc.cli.demo import site
from ownid_grpc.cli.demo.configuration import DemoFolder
from ownid_grpc.cli.demo.database import file_database
from ownid_grpc.cli.demo.guidance import show_site
from ownid_grpc.cli.demo.ports import held_ports
from ownid_grpc.cli.demo.screen import Screen


@pytest.mark.parametrize(
    ("lacking", "remedy"),
    [
        ({"_EXAMPLE": Path("/nowhere")}, "run `make demo` there"),
        ({"find_spec": lambda _: None}, "pip install 'ownid-grpc[gateway]'"),
        ({"_SDK": Path("/nowhere")}, "run `make sdk`"),
    ],
    ids=["example", "envoy", "sdk"],
)
def test_what_is_missing_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    lacking: dict[str, object],
    remedy: str,
) -> None:
    """Each thing that the site needs is named with what brings it, and is no error."""
    for name, value in ({"_SDK": Path(__file__)} | lacking).items():
        monkeypatch.setattr(site, name, value)
    folder = DemoFolder(tmp_path)
    shop = file_database(folder.database)

    with (
        held_ports() as ports,
        pytest.raises(site.NoSite) as missing,
        site.serving_site(folder.write_configuration(shop, ports), folder, shop, "127.0.0.1:1"),
    ):
        pass

    show_site(Screen(), missing.value)
    said = capsys.readouterr().out
    assert "The example site is not shown." in said
    assert remedy in " ".join(said.split())


def test_two_demos_get_ports_of_their_own() -> None:
    """A port is nobody else's from when it is written down until it is let go."""
    with held_ports() as first, held_ports() as second:
        assert len({first.gateway, first.site, second.gateway, second.site}) == 4
        first.let_go()
        with socket.create_server(("127.0.0.1", first.gateway)) as taken:
            assert taken.getsockname()[1] == first.gateway
