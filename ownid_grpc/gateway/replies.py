"""What the gateway answers by itself, in the form in which the service says errors."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field

from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToJson
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from ownid_grpc.config.gateway import Gateway
from ownid_grpc.gateway.extensions import Json, headers
from ownid_grpc.gateway.reference import DOCUMENT_PATH, PAGE_PATH, page_is_installed

_DOMAIN = "ownid"
_RETRY_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Reply:
    """What a status of HTTP that is the gateway's own stands for."""

    http: int
    code: int
    message: str
    reason: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    is_transient: bool = False

    def status(self) -> Status:
        """Returns it with its details; what the servers' state is has no reason."""
        status = Status(code=self.code, message=self.message)
        if self.reason:
            info = ErrorInfo(reason=self.reason, domain=_DOMAIN, metadata=self.metadata)
            _add(status, info)
        if self.is_transient:
            _add(status, RetryInfo(retry_delay=Duration(seconds=_RETRY_SECONDS)))
        return status


def local_replies(words: Gateway, max_request_bytes: int) -> Json:
    """Returns how the gateway words its own errors: JSON, or gRPC where that is spoken.

    Nothing of what Envoy itself would say gets out: it speaks of sockets, and
    quotes the request.
    """
    replies = (*_BAD_REQUESTS, *_over_limits(words, max_request_bytes), *_FAILURES, _OTHER)
    mappers = [mapper for reply in replies for mapper in (_as_json(reply), _as_grpc(reply))]
    missing = [] if page_is_installed() or not words.reference else [_missing_page()]
    return {"mappers": [*missing, *mappers]}


def _missing_page() -> Json:
    path: Json = {"name": ":path", "string_match": {"prefix": PAGE_PATH}}
    mapper = _as_json(_NO_PAGE)
    return mapper | {"filter": _and(_filter(_NO_PAGE, is_grpc=False), _has_header(path))}


_NO_PAGE = Reply(
    404,
    Code.NOT_FOUND,
    f"The reference page is not installed: `make setup` fetches it. {DOCUMENT_PATH} is there.",
)


_OTHER = Reply(400, Code.INVALID_ARGUMENT, "The gateway does not take such a request.")


_BAD_REQUESTS = (
    Reply(
        400,
        Code.INVALID_ARGUMENT,
        "The path, the query or the JSON does not fit the method; its fields are in the contract.",
        "ARGUMENT_INVALID",
    ),
    Reply(404, Code.NOT_FOUND, "There is no such method.", "METHOD_UNIMPLEMENTED"),
    Reply(
        405,
        Code.UNIMPLEMENTED,
        "The path has no such verb; the header `allow` names those it has.",
        "METHOD_UNIMPLEMENTED",
    ),
    Reply(408, Code.DEADLINE_EXCEEDED, "The request did not arrive in time."),
    Reply(415, Code.INVALID_ARGUMENT, "Connect is spoken here in protobuf alone."),
    Reply(431, Code.RESOURCE_EXHAUSTED, "The headers are larger than the gateway takes."),
)
_NOT_SERVED = tuple(
    Reply(http, Code.UNAVAILABLE, "No server takes the call now; try again.", is_transient=True)
    for http in (502, 503)
)
_FAILURES = (
    Reply(500, Code.INTERNAL, "The gateway cannot pass on what the server has answered."),
    Reply(501, Code.UNIMPLEMENTED, "There is no such method.", "METHOD_UNIMPLEMENTED"),
    *_NOT_SERVED,
    Reply(504, Code.DEADLINE_EXCEEDED, "The call took longer than it may."),
)


def _over_limits(words: Gateway, max_request_bytes: int) -> tuple[Reply, Reply]:
    size = {"limit": "request_bytes", "maximum": str(max_request_bytes)}
    rate = {"limit": "requests_per_second", "maximum": str(words.requests_per_second)}
    return (
        Reply(
            413,
            Code.RESOURCE_EXHAUSTED,
            "The request is larger than the gateway takes.",
            "LIMIT_EXCEEDED",
            size,
        ),
        Reply(
            429,
            Code.RESOURCE_EXHAUSTED,
            "More requests come than the gateway takes; try again.",
            "LIMIT_EXCEEDED",
            rate,
            is_transient=True,
        ),
    )


def _add(status: Status, detail: ErrorInfo | RetryInfo) -> None:
    packed = Any()
    packed.Pack(detail)
    status.details.append(packed)


def _as_json(reply: Reply) -> Json:
    body = MessageToJson(reply.status(), indent=None, preserving_proto_field_name=True)
    return {
        "filter": _filter(reply, is_grpc=False),
        "body_format_override": _text(body, "application/json"),
    }


def _as_grpc(reply: Reply) -> Json:
    """Returns the same as metadata, of which gRPC-Web and Connect make their own in turn."""
    details = base64.b64encode(reply.status().SerializeToString()).decode()
    said = {
        "grpc-status": str(reply.code),
        "grpc-message": reply.message,
        "grpc-status-details-bin": details,
    }
    return {
        "filter": _filter(reply, is_grpc=True),
        "status_code": 200,
        "headers_to_add": headers(said, "OVERWRITE_IF_EXISTS_OR_ADD"),
        "body_format_override": _text("", "application/grpc"),
    }


def _text(text: str, content_type: str) -> Json:
    source = {"inline_string": text.replace("%", "%%")}
    return {"text_format_source": source, "content_type": content_type}


def _filter(reply: Reply, *, is_grpc: bool) -> Json:
    comparison = {
        "op": "GE" if reply is _OTHER else "EQ",
        "value": {"default_value": reply.http, "runtime_key": "ownid.replies"},
    }
    speaks = _and(_SPEAKS_GRPC, _IS_NOT_TRANSCODED) if is_grpc else _or(_SPEAKS_JSON, _TRANSCODED)
    return _and({"status_code_filter": {"comparison": comparison}}, speaks)


def _and(*filters: Json) -> Json:
    return {"and_filter": {"filters": list(filters)}}


def _or(*filters: Json) -> Json:
    return {"or_filter": {"filters": list(filters)}}


def _has_header(header: Json, *, is_inverted: bool = False) -> Json:
    return {"header_filter": {"header": header | {"invert_match": is_inverted}}}


_GRPC: Json = {
    "name": "content-type",
    "string_match": {"prefix": "application/grpc"},
    "treat_missing_header_as_empty": True,
}
# What the transcoder has made gRPC of is still answered in JSON.
_ORIGINAL: Json = {"name": "x-envoy-original-path", "present_match": True}

_SPEAKS_GRPC = _has_header(_GRPC)
_SPEAKS_JSON = _has_header(_GRPC, is_inverted=True)
_TRANSCODED = _has_header(_ORIGINAL)
_IS_NOT_TRANSCODED = _has_header(_ORIGINAL, is_inverted=True)
