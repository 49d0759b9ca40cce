"""What the demo prints around its tour: what there is now, and what to try next."""

import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from ownid_grpc.cli.demo.configuration import APP, DemoFolder
from ownid_grpc.cli.demo.database import OWN_PREFIX, ShopDatabase
from ownid_grpc.cli.demo.passwords import PASSWORD
from ownid_grpc.cli.demo.rows import SITE_MAIL
from ownid_grpc.cli.demo.screen import Screen
from ownid_grpc.cli.demo.site import NoSite, Site

_CONFIGURED_PORT = "50051"
_EXCERPT = ("email:", "status:", "last_login:", "address.country:", "preferences.theme:")
_BUF_CURL = f"""\
buf curl --protocol grpc --http2-prior-knowledge \\
  -H "authorization: Bearer $OWNID_TOKEN" \\
  -d '{{"name": "apps/{APP}/accounts/1"}}' \\
  "http://$OWNID_ADDRESS/ownid.v1.AccountService/GetAccount\""""


def introduce(screen: Screen, shop: ShopDatabase, folder: DemoFolder, address: str) -> None:
    """Says what was made, and where it is."""
    place = folder.database if shop.is_file else f"your database, in tables called {OWN_PREFIX}…"
    screen.title("A database that was there first")
    screen.say(f"A shop that has been running since 2009, on {shop.kind}: {place}")
    for name in shop.tables.all:
        screen.line(f"  {name:<20}{shop.count(name):>7,} rows")
    screen.title("What you would write for yours")
    screen.say(f"{folder.configuration} says where an account lives in it, such as")
    for line in folder.excerpt(*_EXCERPT):
        screen.line(f"  {line}")
    screen.title("The service in front of it")
    screen.say(f"It takes gRPC calls at {address}, and logs to {folder.log}.")
    if not address.endswith(f":{_CONFIGURED_PORT}"):
        screen.say(f"Port {_CONFIGURED_PORT} is taken, so that this one was chosen.", "yellow")


def show_site(screen: Screen, site: Site | NoSite) -> None:
    """Says where the example site is and how to sign in there, or what it lacks."""
    screen.title("In the browser")
    if isinstance(site, NoSite):
        screen.say(f"The example site is not shown. {site}", "yellow")
        return
    screen.say("A customer's profile page, in step in every open tab and browser:")
    screen.command(site.url)
    screen.say(f"Sign in as {SITE_MAIL} with the password: {PASSWORD}")
    screen.say("docs/profile-example.md says what to try there.")


def show_next(screen: Screen, shop: ShopDatabase, folder: DemoFolder, address: str) -> None:
    """Prints commands that work as they stand, in a second terminal."""
    screen.title("Now you")
    screen.say(f"The service goes on at {address}. In a second terminal, in this folder:")
    for comment, commands in _commands(shop, folder):
        screen.gap()
        screen.comment(comment)
        for command in commands:
            screen.command(command)
    screen.gap()
    screen.say(
        "For a database of yours, write an ownid.yaml like this one, in which docs/mapping.md has "
        "every word; then `ownid-grpc check` and `ownid-grpc serve`."
    )
    screen.say("End the demo with Ctrl-C.")


def say_what_stays(screen: Screen, shop: ShopDatabase) -> None:
    """Says how to be rid of what was made on a server."""
    if shop.is_file:
        return
    screen.gap()
    screen.say("The tables stay in your database, and the next demo makes them anew. To drop them:")
    screen.command(f"DROP TABLE {', '.join(reversed(shop.tables.all))};")


def _commands(shop: ShopDatabase, folder: DemoFolder) -> Iterator[tuple[str, tuple[str, ...]]]:
    mail = shop.row(f"SELECT mail_uc FROM {shop.tables.customers} WHERE cust_no = 1")["mail_uc"]  # noqa: S608 - all ours
    yield (
        "First: where the service is, the app, and a token that holds for a day.",
        (f"source {shlex.quote(str(folder.environment))}",),
    )
    yield (
        "An account by its key, and by what it signs in with, in whatever case.",
        ("ownid-grpc accounts get 1", f"ownid-grpc accounts lookup {mail}"),
    )
    yield (
        "A page of accounts, and all that match.",
        (
            "ownid-grpc accounts list --page-size 5 --order-by 'points desc'",
            "ownid-grpc accounts search --filter \"segment = 'staff' AND disabled\"",
        ),
    )
    yield (
        "A change, and the schema that it was held to.",
        ("ownid-grpc accounts update 1 address.city=Valdoria", "ownid-grpc schema get"),
    )
    if shutil.which("buf", path=str(Path(sys.executable).parent)):
        yield (
            "The same with any gRPC client: the service tells it its methods by reflection.",
            (_BUF_CURL,),
        )
