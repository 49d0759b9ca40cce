"""One of several processes that serve on one port: `python -m ownid_grpc.cli.worker`.

It takes what to serve, and its orders, from the supervisor that has started it.
"""

import os
import signal
import threading
from queue import SimpleQueue

from ownid_grpc.bootstrap import Application
from ownid_grpc.cli.serving import opened_application, start
from ownid_grpc.cli.signals import Told, await_stop, on_stop
from ownid_grpc.config import ConfigError
from ownid_grpc.reporting import open_telemetry
from ownid_grpc.server.ports import CannotListen
from ownid_grpc.supervision.links import REFUSED, Leave, Order, Start, SupervisorLink
from ownid_grpc.telemetry.logs import Logger, configure_logs, log_uncaught, new_logger
from ownid_grpc.telemetry.pseudonyms import Pseudonyms


def run_worker() -> int:
    """Serves until the supervisor says so or is gone; returns the exit code."""
    # The supervisor hears it, and says what is to be done.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    configure_logs()
    stops: Told = SimpleQueue()
    on_stop(lambda: stops.put(None))
    link = SupervisorLink()
    started_with = link.started_with()
    try:
        if started_with is not None:
            _run(started_with, link, stops)
    except (ConfigError, CannotListen) as error:
        new_logger().error("config.invalid", faults=str(error).splitlines())
        return REFUSED
    return 0


def _run(words: Start, link: SupervisorLink, stops: Told) -> None:
    config = words.file.parsed().listening_on(words.listen)
    configure_logs(pseudonyms=Pseudonyms.of_service(config.secret_bytes()))
    log = new_logger()
    log_uncaught(log)
    with open_telemetry(config, log, is_worker=True) as telemetry:
        application = opened_application(config, telemetry, stops, is_worker=True)
        if application is not None:
            _Worker(application, link, stops, log).run()


class _Worker:
    """A worker, and what it is told."""

    def __init__(
        self, application: Application, link: SupervisorLink, stops: Told, log: Logger
    ) -> None:
        self._application = application
        self._link = link
        self._stops = stops
        self._log = log
        self._is_leaving = threading.Event()

    def run(self) -> None:
        start(self._application)
        threading.Thread(target=self._obey, daemon=True).start()
        self._link.say_serving()
        await_stop(self._stops, self._is_leaving.is_set)
        if self._is_leaving.is_set():
            self._application.leave(lambda: not self._stops.empty())
        on_stop(self._application.hurry)
        self._application.drain()

    def _obey(self) -> None:
        for order in self._link.orders():
            self._follow(order)
        # The supervisor was killed. Its port must be free for the next one, whoever is served yet.
        self._application.close_port()
        os.kill(os.getpid(), signal.SIGTERM)

    def _follow(self, order: Order) -> None:
        if isinstance(order, Leave):
            self._is_leaving.set()
            return
        try:
            self._application.reload(order.file.parsed())
        except ConfigError as error:
            self._log.error("config.invalid", faults=str(error).splitlines())


if __name__ == "__main__":
    raise SystemExit(run_worker())
