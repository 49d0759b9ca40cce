"""Turns our errors into `google.rpc.Status` with the details that help to mend them."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import (
    BadRequest,
    ErrorInfo,
    PreconditionFailure,
    QuotaFailure,
    RequestInfo,
    ResourceInfo,
    RetryInfo,
)
from google.rpc.status_pb2 import Status

from ownid_grpc.errors import (
    Aborted,
    AlreadyExists,
    Cancelled,
    DeadlineExceeded,
    FailedPrecondition,
    Internal,
    InvalidArgument,
    NotFound,
    OwnIdError,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
    Unavailable,
    Unimplemented,
    Violation,
)

DOMAIN = "ownid"
STATUS_KEY = "grpc-status-details-bin"

MAX_VIOLATIONS = 50
MAX_STATUS_BYTES = 4 * 1024
"""Clients refuse trailers of more than 8 KiB in all, some of them only now and then.

In that the status travels as base64, a third longer, and its message once
more beside it, each byte that is not ASCII as three.
"""

_MAX_TEXT = 400  # in bytes
_RETRY_DELAY = timedelta(seconds=1)

_CODES: dict[type[OwnIdError], grpc.StatusCode] = {
    InvalidArgument: grpc.StatusCode.INVALID_ARGUMENT,
    NotFound: grpc.StatusCode.NOT_FOUND,
    AlreadyExists: grpc.StatusCode.ALREADY_EXISTS,
    Aborted: grpc.StatusCode.ABORTED,
    FailedPrecondition: grpc.StatusCode.FAILED_PRECONDITION,
    ResourceExhausted: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    PermissionDenied: grpc.StatusCode.PERMISSION_DENIED,
    Unavailable: grpc.StatusCode.UNAVAILABLE,
    DeadlineExceeded: grpc.StatusCode.DEADLINE_EXCEEDED,
    Cancelled: grpc.StatusCode.CANCELLED,
    Unimplemented: grpc.StatusCode.UNIMPLEMENTED,
    Internal: grpc.StatusCode.INTERNAL,
}


def code_of(error: OwnIdError) -> grpc.StatusCode:
    """Returns the code that the error goes out with."""
    return next(_CODES[kind] for kind in type(error).__mro__ if kind in _CODES)


def message_of(error: OwnIdError) -> str:
    """Returns the error's message, cut where it would not fit a header."""
    return _cut(error.message)


def status_of(error: OwnIdError, request_id: str = "", app: str = "") -> Status:
    """Returns the error as the wire has it, with as many violations as fit.

    It says which call it was, and which app that was about.
    """
    shown = error.violations[:MAX_VIOLATIONS]
    status = _status(error, shown, request_id, app)
    while len(shown) > 0 and status.ByteSize() > MAX_STATUS_BYTES:
        shown = shown[: len(shown) * 3 // 4]
        status = _status(error, shown, request_id, app)
    return status


def _status(error: OwnIdError, shown: Sequence[Violation], request_id: str, app: str) -> Status:
    status = Status(code=code_of(error).value[0], message=message_of(error))
    omitted = len(error.violations) - len(shown)
    status.details.append(_packed(_error_info(error, omitted, app)))
    status.details.extend(map(_packed, _details(error, shown, app)))
    if request_id:
        status.details.append(_packed(RequestInfo(request_id=request_id)))
    return status


def _details(error: OwnIdError, shown: Sequence[Violation], app: str) -> Iterator[Message]:
    match error:
        case InvalidArgument() | AlreadyExists() if shown:
            yield _bad_request(shown)
        case FailedPrecondition():
            yield _precondition_failure(error, shown, app)
        case NotFound():
            yield ResourceInfo(
                resource_type=error.resource_type,
                resource_name=_cut(error.resource_name),
                description=_cut(error.message),
            )
        case ResourceExhausted():
            yield _quota_failure(error)
    delay = _retry_delay(error)
    if delay is not None:
        yield RetryInfo(retry_delay=_duration(delay))


def _error_info(error: OwnIdError, omitted: int, app: str) -> ErrorInfo:
    metadata = {name: _cut(value) for name, value in error.metadata.items()}
    if app:
        metadata.setdefault("app", app)
    if isinstance(error, NotFound):
        metadata.setdefault("resource_type", error.resource_type)
    if omitted:
        metadata["violations_omitted"] = str(omitted)
    return ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=metadata)


def _bad_request(shown: Sequence[Violation]) -> BadRequest:
    return BadRequest(
        field_violations=[
            BadRequest.FieldViolation(
                field=_cut(violation.field),
                description=_cut(violation.description),
                reason=_reason_of(violation.rule),
            )
            for violation in shown
        ]
    )


def _reason_of(rule: str) -> str:
    """Returns a rule as `FieldViolation.reason` must be written: MAX_LENGTH for maxLength."""
    words = "".join(f"_{letter}" if letter.isupper() else letter for letter in rule)
    return "".join(letter if letter.isalnum() else "_" for letter in words).strip("_").upper()[:63]


def _precondition_failure(
    error: OwnIdError, shown: Sequence[Violation], app: str
) -> PreconditionFailure:
    violations = shown or (Violation(app, error.reason, error.message),)
    return PreconditionFailure(
        violations=[
            PreconditionFailure.Violation(
                type=_cut(violation.rule),
                subject=_cut(violation.field),
                description=_cut(violation.description),
            )
            for violation in violations
        ]
    )


def _quota_failure(error: OwnIdError) -> QuotaFailure:
    limit = _cut(error.metadata.get("limit", error.reason))
    return QuotaFailure(
        violations=[QuotaFailure.Violation(subject=limit, description=_cut(error.message))]
    )


def _retry_delay(error: OwnIdError) -> timedelta | None:
    if isinstance(error, Unavailable | ResourceExhausted):
        return error.retry_delay
    return _RETRY_DELAY if isinstance(error, DeadlineExceeded) else None


def _duration(delay: timedelta) -> Duration:
    duration = Duration()
    duration.FromTimedelta(delay)
    return duration


def _packed(detail: Message) -> Any:
    packed = Any()
    packed.Pack(detail)
    return packed


def _cut(text: str) -> str:
    # Half a surrogate pair, which a name in a stored document may have, fits no message.
    content = text.encode(errors="replace")
    if len(content) <= _MAX_TEXT:
        return content.decode()
    return content[: _MAX_TEXT - 3].decode(errors="ignore") + "…"
