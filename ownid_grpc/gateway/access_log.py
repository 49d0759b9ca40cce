"""The gateway's own line for each request: nothing in it says who asked, or about whom."""

from ownid_grpc.gateway.contract import methods
from ownid_grpc.gateway.extensions import Json, extension

_FIELDS: Json = {
    "event": "gateway.request",
    "timestamp": "%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%",
    "request_id": "%RESP(X-REQUEST-ID)%",
    "status": "%RESPONSE_CODE%",
    "grpc_status": "%GRPC_STATUS%",
    "flags": "%RESPONSE_FLAGS%",
    "milliseconds": "%DURATION%",
    "bytes_in": "%BYTES_RECEIVED%",
    "bytes_out": "%BYTES_SENT%",
    "protocol": "%PROTOCOL%",
    "server": "%UPSTREAM_HOST%",
}

_PROBES = (
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/Watch",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
)
# Each by itself: what only looks like a method may be anything.
_METHODS = (*(each.path for each in methods()), *_PROBES)


def access_log() -> list[Json]:
    """Returns a log that has the method of a call, and another for what became none.

    A path of REST names an account, and a query may hold an address: by the
    time of the log the transcoder has made a method of what it could.
    """
    method = _FIELDS | {"method": "%REQ(:PATH)%"}
    return [_lines(method, is_method=True), _lines(_FIELDS, is_method=False)]


def _lines(fields: Json, *, is_method: bool) -> Json:
    paths = [_path(each, is_inverted=not is_method) for each in _METHODS]
    log = extension(
        "lines",
        "access_loggers.stream.v3.StderrAccessLog",
        log_format={"json_format": fields},
    )
    return log | {"filter": {"or_filter" if is_method else "and_filter": {"filters": paths}}}


def _path(path: str, *, is_inverted: bool) -> Json:
    header = {"name": ":path", "string_match": {"exact": path}, "invert_match": is_inverted}
    return {"header_filter": {"header": header}}
