"""One process that serves by itself: started, told to reload, and stopped."""

import gc
import threading
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from queue import SimpleQueue
from typing import NoReturn

from ownid_grpc.bootstrap import Application
from ownid_grpc.cli.signals import Told, await_stop, on_hangup, on_stop
from ownid_grpc.config import Config, ConfigError, load_config
from ownid_grpc.errors import Unavailable
from ownid_grpc.gateway.process import Gateway, GatewayError, running_gateway
from ownid_grpc.gateway.rendering import local_address
from ownid_grpc.reporting import open_telemetry
from ownid_grpc.supervision.systemd import say_ready, say_reloading, say_stopping
from ownid_grpc.telemetry.logs import Logger
from ownid_grpc.telemetry.telemetry import Telemetry

_STORE_RETRY_SECONDS = 1.0


def run_alone(path: Path, config: Config, log: Logger, *, has_gateway: bool) -> None:
    """Serves until it is told to stop."""
    stops: Told = SimpleQueue()
    hangups: Told = SimpleQueue()
    on_stop(lambda: stops.put(None))
    on_hangup(lambda: hangups.put(None))
    with open_telemetry(config, log) as telemetry:
        application = opened_application(config, telemetry, stops)
        if application is None:
            return
        address = start(application)
        _reload_on(hangups, path, application, config, log)
        gateway = running_gateway(config, [local_address(address)], log) if has_gateway else None
        _run_until_told(application, gateway, stops)


def _run_until_told(
    application: Application, gateway: AbstractContextManager[Gateway] | None, stops: Told
) -> None:
    try:
        with gateway or nullcontext() as opened:
            say_ready()
            await_stop(stops, lambda: opened is not None and opened.is_given_up)
            say_stopping()
            _stop(application, opened, stops)
    except (ConfigError, GatewayError):
        application.hurry()
        application.drain()
        raise
    if opened is not None:
        opened.check()


def opened_application(
    config: Config, telemetry: Telemetry, stops: Told, *, is_worker: bool = False
) -> Application | None:
    """Returns the service once its own store answers; None when told to stop before."""
    while stops.empty():
        try:
            return Application(config, telemetry, is_worker=is_worker)
        except Unavailable as error:
            telemetry.log.warning("state.unavailable", reason=error.reason)
            time.sleep(_STORE_RETRY_SECONDS)
    return None


def start(application: Application) -> str:
    """Has it take calls, and returns the address where.

    From then on the garbage collector passes by what lives as long as we do:
    it would find all of it used. How often it looks at the rest stays as it
    is: seldom spares little more, and keeps more memory.
    """
    address = application.start()
    gc.collect()
    gc.freeze()
    return address


def _stop(application: Application, gateway: Gateway | None, stops: Told) -> None:
    if gateway is not None and gateway.drain(stops):
        application.hurry()
    on_stop(application.hurry)
    application.drain()


def _reload_on(
    hangups: Told, path: Path, application: Application, first: Config, log: Logger
) -> None:
    """Takes the callers as the file has them at each hangup; one with faults changes nothing.

    What else has changed is logged, since it waits for a restart.
    Not within the signal's handler, which may have interrupted who holds a lock of the log.
    """

    def reload() -> NoReturn:
        while True:
            hangups.get()
            say_reloading()
            try:
                newer = load_config(path)
                application.reload(newer)
                if words := _changed(first, newer):
                    log.warning("reload.waits", words=words)
            except ConfigError as error:
                log.error("config.invalid", faults=str(error).splitlines())  # noqa: TRY400 - the faults say it all
            except Exception as error:
                log.exception("reload.fault", exc_info=error)
            say_ready()

    threading.Thread(target=reload, daemon=True).start()


def _changed(first: Config, newer: Config) -> list[str]:
    others = (name for name in Config.model_fields if name != "callers")
    return [name for name in others if getattr(first, name) != getattr(newer, name)]
