"""The command: makes the shop, starts the service, shows the tour, and serves on."""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from ownid_grpc.cli.demo.client import UnexpectedAnswer, connected
from ownid_grpc.cli.demo.configuration import URL_VARIABLE, DemoFolder
from ownid_grpc.cli.demo.database import (
    DemoError,
    ShopDatabase,
    file_database,
    server_database,
)
from ownid_grpc.cli.demo.guidance import introduce, say_what_stays, show_next, show_site
from ownid_grpc.cli.demo.ports import held_ports
from ownid_grpc.cli.demo.screen import Screen
from ownid_grpc.cli.demo.service import serving
from ownid_grpc.cli.demo.site import NoSite, Site, serving_site
from ownid_grpc.cli.demo.tour import Stopped, Stopping, Tour
from ownid_grpc.cli.errors import INTERRUPTED
from ownid_grpc.cli.operator import stop_on
from ownid_grpc.config import Config

_LOOK_SECONDS = 0.2


def demo(
    database_url: Annotated[
        str,
        typer.Option(
            envvar=URL_VARIABLE,
            show_default=False,
            help="A PostgreSQL, MariaDB or MySQL database, in which the example makes tables "
            "called ownid_demo_… and touches no other; without it, an SQLite file.",
        ),
    ] = "",
    folder: Annotated[
        Path, typer.Option(help="Where everything else is made, anew at each start.")
    ] = Path("build/demo"),
    tour_only: Annotated[
        bool, typer.Option("--tour-only", help="End after the tour, with 0 only if all went well.")
    ] = False,
) -> None:
    """Shows the service on an example: a guided tour, then it serves until Ctrl-C.

    Makes the tables of a shop that has been running for years, an ownid.yaml
    that describes them, and keys and a token to call with.
    """
    place = DemoFolder(folder)
    try:
        _run(Screen(), database_url, place, is_tour_only=tour_only)
    except (Stopped, KeyboardInterrupt):
        typer.echo("\nStopped.")
        raise typer.Exit(INTERRUPTED if tour_only else 0) from None
    except DemoError as error:
        raise stop_on(error) from None
    except UnexpectedAnswer as error:
        raise stop_on(DemoError(f"{error} The service's log is {place.log}.")) from None


def _run(screen: Screen, database_url: str, folder: DemoFolder, *, is_tour_only: bool) -> None:
    stopping = Stopping()
    with ExitStack() as opened:
        opened.enter_context(_stopped_by_signals(stopping))
        opened.enter_context(folder.cleared())
        shop = server_database(database_url) if database_url else file_database(folder.database)
        shop.fill()
        opened.callback(say_what_stays, screen, shop)
        ports = opened.enter_context(held_ports())
        config = folder.write_configuration(shop, ports)
        address = opened.enter_context(serving(config, folder.log))
        token = folder.write_environment(config, address)
        introduce(screen, shop, folder, address)
        with connected(screen, address, token) as client:
            Tour(screen, client, shop, stopping).run()
        if not is_tour_only:
            ports.let_go()
            show_site(screen, _site(opened, config, folder, shop, address))
            show_next(screen, shop, folder, address)
            while not stopping.is_asked:
                time.sleep(_LOOK_SECONDS)
            raise Stopped


def _site(
    opened: ExitStack, config: Config, folder: DemoFolder, shop: ShopDatabase, address: str
) -> Site | NoSite:
    """Returns the example site, or why there is none: the demo goes on without it."""
    try:
        return opened.enter_context(serving_site(config, folder, shop, address))
    except NoSite as reason:
        return reason


@contextmanager
def _stopped_by_signals(stopping: Stopping) -> Iterator[None]:
    """Has Ctrl-C and SIGTERM ask for an end, and insist on it the second time."""

    def stop(number: int, frame: FrameType | None) -> None:
        # What is raised wherever the program happens to be can be lost, or leave half of something.
        if stopping.is_asked:
            signal.default_int_handler(number, frame)
        stopping.is_asked = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
