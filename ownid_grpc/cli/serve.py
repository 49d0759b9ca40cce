"""`ownid-grpc serve`: runs the service until it is told to stop."""

from typing import Annotated

import typer

from ownid_grpc.cli.operator import DEFAULT_CONFIG, ConfigOption, read_config, stop_on
from ownid_grpc.config import Config, ConfigError
from ownid_grpc.gateway.process import GatewayError
from ownid_grpc.server.ports import CannotListen
from ownid_grpc.telemetry.logs import configure_logs, log_uncaught, new_logger
from ownid_grpc.telemetry.pseudonyms import Pseudonyms


def serve(
    config: ConfigOption = DEFAULT_CONFIG,
    listen: Annotated[
        str | None, typer.Option(help="The address to take calls on, before what the file says.")
    ] = None,
    workers: Annotated[
        str | None,
        typer.Option(help="How many processes, or auto: one a core. Before what the file says."),
    ] = None,
    has_gateway: Annotated[
        bool, typer.Option("--gateway", help="Run Envoy before it: REST, gRPC-Web and Connect.")
    ] = False,
) -> None:
    """Runs the service.

    SIGTERM and Ctrl-C drain it: health says NOT_SERVING, calls under way are
    finished, then it ends. A second one ends it at once. SIGHUP has it take
    what the file says now, without losing a call: several workers all of it,
    a single process the callers.
    """

    def override(words: Config) -> Config:
        words = words if listen is None else words.listening_on(listen)
        return words if workers is None else words.with_workers(workers)

    words = read_config(config)
    try:
        words = override(words)
        configure_logs(pseudonyms=Pseudonyms.of_service(words.secret_bytes()))
        log = new_logger()
        log_uncaught(log)
        if words.server.worker_count > 1:
            from ownid_grpc.cli.supervising import run_workers  # noqa: PLC0415

            run_workers(config, words, override, log, has_gateway=has_gateway)
        else:
            # What serves takes 80 MiB, of which a supervisor needs nothing.
            from ownid_grpc.cli.serving import run_alone  # noqa: PLC0415

            run_alone(config, words, log, has_gateway=has_gateway)
    except (ConfigError, CannotListen, GatewayError) as error:
        raise stop_on(error) from None
