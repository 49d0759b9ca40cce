"""`ownid-grpc serve`: runs the service until it is told to stop."""

import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Annotated, NoReturn

import typer

from ownid_grpc.bootstrap import Application
from ownid_grpc.cli.operator import DEFAULT_CONFIG, FAULTY, ConfigOption, read_config, stop_on
from ownid_grpc.config import Config, ConfigError, load_config
from ownid_grpc.errors import Unavailable
from ownid_grpc.gateway.process import Gateway, GatewayError, running_gateway
from ownid_grpc.gateway.rendering import local_address
from ownid_grpc.reporting import open_telemetry, show_metrics_of_workers
from ownid_grpc.server.runner import CannotListen
from ownid_grpc.server.workers import REFUSED, Workers, reserve_port
from ownid_grpc.telemetry.logs import Logger, configure_logs, log_uncaught, new_logger
from ownid_grpc.telemetry.pseudonyms import Pseudonyms
from ownid_grpc.telemetry.telemetry import Telemetry

_STORE_RETRY_SECONDS = 1.0
_LOOK_SECONDS = 0.2


def serve(
    config: ConfigOption = DEFAULT_CONFIG,
    listen: Annotated[
        str | None, typer.Option(help="The address to take calls on, before what the file says.")
    ] = None,
    has_gateway: Annotated[
        bool, typer.Option("--gateway", help="Run Envoy before it: REST, gRPC-Web and Connect.")
    ] = False,
    is_worker: Annotated[bool, typer.Option("--worker", hidden=True)] = False,
) -> None:
    """Runs the service.

    SIGTERM and Ctrl-C drain it: health says NOT_SERVING, calls under way are
    finished, then it ends. A second one ends it at once. SIGHUP has it read
    the callers of the file again.
    """
    words = read_config(config)
    if listen is not None:
        try:
            words = words.listening_on(listen)
        except ConfigError as error:
            raise stop_on(error) from None
    try:
        configure_logs(pseudonyms=Pseudonyms.of_service(words.secret_bytes()))
        log = new_logger()
        log_uncaught(log)
        if words.server.workers > 1 and not is_worker:
            _run_workers(config, words, log, has_gateway=has_gateway)
        else:
            _run(config, words, log, has_gateway=has_gateway, is_worker=is_worker)
    except (ConfigError, CannotListen, GatewayError) as error:
        stop = stop_on(error)
        raise typer.Exit(REFUSED) if is_worker else stop from None


def _run(path: Path, config: Config, log: Logger, *, has_gateway: bool, is_worker: bool) -> None:
    # Queues, since a handler may interrupt who holds the lock of an event, and would wait for ever.
    stops: SimpleQueue[None] = SimpleQueue()
    hangups: SimpleQueue[None] = SimpleQueue()
    _on_signal(lambda: stops.put(None))
    signal.signal(signal.SIGHUP, lambda *_: hangups.put(None))
    if is_worker:
        # The parent starts workers with it held back, so that none is lost before this.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
        threading.Thread(target=_end_with_parent, daemon=True).start()
    with open_telemetry(config, log, is_worker=is_worker) as telemetry:
        application = _opened(config, telemetry, stops)
        if application is None:
            return
        address = application.start()
        _settle()
        reloading = partial(_reload_on, hangups, path, application, log)
        threading.Thread(target=reloading, daemon=True).start()
        gateway = running_gateway(config, [local_address(address)], log) if has_gateway else None
        _run_until_told(application, gateway, stops)


def _run_until_told(
    application: Application,
    gateway: AbstractContextManager[Gateway] | None,
    stops: "SimpleQueue[None]",
) -> None:
    try:
        with gateway or nullcontext() as opened:
            _await(stops, opened)
            _stop(application, opened, stops)
    except (ConfigError, GatewayError):
        application.hurry()
        application.drain()
        raise
    if opened is not None:
        opened.check()


def _settle() -> None:
    """Has the garbage collector pass by what lives as long as we do: it would find all of it used.

    How often it looks at the rest stays as it is: seldom spares little more, and keeps more memory.
    """
    gc.collect()
    gc.freeze()


def _stop(application: Application, gateway: Gateway | None, stops: "SimpleQueue[None]") -> None:
    if gateway is not None and gateway.drain(stops):
        application.hurry()
    _on_signal(application.hurry)
    application.drain()


def _await(stops: "SimpleQueue[None]", gateway: Gateway | None) -> None:
    """Returns once told to stop, or where the gateway is given up.

    Looks up now and then: the kernel may hand a signal to any thread, just as
    that starts another, and Python's handlers run only once this one wakes.
    """
    while gateway is None or not gateway.is_given_up:
        with suppress(Empty):
            stops.get(timeout=_LOOK_SECONDS)
            return


def _run_workers(path: Path, config: Config, log: Logger, *, has_gateway: bool) -> None:
    with ExitStack() as opened:
        show_metrics_of_workers(config, opened)
        address = reserve_port(config.server.listen, opened)
        command = [sys.executable, "-m", "ownid_grpc", "serve", "--worker"]
        command += ["--config", str(path), "--listen", address]
        workers = Workers(command, config.server.workers, log)
        _on_signal(workers.stop)
        signal.signal(signal.SIGHUP, lambda *_: workers.reload())
        gateway: Gateway | None = None
        if has_gateway:
            before = running_gateway(config, [local_address(address)], log)
            gateway = opened.enter_context(before)
            _drain_first(gateway, workers)
        if not workers.run():
            raise typer.Exit(FAULTY)
        if gateway is not None:
            gateway.check()


def _drain_first(gateway: Gateway, workers: Workers) -> None:
    """Has what tells the workers to stop drain the gateway before; that it is given up does too."""
    stops: SimpleQueue[None] = SimpleQueue()
    _on_signal(lambda: stops.put(None))

    def stop() -> None:
        _await(stops, gateway)
        if gateway.drain(stops):
            workers.stop()
        while True:
            workers.stop()
            stops.get()

    threading.Thread(target=stop, daemon=True).start()


def _reload_on(
    hangups: "SimpleQueue[None]", path: Path, application: Application, log: Logger
) -> NoReturn:
    """Takes the callers as the file has them at each hangup; one with faults changes nothing.

    Not within the signal's handler, which may have interrupted who holds a lock of the log.
    """
    while True:
        hangups.get()
        try:
            application.reload(load_config(path))
        except ConfigError as error:
            log.error("config.invalid", faults=str(error).splitlines())  # noqa: TRY400 - the faults say it all
        except Exception as error:
            log.exception("reload.fault", exc_info=error)


def _opened(config: Config, telemetry: Telemetry, stops: "SimpleQueue[None]") -> Application | None:
    """Returns the service once its own store answers; None when told to stop before."""
    while stops.empty():
        try:
            return Application(config, telemetry)
        except Unavailable as error:
            telemetry.log.warning("state.unavailable", reason=error.reason)
            time.sleep(_STORE_RETRY_SECONDS)
    return None


def _on_signal(act: Callable[[], object]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: act())


def _end_with_parent() -> None:
    """Stops this process when its parent is gone, who held the other end of its input."""
    # Not by way of sys.stdin, whose lock would be held when this process ends before its parent.
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)
