"""What every call goes through: its id, its credential, its slot, its errors and its log line."""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, TypeAlias

import grpc
from google.protobuf.message import Message

from ownid_grpc.errors import Reason, Unimplemented
from ownid_grpc.server.access import CallerKind, MethodAccess
from ownid_grpc.server.credentials import Principal
from ownid_grpc.server.gate import Gate
from ownid_grpc.server.passage import Passage
from ownid_grpc.server.patience import Patience
from ownid_grpc.server.requests import Requests
from ownid_grpc.server.slots import CallSlots
from ownid_grpc.telemetry.telemetry import Telemetry

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Continuation: TypeAlias = "Callable[[grpc.HandlerCallDetails], Handler | None]"

_REQUEST_SECONDS = 30.0
_REQUEST_SECONDS_OF_ANYBODY = 1.0
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What methods are called in.

    `access` has the methods of the contract. `probes` are services of gRPC's
    own, health and reflection, and the few threads that each has to itself;
    those in `public` are for the methods that are not for admin callers: so
    that nobody keeps those from their answers without so much as a credential.
    The slots of either see to it that no app does.
    """

    access: Mapping[str, MethodAccess]
    probes: Mapping[str, ThreadPoolExecutor]
    public: ThreadPoolExecutor
    gate: Gate
    slots: CallSlots
    public_slots: CallSlots
    patience: Patience
    cancellations: Executor
    max_message_bytes: int
    telemetry: Telemetry


class CallInterceptor(grpc.ServerInterceptor):
    """Wraps each method once; what is neither in the contract nor a probe is not served."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._wrapped: dict[str, Handler] = {}
        self._last_arrival = 0.0

    def idle_seconds(self) -> float:
        """Returns how long ago the last call came that was no probe."""
        return time.monotonic() - self._last_arrival

    def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        """Returns the method's handler with everything around it."""
        path = handler_call_details.method
        if path in self._surroundings.access:
            self._last_arrival = time.monotonic()
        if path not in self._wrapped:
            handler = continuation(handler_call_details)
            access = self._access_of(path)
            if handler is None or access is None:
                return _unknown(path, self._surroundings)
            self._wrapped[path] = _wrapped(handler, access, self._surroundings)
        return self._wrapped[path]

    def _access_of(self, path: str) -> MethodAccess | None:
        if _service_of(path) in self._surroundings.probes:
            return MethodAccess(path, CallerKind.ANONYMOUS)
        return self._surroundings.access.get(path)


@dataclass(frozen=True, slots=True)
class _Method:
    """One method in its surroundings: how requests get to its behavior, and answers back."""

    access: MethodAccess
    surroundings: Surroundings
    behavior: Callable[..., Any]
    parse: Callable[[bytes], Message]
    serialize: Callable[[Any], bytes]
    takes_stream: bool

    @property
    def is_probe(self) -> bool:
        """Whether the method is none of the contract's."""
        return self.access.path not in self.surroundings.access

    @property
    def threads(self) -> ThreadPoolExecutor | None:
        """The threads that the method is served by, None for those of admin callers."""
        if self.is_probe:
            return self.surroundings.probes[_service_of(self.access.path)]
        return None if self.access.kind is CallerKind.ADMIN else self.surroundings.public

    def enter(self, context: grpc.ServicerContext) -> Passage:
        """Takes a call in."""
        telemetry = self.surroundings.telemetry
        return Passage.enter(self.access, context, telemetry, is_probe=self.is_probe)

    def admit(self, passage: Passage) -> Principal | None:
        """Returns who calls; raises what keeps the call out."""
        principal = self.surroundings.gate.admit(self.access, passage.metadata)
        passage.identify(principal, self.surroundings.cancellations)
        if principal is not None:
            self.surroundings.gate.rates.count_caller(principal.caller)
        return principal

    @property
    def slots(self) -> CallSlots:
        """The slots of the threads that the method is served by."""
        surroundings = self.surroundings
        is_for_admins = self.access.kind is CallerKind.ADMIN
        return surroundings.slots if is_for_admins else surroundings.public_slots

    def stream_slot(self, app: str) -> AbstractContextManager[None]:
        """Returns what a stream holds; probes need nothing."""
        return nullcontext() if self.is_probe else self.slots.stream(app)

    def argument(
        self, passage: Passage, principal: Principal | None, contents: Iterator[bytes]
    ) -> Message | Iterator[Message]:
        """Returns what the behavior is called with; raises what keeps the call out."""
        requests = Requests(contents, self.parse, self.surroundings.max_message_bytes)
        is_known = principal is not None
        seconds = _REQUEST_SECONDS if is_known else _REQUEST_SECONDS_OF_ANYBODY
        with self.surroundings.patience.waiting(passage.context, seconds):
            first = requests.first()
        admission = self.surroundings.gate.authorize(
            self.access, principal, passage.metadata, first
        )
        passage.enter_app(admission, first)
        if admission.session is not None:
            self.surroundings.gate.rates.count_account(admission.session)
        return chain((first,), requests.rest()) if self.takes_stream else first


@dataclass(frozen=True, slots=True)
class _Answering:
    """The behavior of a method that answers once.

    It takes a stream even of the one request there is: grpcio would wait for
    that before anything else, and hold a thread for whoever never sends it.
    """

    method: _Method
    experimental_thread_pool: ThreadPoolExecutor | None

    def __call__(self, contents: Iterator[bytes], context: grpc.ServicerContext) -> bytes:
        passage = self.method.enter(context)
        try:
            principal = self.method.admit(passage)
            argument = self.method.argument(passage, principal, contents)
            with self.method.slots.call(passage.app):
                content = self.method.serialize(self.method.behavior(argument, context))
        except Exception as error:  # noqa: BLE001 - the border at which errors become statuses
            passage.fail(error)
        passage.succeed()
        return content


@dataclass(frozen=True, slots=True)
class _Streaming:
    """The behavior of a method that answers with a stream."""

    method: _Method
    experimental_thread_pool: ThreadPoolExecutor | None

    def __call__(self, contents: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        passage = self.method.enter(context)
        try:
            principal = self.method.admit(passage)
            argument = self.method.argument(passage, principal, contents)
            with self.method.stream_slot(passage.app):
                if self.method.takes_stream:
                    # A proxy sees that the call is under way, however late what follows comes.
                    context.send_initial_metadata(())
                for answer in self.method.behavior(argument, context):
                    yield self.method.serialize(answer)
        except GeneratorExit:
            passage.abandon()
            raise
        except Exception as error:  # noqa: BLE001 - the border at which errors become statuses
            passage.fail(error)
        passage.succeed()


@dataclass(frozen=True, slots=True)
class _Watching:
    """The behavior of a method that sends from a thread of its own while its caller listens."""

    method: _Method
    experimental_thread_pool: ThreadPoolExecutor | None
    experimental_non_blocking: bool = True

    def __call__(
        self,
        contents: Iterator[bytes],
        context: grpc.ServicerContext,
        send_response_callback: Callable[[Any], None],
    ) -> None:
        passage = self.method.enter(context)
        try:
            argument = self.method.argument(passage, self.method.admit(passage), contents)
            send = self._noting_the_end(passage, send_response_callback)
            with self.method.slots.call(passage.app):
                self.method.behavior(argument, context, send)
            if not context.add_callback(partial(copy_context().run, passage.let_go)):
                passage.let_go()
        except Exception as error:  # noqa: BLE001 - the border at which errors become statuses
            passage.fail(error)

    @staticmethod
    def _noting_the_end(
        passage: Passage, send: Callable[[Any], None]
    ) -> Callable[[Message | None], None]:
        # What is logged from another thread is to have the call's id all the same.
        surroundings = copy_context()

        def send_and_note(answer: Message | None) -> None:
            if answer is None:
                surroundings.run(passage.finish)
            send(answer)

        return send_and_note


def _wrapped(handler: Handler, access: MethodAccess, surroundings: Surroundings) -> Handler:
    behavior: Any = (
        handler.unary_unary or handler.unary_stream or handler.stream_unary or handler.stream_stream
    )
    parse: Any = handler.request_deserializer
    serialize: Any = handler.response_serializer
    takes_stream = handler.request_streaming
    method = _Method(access, surroundings, behavior, parse, serialize, takes_stream)
    if getattr(behavior, "experimental_non_blocking", False):
        watching: Any = _Watching(method, method.threads)
        return grpc.stream_stream_rpc_method_handler(watching, response_serializer=serialize)
    if handler.response_streaming:
        return grpc.stream_stream_rpc_method_handler(_Streaming(method, method.threads))
    return grpc.stream_unary_rpc_method_handler(_Answering(method, method.threads))


# Anybody can send any path, a person's address in it: the log has none of it.
_NO_METHOD = MethodAccess("unknown", CallerKind.ANONYMOUS)


def _unknown(path: str, surroundings: Surroundings) -> Handler:
    def refuse(_: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        Passage.enter(_NO_METHOD, context, surroundings.telemetry).fail(_unimplemented(path))

    return grpc.stream_stream_rpc_method_handler(refuse)


def _unimplemented(path: str) -> Unimplemented:
    method = path.rpartition("/")[2][:_LONGEST_NAME]
    return Unimplemented(
        Reason.METHOD_UNIMPLEMENTED,
        f"This version of the service does not have {method}.",
        {"method": method},
    )


def _service_of(path: str) -> str:
    return path[1:].rpartition("/")[0]
