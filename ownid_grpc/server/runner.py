"""Runs the gRPC server: its threads and limits, its address, and how it stops."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import grpc
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1.health import SERVICE_NAME as HEALTH
from grpc_reflection.v1alpha import reflection

from ownid_grpc.config import Server as ServerWords
from ownid_grpc.server.access import MethodAccess
from ownid_grpc.server.gate import Gate
from ownid_grpc.server.health import HealthService
from ownid_grpc.server.interceptors import CallInterceptor, Surroundings
from ownid_grpc.server.patience import Patience
from ownid_grpc.server.ports import CannotListen, count_connections, leave_port
from ownid_grpc.server.slots import CallSlots
from ownid_grpc.server.tls import tls_credentials
from ownid_grpc.telemetry.telemetry import Telemetry

AddServicers = Callable[[grpc.Server], None]

_PROBE_THREADS = 16
_READ_BYTES = 32 * 1024**2
_METADATA_BYTES = 64 * 1024
_QUIET_SECONDS = 1.0
_STEP_SECONDS = 0.05
_OLDEST = 1.15
"""How old connections get, as a share of the age that is said: gRPC itself varies it by a tenth."""


class GrpcServer:
    """The services of the contract, health and reflection on one port.

    Where it `is_shared`, other workers listen on the same port; the kernel
    deals connections out, each of which lasts for `connection_seconds`.
    """

    def __init__(
        self,
        words: ServerWords,
        access: Mapping[str, MethodAccess],
        gate: Gate,
        add_servicers: AddServicers,
        telemetry: Telemetry,
        *,
        concurrent_calls: Mapping[str, int],
        is_shared: bool = False,
    ) -> None:
        """Makes a server; `concurrent_calls` bounds how many of each app are under way."""
        self.health = HealthService()
        self._words = words
        self._telemetry = telemetry
        self._concurrent_calls = concurrent_calls
        self._is_hurried = False
        self._port = 0
        self._threads = ExitStack()
        self._interceptor = CallInterceptor(self._surroundings(access, gate))
        self._server = grpc.server(
            self._pool("call", words.threads),
            interceptors=[self._interceptor],
            options=_options(words, is_shared=is_shared),
        )
        add_servicers(self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self.health, self._server)
        if words.reflection:
            services = {path[1:].partition("/")[0] for path in access}
            names = (*sorted(services), HEALTH, reflection.SERVICE_NAME)
            reflection.enable_server_reflection(names, self._server)

    def start(self) -> str:
        """Takes calls, and returns the address where; raises `CannotListen`."""
        host, _, _ = self._words.listen.rpartition(":")
        try:
            self._port = self._bind()
        except (RuntimeError, OSError) as error:
            raise CannotListen(f"Cannot listen on {self._words.listen}.") from error
        self._server.start()
        return f"{host}:{self._port}"

    def leave(self, is_over: Callable[[], bool]) -> None:
        """Leaves the port to other workers; returns once all clients have gone to them.

        Each is sent on, without losing a call, as its connection comes of age.
        That is waited for, or until it `is_over`; long streams may be left then.
        """
        leave_port(self._port)
        end = time.monotonic() + self._words.connection_seconds * _OLDEST
        while time.monotonic() < end and count_connections(self._port) and not is_over():
            time.sleep(_STEP_SECONDS)

    def close_port(self) -> None:
        """Takes no more connections, so that somebody else may have the port."""
        leave_port(self._port)

    def drain(self, let_go: Callable[[], None] = lambda: None) -> None:
        """Stops without losing a call, within `drain_seconds`.

        First says that it is not serving, and serves on until those who look
        at its health have gone elsewhere; then takes no more, and finishes
        what is under way. `let_go` ends what would never end by itself.
        """
        began = time.monotonic()
        end = began + self._words.drain_seconds
        self.health.withdraw()
        self._await_quiet(began, began + self._words.drain_seconds / 2)
        self.health.close()
        let_go()
        stopped = self._server.stop(max(end - time.monotonic(), 0))
        while not stopped.wait(_STEP_SECONDS):
            if self._is_hurried:
                self._server.stop(None)
        self._threads.close()

    def hurry(self) -> None:
        """Ends a drain that is under way, whatever becomes of its calls.

        A signal handler may call this: it takes no lock that it could have
        interrupted.
        """
        self._is_hurried = True

    def _surroundings(self, access: Mapping[str, MethodAccess], gate: Gate) -> Surroundings:
        words = self._words
        patience = Patience()
        self._threads.callback(patience.close)
        probes = {HEALTH: self._pool("health", _PROBE_THREADS)}
        if words.reflection:
            probes[reflection.SERVICE_NAME] = self._pool("reflection", _PROBE_THREADS)
        return Surroundings(
            access,
            probes,
            self._pool("public", words.threads),
            gate,
            self._slots(),
            self._slots(),
            patience,
            # As many as calls: a database that does not even take a cancel keeps nobody else's.
            self._pool("cancel", 2 * words.threads),
            words.max_message_bytes,
            self._telemetry,
        )

    def _slots(self) -> CallSlots:
        words = self._words
        return CallSlots.of(words.threads, words.stream_slots, self._concurrent_calls)

    def _await_quiet(self, began: float, end: float) -> None:
        """Returns once no call has come for a while, which begins only now, or at the end."""
        while (now := time.monotonic()) < end:
            quiet_seconds = min(self._interceptor.idle_seconds(), now - began)
            if quiet_seconds >= _QUIET_SECONDS or self._is_hurried:
                return
            time.sleep(_STEP_SECONDS)

    def _bind(self) -> int:
        if self._words.tls is None:
            return self._server.add_insecure_port(self._words.listen)
        credentials = tls_credentials(self._words.tls, self._telemetry.log)
        return self._server.add_secure_port(self._words.listen, credentials)

    def _pool(self, name: str, threads: int) -> ThreadPoolExecutor:
        pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._threads.callback(pool.shutdown, wait=False, cancel_futures=True)
        return pool


def _options(words: ServerWords, *, is_shared: bool) -> list[tuple[str, int]]:
    return [
        # With one process, a port that is taken is an error rather than shared with a stranger.
        ("grpc.so_reuseport", int(is_shared)),
        *([_age(words)] if is_shared else []),
        # What is too large is refused by us, with a reason, unless it is so by far: grpcio's own
        # refusal has none. Only threads that let a caller in read messages, so this is bounded.
        ("grpc.max_receive_message_length", max(_READ_BYTES, 2 * words.max_message_bytes)),
        ("grpc.max_send_message_length", -1),
        # Between two limits that differ, grpcio refuses at random.
        ("grpc.max_metadata_size", _METADATA_BYTES),
        ("grpc.absolute_max_metadata_size", _METADATA_BYTES),
        ("grpc.max_concurrent_streams", 1000),
        # A peer that is gone without a word is noticed; one that pings all the time is sent away.
        ("grpc.keepalive_time_ms", 60_000),
        ("grpc.keepalive_timeout_ms", 20_000),
        ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
        ("grpc.http2.max_ping_strikes", 3),
    ]


def _age(words: ServerWords) -> tuple[str, int]:
    # The one way by which gRPC sends a client on before its server is shut down; that itself
    # refuses calls which are under way to it.
    return "grpc.max_connection_age_ms", int(words.connection_seconds * 1000)
