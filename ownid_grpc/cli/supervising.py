"""Several processes that serve on one port, one gateway before them, and this one over all."""

import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import NoReturn

import typer

from ownid_grpc.cli.operator import FAULTY
from ownid_grpc.cli.signals import Told, await_stop, on_hangup, on_stop
from ownid_grpc.config import Config, ConfigFile
from ownid_grpc.gateway.process import Gateway, running_gateway
from ownid_grpc.gateway.rendering import local_address
from ownid_grpc.reporting import show_metrics_of_workers
from ownid_grpc.server.ports import reserve_port
from ownid_grpc.supervision.plans import Plan
from ownid_grpc.supervision.supervisor import Supervisor
from ownid_grpc.supervision.workers import Worker
from ownid_grpc.telemetry.logs import Logger

_COMMAND = (sys.executable, "-m", "ownid_grpc.cli.worker")

Override = Callable[[Config], Config]
"""Puts what the command line says before what the file does."""


def run_workers(
    path: Path, config: Config, override: Override, log: Logger, *, has_gateway: bool
) -> None:
    """Has workers serve until it is told to stop."""
    with ExitStack() as opened:
        show_metrics_of_workers(config, opened)
        address = reserve_port(config.server.listen, opened)
        plans = Plans(path, config, override, log)
        supervisor = Supervisor(
            plans.read(), plans.read, lambda plan: Worker(_COMMAND, plan, address), log
        )
        on_stop(supervisor.stop)
        on_hangup(supervisor.reload)
        gateway: Gateway | None = None
        if has_gateway:
            before = running_gateway(config, [local_address(address)], log)
            gateway = opened.enter_context(before)
            _drain_first(gateway, supervisor)
        if not supervisor.run():
            raise typer.Exit(FAULTY)
        if gateway is not None:
            gateway.check()


@dataclass(frozen=True, slots=True)
class Plans:
    """Reads what the operator wants of the workers; what cannot change while they run is logged."""

    path: Path
    first: Config
    override: Override
    log: Logger

    def read(self) -> Plan:
        """Returns what the file says now; raises `ConfigError` where it has faults."""
        file = ConfigFile.read(self.path)
        config = self.override(file.parsed())
        fixed = {
            "server.listen": config.server.listen == self.first.server.listen,
            "server.metrics": config.server.metrics == self.first.server.metrics,
            "gateway": config.gateway == self.first.gateway,
        }
        if waiting := [word for word, is_same in fixed.items() if not is_same]:
            self.log.warning("reload.waits", words=waiting)
        return Plan(file, config.server.worker_count, config.server.memory_ceiling)


def _drain_first(gateway: Gateway, supervisor: Supervisor) -> None:
    """Has what tells the workers to stop drain the gateway before; that it is given up does too."""
    stops: Told = SimpleQueue()
    on_stop(lambda: stops.put(None))

    def stop() -> NoReturn:
        await_stop(stops, lambda: gateway.is_given_up)
        if gateway.drain(stops):
            supervisor.stop()
        while True:
            supervisor.stop()
            stops.get()

    threading.Thread(target=stop, daemon=True).start()
