"""Serves the site until SIGTERM or Ctrl-C; `settings` says what it reads from the environment."""

import os
import signal
import sys
import threading
import time
from contextlib import closing
from socketserver import ThreadingMixIn
from types import FrameType
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from .customers import Customers
from .files import Files
from .sessions import Sessions
from .settings import SettingsError, read_settings
from .site import Site
from .tokens import Tokens

_LOOK_SECONDS = 0.2
_stopping: list[int] = []
"""The signals that asked for an end: appending to a list is all that a handler needs to do."""


class _Server(ThreadingMixIn, WSGIServer):
    """A thread for each request."""

    daemon_threads = True


class _QuietHandler(WSGIRequestHandler):
    """The gateway before the site logs the requests."""

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its name there
        """Logs nothing."""


def main() -> int:
    """Runs the site, and returns what the process ends with."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    tokens = Tokens(settings.caller, settings.key)
    with (
        closing(Customers(settings.database_url, settings.customers_table)) as customers,
        closing(Sessions(settings.service, settings.app, tokens)) as sessions,
    ):
        site = Site(customers, sessions, Files(settings.sdk), settings.origins)
        _serve(site, settings.host, settings.port)
    return 0


def _serve(site: Site, host: str, port: int) -> None:
    with make_server(host, port, site, _Server, _QuietHandler) as server:
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        print(f"The site is served at {host}:{server.server_port}.", flush=True)
        while not _stopping:
            time.sleep(_LOOK_SECONDS)
        server.shutdown()
        serving.join()


def _stop(number: int, _frame: FrameType | None) -> None:
    _stopping.append(number)


if __name__ == "__main__":
    sys.exit(main())
