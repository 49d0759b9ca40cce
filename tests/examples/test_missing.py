"""Holds the demo to going on where its site cannot be shown, and to saying what would help."""

from pathlib import Path

import pytest

from ownid_grpc.cli.demo import site
from ownid_grpc.cli.demo.configuration import DemoFolder
from ownid_grpc.cli.demo.database import file_database
from ownid_grpc.cli.demo.guidance import show_site
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
    config = folder.write_configuration(shop)

    with (
        pytest.raises(site.NoSite) as missing,
        site.serving_site(config, folder, shop, "127.0.0.1:1"),
    ):
        pass

    show_site(Screen(), missing.value)
    said = capsys.readouterr().out
    assert "The example site is not shown." in said
    assert remedy in " ".join(said.split())
