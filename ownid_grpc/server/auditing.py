"""What the audit log is told of one call: at its end, and of an import for each account too."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from google.protobuf.message import Message

from ownid_grpc.domain.call import Call
from ownid_grpc.domain.names import account_name
from ownid_grpc.server.access import MethodAccess
from ownid_grpc.telemetry.audit import Actor, AuditLog, Deed


@dataclass(frozen=True, slots=True)
class CallAudit:
    """The audit log as one call that writes sees it."""

    log: AuditLog
    access: MethodAccess
    request_id: str
    caller: str

    def record(self, deeds: Iterable[Deed]) -> None:
        """Writes what the call has done so far."""
        actor = Actor(self.access.kind.name.lower(), self.caller)
        self.log.write(actor, self.request_id, deeds)

    def end(self, deed: Deed, call: Call | None, *, is_known: bool) -> None:
        """Writes how the call ended.

        One of nobody known, who got nowhere, is not worth a line: anybody
        could fill the disk with such.
        """
        written = {} if call is None else call.written
        if not (is_known or written or deed.code == "OK"):
            return
        for key, paths in written.items():  # one at most: an import tells of its own before
            deed = replace(deed, account=account_name(deed.app, key), properties=paths)
        self.record([deed])


def is_rehearsal(request: Message) -> bool:
    """Returns whether a request only asks what it would do (`validate_only`)."""
    words = getattr(request, "config", request)
    return bool(getattr(words, "validate_only", False))
