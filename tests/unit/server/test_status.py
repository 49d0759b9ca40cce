"""Our errors as `google.rpc.Status`: which code, which details, and never too large."""

from base64 import b64encode
from datetime import timedelta
from typing import TypeVar
from urllib.parse import quote

import pytest
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
from hypothesis import given
from hypothesis import strategies as st

from ownid_grpc import errors
from ownid_grpc.errors import InvalidArgument, OwnIdError, Reason, Violation
from ownid_grpc.server.status import MAX_STATUS_BYTES, MAX_VIOLATIONS, code_of, status_of

Detail = TypeVar("Detail", bound=Message)

CODES = {
    errors.InvalidArgument: "INVALID_ARGUMENT",
    errors.NotFound: "NOT_FOUND",
    errors.AlreadyExists: "ALREADY_EXISTS",
    errors.Aborted: "ABORTED",
    errors.FailedPrecondition: "FAILED_PRECONDITION",
    errors.ResourceExhausted: "RESOURCE_EXHAUSTED",
    errors.Unauthenticated: "UNAUTHENTICATED",
    errors.PermissionDenied: "PERMISSION_DENIED",
    errors.Unavailable: "UNAVAILABLE",
    errors.DeadlineExceeded: "DEADLINE_EXCEEDED",
    errors.Cancelled: "CANCELLED",
    errors.Unimplemented: "UNIMPLEMENTED",
    errors.Internal: "INTERNAL",
}
LONG_TEXTS = st.builds("".join, st.lists(st.sampled_from(["a" * 500, "ä", "👩", "x" * 90])))
EMAIL = Violation("account.profile.email", "maxLength", "Longer than 120 characters.")


def detail_of(status: Status, kind: type[Detail]) -> Detail | None:
    """Returns the one detail of a kind, None where there is none."""
    message = kind()
    unpacked = [detail.Unpack(message) for detail in status.details]
    assert unpacked.count(True) <= 1
    return message if any(unpacked) else None


def the(status: Status, kind: type[Detail]) -> Detail:
    """Returns the one detail of a kind."""
    detail = detail_of(status, kind)
    assert detail is not None
    return detail


def test_every_error_has_a_code() -> None:
    """Each class of error goes out with the code that the contract gives it."""
    assert set(CODES) == set(OwnIdError.__subclasses__())
    for kind, code in CODES.items():
        assert code_of(kind(Reason.INTERNAL_ERROR, "")).name == code


@pytest.mark.parametrize("kind", CODES)
def test_every_error_has_its_reason(kind: type[OwnIdError]) -> None:
    """Each error says its reason and what varies in it, and which call it was."""
    error = kind(Reason.LIMIT_EXCEEDED, "Too much.", {"limit": "names"})

    status = status_of(error, "call-7")

    info = the(status, ErrorInfo)
    assert (info.reason, info.domain) == ("LIMIT_EXCEEDED", "ownid")
    assert info.metadata["limit"] == "names"
    assert status.message == "Too much."
    assert the(status, RequestInfo).request_id == "call-7"


@pytest.mark.parametrize("kind", [errors.InvalidArgument, errors.AlreadyExists])
def test_violations_of_an_input_name_field_and_rule(kind: type[OwnIdError]) -> None:
    """Each fault of an input is a field violation with its rule."""
    (violation,) = the(
        status_of(kind(Reason.PROFILE_INVALID, "", {}, (EMAIL,))), BadRequest
    ).field_violations

    assert violation.field == "account.profile.email"
    assert violation.reason == "MAX_LENGTH"
    assert violation.description == "Longer than 120 characters."


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("maxLength", "MAX_LENGTH"),
        ("unknown", "UNKNOWN"),
        ("x-ownid-immutable", "X_OWNID_IMMUTABLE"),
        ("foreign_key", "FOREIGN_KEY"),
        ("$ref", "REF"),
    ],
)
def test_rule_is_written_as_a_reason(rule: str, expected: str) -> None:
    """The rule of a violation has the form that the standard asks of a reason."""
    error = InvalidArgument.at(Reason.PROFILE_INVALID, "f", rule, "")

    assert the(status_of(error), BadRequest).field_violations[0].reason == expected


def test_missing_resource_is_named() -> None:
    """NOT_FOUND says what kind of thing is missing, and which."""
    error = errors.NotFound(
        Reason.APP_NOT_FOUND, "No.", resource_type="ownid.com/App", resource_name="apps/x"
    )

    status = status_of(error)

    resource = the(status, ResourceInfo)
    assert (resource.resource_type, resource.resource_name) == ("ownid.com/App", "apps/x")
    assert the(status, ErrorInfo).metadata["resource_type"] == "ownid.com/App"


def test_precondition_always_says_what_stands_in_the_way() -> None:
    """FAILED_PRECONDITION has a violation, made of the error itself where it has none."""
    error = errors.FailedPrecondition(Reason.ACCOUNT_SCHEMA_NOT_SET, "None set.", {"app": "shop"})

    (violation,) = the(status_of(error, app="shop"), PreconditionFailure).violations

    assert (violation.type, violation.subject) == ("ACCOUNT_SCHEMA_NOT_SET", "shop")
    assert violation.description == "None set."


def test_app_of_the_call_is_named() -> None:
    """An error says which app the call was about, whoever raised it."""
    error = errors.Unavailable(Reason.DATABASE_UNAVAILABLE, "Down.")

    assert the(status_of(error, app="shop"), ErrorInfo).metadata["app"] == "shop"
    assert "app" not in the(status_of(error), ErrorInfo).metadata


def test_text_that_is_none_in_utf8_is_mended() -> None:
    """A name with half a surrogate pair, as a stored document may have, breaks no status."""
    violation = Violation("account.profile.\ud800", "type", "No \udfff.")
    error = InvalidArgument(Reason.PROFILE_INVALID, "\ud800", {}, (violation,))

    (shown,) = the(status_of(error), BadRequest).field_violations

    assert (shown.field, shown.description) == ("account.profile.?", "No ?.")


def test_limit_is_named_and_waiting_advised_where_it_helps() -> None:
    """RESOURCE_EXHAUSTED names the limit; it says how long to wait only where waiting helps."""
    error = errors.ResourceExhausted(Reason.LIMIT_EXCEEDED, "Full.", {"limit": "searches"})

    assert the(status_of(error), QuotaFailure).violations[0].subject == "searches"
    assert detail_of(status_of(error), RetryInfo) is None
    error.retry_delay = timedelta(milliseconds=1500)
    assert the(status_of(error), RetryInfo).retry_delay.ToTimedelta() == error.retry_delay


@pytest.mark.parametrize("kind", [errors.Unavailable, errors.DeadlineExceeded])
def test_trying_again_is_advised_when_a_database_is_away(kind: type[OwnIdError]) -> None:
    """What may be over soon says when to try again."""
    status = status_of(kind(Reason.DATABASE_UNAVAILABLE, ""))

    assert the(status, RetryInfo).retry_delay.ToTimedelta() > timedelta(0)


def test_many_violations_are_cut_and_counted() -> None:
    """Of very many faults some are shown, and it is said how many are not."""
    violations = [Violation(f"account.profile.p{number}", "type", "No.") for number in range(500)]

    status = status_of(InvalidArgument(Reason.PROFILE_INVALID, "", {}, violations))

    shown = len(the(status, BadRequest).field_violations)
    assert 0 < shown <= MAX_VIOLATIONS
    assert the(status, ErrorInfo).metadata["violations_omitted"] == str(500 - shown)


@given(
    st.sampled_from(sorted(CODES, key=str)),
    LONG_TEXTS,
    st.lists(st.tuples(LONG_TEXTS, LONG_TEXTS), max_size=200),
    st.dictionaries(st.sampled_from(["app", "limit", "etag"]), LONG_TEXTS),
)
def test_status_always_fits_a_header(
    kind: type[OwnIdError],
    message: str,
    violations: list[tuple[str, str]],
    metadata: dict[str, str],
) -> None:
    """However much an error says, its status stays small enough to be delivered."""
    faults = [Violation(text, text, description) for text, description in violations]

    status = status_of(kind(Reason.PROFILE_INVALID, message, metadata, faults), "call-7")

    assert status.ByteSize() <= MAX_STATUS_BYTES
    on_the_wire = len(b64encode(status.SerializeToString())) + len(quote(status.message))
    assert on_the_wire < 7 * 1024
