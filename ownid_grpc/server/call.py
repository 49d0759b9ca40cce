"""Gives servicers the call that they work for, and ends its work when nobody waits any more."""

from concurrent.futures import Executor
from contextvars import ContextVar
from dataclasses import dataclass, field

import grpc

from ownid_grpc.domain.call import Call
from ownid_grpc.domain.session import Session
from ownid_grpc.server.auditing import CallAudit
from ownid_grpc.telemetry.traces import Trace

_invocation: ContextVar["Invocation"] = ContextVar("invocation")


@dataclass(slots=True)
class Invocation:
    """One call as the interceptor sees it: who makes it, and whether it has been answered."""

    caller: str
    cancellations: Executor = field(repr=False)
    audit: CallAudit | None = field(default=None, repr=False)
    is_answered: bool = False
    session: Session | None = field(default=None, repr=False)
    call: Call | None = field(default=None, repr=False)
    trace: Trace | None = field(default=None, repr=False)

    def begin(self) -> None:
        """Makes this the invocation that `call_of` speaks of, in the work of this call only."""
        # grpcio runs the handler and the stream of each call in a context of its own.
        _invocation.set(self)


def session_of() -> Session:
    """Returns the session by which the call was let in."""
    session = _invocation.get().session
    assert session is not None  # noqa: S101 - the gate lets nobody else in to these methods
    return session


def audit_of() -> CallAudit | None:
    """Returns what is to be told of what the call writes; None where nobody wants to know."""
    return _invocation.get().audit


def call_of(context: grpc.ServicerContext) -> Call:
    """Returns the call for the layers below, cancelled once the caller or its time is gone."""
    invocation = _invocation.get()
    trace = invocation.trace
    call = invocation.call = Call(
        invocation.caller,
        is_audited=invocation.audit is not None,
        steps=None if trace is None else trace.step,
    )

    def end() -> None:
        # This runs on the one thread that all calls come through, and stopping a query may mean
        # to connect to its database: so that must happen elsewhere.
        if not invocation.is_answered:
            invocation.cancellations.submit(call.cancel)

    if not context.add_callback(end):
        call.cancel()
    return call
