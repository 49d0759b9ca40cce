"""Runs the service within the demo's process, its log in a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ownid_grpc.bootstrap import Application
from ownid_grpc.config import Config
from ownid_grpc.server.ports import CannotListen
from ownid_grpc.telemetry.logs import configure_logs, log_uncaught, new_logger
from ownid_grpc.telemetry.telemetry import Telemetry

_ANY_PORT = "127.0.0.1:0"


@contextmanager
def serving(config: Config, log: Path) -> Iterator[str]:
    """Gives the address of the service, which drains when the block ends.

    It is a free port's where the one that `config` names is taken.
    """
    with log.open("w", encoding="utf-8") as stream:
        configure_logs(stream=stream, is_for_people=False, delay_seconds=0)
        log_uncaught(new_logger())
        application, address = _started(config)
        try:
            yield address
        finally:
            application.drain()


def _started(config: Config) -> tuple[Application, str]:
    application = Application(config, Telemetry(new_logger()))
    try:
        return application, application.start()
    except CannotListen:
        application.hurry()
        application.drain()
    application = Application(config.listening_on(_ANY_PORT), Telemetry(new_logger()))
    return application, application.start()
