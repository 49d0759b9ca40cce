"""The exceptions that a caller may see; knows no grpc.

OwnIdError
├── InvalidArgument      bad input, a violation for each fault
├── NotFound             no such resource
├── AlreadyExists        a unique value is taken
├── Aborted              an etag or a concurrent change got in the way
├── FailedPrecondition   the state of the system forbids it
├── ResourceExhausted    a limit of ours
├── Unauthenticated      no credential, or a bad one
├── PermissionDenied     a good credential that is not enough
├── Unavailable          the database is down: worth a retry
├── DeadlineExceeded     the time given ran out
├── Cancelled            the caller went away
├── Unimplemented        this server or repository cannot do it
└── Internal             a fault of ours
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum


class Reason(StrEnum):
    """The value of `ErrorInfo.reason`; `error_reason.proto` says each in full."""

    PROFILE_INVALID = "PROFILE_INVALID"
    ACCOUNT_SCHEMA_INVALID = "ACCOUNT_SCHEMA_INVALID"
    FILTER_INVALID = "FILTER_INVALID"
    ORDER_BY_INVALID = "ORDER_BY_INVALID"
    FIELD_MASK_INVALID = "FIELD_MASK_INVALID"
    NAME_INVALID = "NAME_INVALID"
    PAGE_TOKEN_INVALID = "PAGE_TOKEN_INVALID"
    ARGUMENT_INVALID = "ARGUMENT_INVALID"
    REQUEST_ID_REUSED = "REQUEST_ID_REUSED"
    VALUE_TAKEN = "VALUE_TAKEN"
    APP_NOT_FOUND = "APP_NOT_FOUND"
    ACCOUNT_NOT_FOUND = "ACCOUNT_NOT_FOUND"
    ACCOUNT_SCHEMA_REVISION_NOT_FOUND = "ACCOUNT_SCHEMA_REVISION_NOT_FOUND"
    SESSION_NOT_FOUND = "SESSION_NOT_FOUND"
    ETAG_MISMATCH = "ETAG_MISMATCH"
    CONCURRENT_CHANGE = "CONCURRENT_CHANGE"
    ACCOUNT_SCHEMA_NOT_SET = "ACCOUNT_SCHEMA_NOT_SET"
    MAPPING_FAULTY = "MAPPING_FAULTY"
    DATABASE_REFUSED = "DATABASE_REFUSED"
    LOGIN_ID_AMBIGUOUS = "LOGIN_ID_AMBIGUOUS"
    INDEX_MISSING = "INDEX_MISSING"
    CAPABILITY_MISSING = "CAPABILITY_MISSING"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    CREDENTIAL_MISSING = "CREDENTIAL_MISSING"
    CREDENTIAL_INVALID = "CREDENTIAL_INVALID"
    CREDENTIAL_EXPIRED = "CREDENTIAL_EXPIRED"
    SCOPE_MISSING = "SCOPE_MISSING"
    APP_NOT_ALLOWED = "APP_NOT_ALLOWED"
    SESSION_ENDED = "SESSION_ENDED"
    TICKET_INVALID = "TICKET_INVALID"
    REFRESH_TOKEN_REUSED = "REFRESH_TOKEN_REUSED"
    ORIGIN_NOT_ALLOWED = "ORIGIN_NOT_ALLOWED"
    ACCOUNT_DISABLED = "ACCOUNT_DISABLED"
    DATABASE_UNAVAILABLE = "DATABASE_UNAVAILABLE"
    DATABASE_TIMEOUT = "DATABASE_TIMEOUT"
    KEYS_UNAVAILABLE = "KEYS_UNAVAILABLE"
    CALL_CANCELLED = "CALL_CANCELLED"
    METHOD_UNIMPLEMENTED = "METHOD_UNIMPLEMENTED"
    INTERNAL_ERROR = "INTERNAL_ERROR"


@dataclass(frozen=True, slots=True)
class Violation:
    """One fault of an input or of a state.

    `field` is a path as the wire names it (`account.profile.email`, `filter`),
    `rule` what was broken (`maxLength`, `unknown`), `description` what is
    wrong and what would be right. Never a value that somebody sent or stored.
    """

    field: str
    rule: str
    description: str


@dataclass
class OwnIdError(Exception):
    """Says what is wrong and what would be right.

    `message` and `metadata` go out to the caller as they are, so they hold no
    value of an account, no secret, SQL, host or driver text.
    """

    reason: Reason
    message: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    violations: Sequence[Violation] = ()

    def __str__(self) -> str:
        return f"{self.reason}: {self.message}"


class InvalidArgument(OwnIdError):
    """The input is wrong whatever the state of the system."""

    @classmethod
    def at(
        cls, reason: Reason, path: str, rule: str, description: str, **metadata: str
    ) -> "InvalidArgument":
        """Returns the error of one field."""
        return cls(reason, description, metadata, (Violation(path, rule, description),))


@dataclass
class NotFound(OwnIdError):
    """No such resource; `resource_type` is as in `google.api.resource`."""

    resource_type: str = ""
    resource_name: str = ""

    __str__ = OwnIdError.__str__


class AlreadyExists(OwnIdError):
    """A unique value is taken; each violation names one property."""


class Aborted(OwnIdError):
    """An etag did not match (metadata `etag` is the current one), or a concurrent change won."""


class FailedPrecondition(OwnIdError):
    """The system is not in a state for it; violations say what stands in the way."""


@dataclass
class ResourceExhausted(OwnIdError):
    """A limit of ours is reached; metadata `limit` and `maximum` name it.

    Trying again after `retry_delay` may work, where there is one.
    """

    retry_delay: timedelta | None = None

    __str__ = OwnIdError.__str__


class Unauthenticated(OwnIdError):
    """No credential, or one that does not hold."""


class PermissionDenied(OwnIdError):
    """The credential does not allow this; metadata `scope` or `app` says what is missing."""


@dataclass
class Unavailable(OwnIdError):
    """Something that we need is down; trying again after `retry_delay` may work."""

    retry_delay: timedelta = timedelta(seconds=1)

    __str__ = OwnIdError.__str__


class DeadlineExceeded(OwnIdError):
    """The time given ran out before the work was done."""


class Cancelled(OwnIdError):
    """The caller no longer waits for the answer."""


class Unimplemented(OwnIdError):
    """This server, or this app's repository, cannot do it."""


class Internal(OwnIdError):
    """A fault of ours; the message says nothing but where to look."""
