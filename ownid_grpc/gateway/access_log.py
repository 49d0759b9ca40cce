"""The gateway's own line for each request: nothing in it says who asked, or about whom."""

from ownid_grpc.gateway.contract import PACKAGE
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

_IS_METHOD: Json = {
    "name": ":path",
    "string_match": {"safe_regex": {"regex": rf"/({PACKAGE}|grpc\.[a-z0-9.]+)\.\w+/\w+"}},
}


def access_log() -> list[Json]:
    """Returns a log that has the method of a call, and another for what became none.

    A path of REST names an account, and a query may hold an address: by the
    time of the log the transcoder has made a method of what it could.
    """
    method = _FIELDS | {"method": "%REQ(:PATH)%"}
    return [_lines(method, is_method=True), _lines(_FIELDS, is_method=False)]


def _lines(fields: Json, *, is_method: bool) -> Json:
    header = _IS_METHOD | {"invert_match": not is_method}
    log = extension(
        "lines",
        "access_loggers.stream.v3.StderrAccessLog",
        log_format={"json_format": fields},
    )
    return log | {"filter": {"header_filter": {"header": header}}}
