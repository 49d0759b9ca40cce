"""One call on its way through the server: its id, its end, and its line in the log."""

import time
from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

import grpc
import structlog
from google.protobuf.message import Message

from ownid_grpc.errors import Internal, OwnIdError, Reason
from ownid_grpc.server.access import MethodAccess
from ownid_grpc.server.auditing import CallAudit, is_rehearsal
from ownid_grpc.server.call import Invocation
from ownid_grpc.server.credentials import Principal
from ownid_grpc.server.gate import Admission
from ownid_grpc.server.metadata import REQUEST_ID, CallMetadata, new_id, read_metadata
from ownid_grpc.server.status import STATUS_KEY, code_of, message_of, status_of
from ownid_grpc.telemetry.audit import Deed
from ownid_grpc.telemetry.telemetry import Telemetry
from ownid_grpc.telemetry.traces import Trace


@dataclass(slots=True)
class Passage:
    """A call from its arrival to its answer."""

    access: MethodAccess
    context: grpc.ServicerContext
    metadata: CallMetadata
    telemetry: Telemetry
    is_probe: bool = False
    app: str = ""
    account: str = ""
    trace: Trace | None = None
    invocation: Invocation | None = None
    started: float = field(default_factory=time.perf_counter)

    @classmethod
    def enter(
        cls,
        access: MethodAccess,
        context: grpc.ServicerContext,
        telemetry: Telemetry,
        *,
        is_probe: bool = False,
    ) -> "Passage":
        """Takes a call in and gives it its id, which its caller is told at the end."""
        metadata = read_metadata(context.invocation_metadata())
        if not metadata.authorization:
            metadata = replace(metadata, certificate_names=_names_in_certificate(context))
        structlog.contextvars.bind_contextvars(request_id=metadata.request_id)
        context.set_trailing_metadata(((REQUEST_ID, metadata.request_id),))
        telemetry.meter.call_began(access.path)
        tracer, trace = telemetry.tracer, None
        if tracer is not None and not is_probe:
            trace = tracer.trace(access.path, metadata.traceparent, metadata.request_id)
        return cls(access, context, metadata, telemetry, is_probe, trace=trace)

    def identify(self, principal: Principal | None, cancellations: Executor) -> None:
        """Notes who calls, for the log and for the servicer."""
        caller = "" if principal is None else principal.caller
        self.invocation = Invocation(caller, cancellations, self._audit(caller))
        self.invocation.trace = self.trace
        self.invocation.begin()

    def enter_app(self, admission: Admission, request: Message) -> None:
        """Notes which app and account the call is about, and whose session it is made by."""
        self.app = admission.app
        self.account = admission.account
        if self.invocation is not None:
            self.invocation.session = admission.session
            if is_rehearsal(request):
                self.invocation.audit = None

    def succeed(self) -> None:
        """Ends the call with its answer."""
        self._end(_code_set(self.context) or grpc.StatusCode.OK)

    def abandon(self) -> None:
        """Ends a stream that its caller did not hear to the end."""
        self._end(self._code_of_the_gone() or grpc.StatusCode.CANCELLED)

    def finish(self) -> None:
        """Ends a call that another thread answers, unless its caller has left before."""
        if self.invocation is not None and not self.invocation.is_answered:
            self.succeed()

    def let_go(self) -> None:
        """Ends a call that another thread answers, whose caller has left before the end."""
        if self.invocation is not None and not self.invocation.is_answered:
            self.abandon()

    def fail(self, error: Exception) -> NoReturn:
        """Ends the call with what the caller is to know of the error."""
        gone = self._code_of_the_gone()
        if gone is not None:
            self._end(gone)
            self.context.abort(gone, "")
        known = self._explained(error)
        self._end(code_of(known), known.reason)
        request_id = self.metadata.request_id
        status = status_of(known, request_id, self.app)
        self.context.set_trailing_metadata(
            ((REQUEST_ID, request_id), (STATUS_KEY, status.SerializeToString()))
        )
        self.context.abort(code_of(known), message_of(known))

    def _audit(self, caller: str) -> CallAudit | None:
        log = self.telemetry.audit
        if log is None or not self.access.is_mutation:
            return None
        return CallAudit(log, self.access, self.metadata.request_id, caller)

    def _explained(self, error: Exception) -> OwnIdError:
        if isinstance(error, OwnIdError) and not isinstance(error, Internal):
            return error
        error_id = new_id()
        self.telemetry.log.error(
            "fault", error_id=error_id, method=self.access.path, exc_info=error
        )
        return Internal(
            Reason.INTERNAL_ERROR,
            "A fault of the service; its operator finds it in the log by the error_id.",
            {"error_id": error_id},
        )

    def _code_of_the_gone(self) -> grpc.StatusCode | None:
        """Returns how the call ended where its caller or its time has gone, else None."""
        if self.context.is_active():
            return None
        has_time = self.context.time_remaining() != 0
        return grpc.StatusCode.CANCELLED if has_time else grpc.StatusCode.DEADLINE_EXCEEDED

    def _write_audit(self, invocation: Invocation, code: grpc.StatusCode, reason: str) -> None:
        if invocation.audit is not None:
            deed = Deed(self.access.path, self.app, self.account, (), code.name, reason)
            is_known = bool(invocation.caller) or invocation.session is not None
            invocation.audit.end(deed, invocation.call, is_known=is_known)

    def _end(self, code: grpc.StatusCode, reason: str = "") -> None:
        if self.invocation is not None:
            self.invocation.is_answered = True
            self._write_audit(self.invocation, code, reason)
        seconds = time.perf_counter() - self.started
        method, log = self.access.path, self.telemetry.log
        caller = self.invocation.caller if self.invocation else ""
        about = {"account": self.account} if self.account else {}
        if self.trace is not None:
            about["trace_id"] = self.trace.trace_id
            self.trace.end(code.name, reason, self.app, caller)
        write = log.debug if self.is_probe else log.info
        write(
            "call",
            method=method,
            code=code.name,
            reason=reason,
            milliseconds=round(seconds * 1000, 2),
            caller=caller,
            app=self.app,
            **about,
        )
        self.telemetry.meter.call_ended(method, code.name, reason, self.app, seconds)


def _names_in_certificate(context: grpc.ServicerContext) -> tuple[str, ...]:
    """Returns the subject alternative names (RFC 5280) of the client, none without TLS."""
    found: Any = context.auth_context()  # the stubs take its values for numbers
    names: Iterable[bytes] = found.get("x509_subject_alternative_name", ())
    return tuple(name.decode("utf-8", "replace") for name in names)


def _code_set(context: grpc.ServicerContext) -> grpc.StatusCode | None:
    """Returns the code that a servicer set by itself, as health does for what there is not."""
    code: grpc.StatusCode | None = context.code()  # type: ignore[attr-defined]  # the stubs lack it
    return code
