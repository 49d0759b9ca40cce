"""What every request goes through: refused, measured, and turned into gRPC."""

import base64
from collections.abc import Iterator

from ownid_grpc.config.gateway import Gateway
from ownid_grpc.gateway.contract import descriptor_set, methods, service_names
from ownid_grpc.gateway.extensions import Json, extension, headers, percent, typed
from ownid_grpc.gateway.upstream import CLUSTER

BUFFER = "buffer"
CORS = "cors"
_METADATA = "metadata"
_REFUSAL = "refusal"
_TRANSCODER = "transcoder"
_LIVE_TRANSCODER = "live_transcoder"

HEALTH_PATH = "/healthz"

_MAX_RESPONSE_BYTES = 256 * 1024**2
_LINE_STREAMS = [each.path for each in methods() if each.gives_stream and not each.is_live]
_GZIP_FROM_BYTES = 512


def http_filters(words: Gateway, max_request_bytes: int) -> list[Json]:
    """Returns the filters in their order; what the server answers goes through them backwards."""
    return [
        _health(),
        _line_stream(),
        extension(_METADATA, f"{_MUTATION}.HeaderMutation", mutations=_without(_NO_METADATA)),
        extension(CORS, "filters.http.cors.v3.Cors"),
        _compressor(),
        extension("grpc_web", "filters.http.grpc_web.v3.GrpcWeb"),
        extension("connect", "filters.http.connect_grpc_bridge.v3.FilterConfig"),
        # Behind those two: a page gets the refusal in the protocol that it speaks.
        *_rate_limit(words),
        extension(_REFUSAL, _FAULT),
        extension(BUFFER, "filters.http.buffer.v3.Buffer", max_request_bytes=max_request_bytes),
        _transcoder(_TRANSCODER, max_request_bytes),
        _transcoder(_LIVE_TRANSCODER, max_request_bytes, is_live=True) | {"disabled": True},
        extension("router", "filters.http.router.v3.Router", suppress_envoy_headers=True),
    ]


def rest_headers() -> Json:
    """Returns what has a route take nothing of a request's headers for words of gRPC."""
    mutations = _without(_WORDS_OF_GRPC)
    return {_METADATA: typed(f"{_MUTATION}.HeaderMutationPerRoute", mutations=mutations)}


def refused(status: int) -> Json:
    """Returns what has a route answer with a status of the gateway's own.

    Unlike a direct response of Envoy's it has CORS headers, and waits for no body.
    """
    share = {"numerator": 100, "denominator": "HUNDRED"}
    return {_REFUSAL: typed(_FAULT, abort={"http_status": status, "percentage": share})}


_FAULT = "filters.http.fault.v3.HTTPFault"


def _without(names: str) -> Json:
    matcher = {"key_matcher": {"safe_regex": {"regex": names}}}
    return {"request_mutations": [{"remove_on_match": matcher}]}


_MUTATION = "filters.http.header_mutation.v3"

# A server answers what it cannot read as metadata as if the fault were its own.
_NO_METADATA = "[^:].*[^0-9a-z_.-].*|[^:0-9a-z_.-].*"
_WORDS_OF_GRPC = "grpc-(accept-)?encoding|.*-bin"


def live_events() -> Json:
    """Returns what has a route make server-sent events of a stream."""
    return untranscoded() | {_LIVE_TRANSCODER: {"@type": _OF_ROUTE, "config": {}}}


def untranscoded() -> Json:
    """Returns what has a route take requests as they are, and be none of the contract's."""
    return {_TRANSCODER: {"@type": _OF_ROUTE, "disabled": True}}


_OF_ROUTE = "type.googleapis.com/envoy.config.route.v3.FilterConfig"


def _transcoder(name: str, max_request_bytes: int, *, is_live: bool = False) -> Json:
    return extension(
        name,
        "filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder",
        proto_descriptor_bin=base64.b64encode(descriptor_set()).decode(),
        services=service_names(),
        convert_grpc_status=True,
        # As forms and URLSearchParams write spaces.
        query_param_unescape_plus=True,
        print_options={
            "preserve_proto_field_names": True,
            "stream_newline_delimited": True,
            "stream_sse_style_delimited": is_live,
        },
        request_validation_options={
            "reject_unknown_method": True,
            "reject_unknown_query_parameters": True,
            "reject_binding_body_field_collisions": True,
        },
        max_request_body_size=max_request_bytes,
        max_response_body_size=_MAX_RESPONSE_BYTES,
    )


def _health() -> Json:
    """Returns what tells a balancer before the gateway whether to send anything here."""
    return extension(
        "health",
        "filters.http.health_check.v3.HealthCheck",
        pass_through_mode=False,
        headers=[{"name": ":path", "string_match": {"exact": HEALTH_PATH}}],
        cluster_min_healthy_percentages={CLUSTER: {"value": 1}},
    )


def _line_stream() -> Json:
    """Returns what calls by its name the JSON lines that the transcoder makes of a stream."""
    is_lines = (
        "response.headers[':status'] == '200'"
        " && response.headers['content-type'] == 'application/json'"
        f" && request.path in {_LINE_STREAMS}"
    )
    kind = f"{is_lines} ? 'application/x-ndjson' : response.headers['content-type']"
    (header,) = headers({"content-type": f"%CEL({kind})%"}, "OVERWRITE_IF_EXISTS")
    return extension(
        "lines",
        f"{_MUTATION}.HeaderMutation",
        mutations={"response_mutations": [{"append": header}]},
    )


def _rate_limit(words: Gateway) -> Iterator[Json]:
    if words.requests_per_second is None:
        return
    count = words.requests_per_second
    yield extension(
        "rate_limit",
        "filters.http.local_ratelimit.v3.LocalRateLimit",
        stat_prefix="rate_limit",
        token_bucket={"max_tokens": count, "tokens_per_fill": count, "fill_interval": "1s"},
        filter_enabled=percent(100),
        filter_enforced=percent(100),
        rate_limited_as_resource_exhausted=True,
    )


def _compressor() -> Json:
    """Returns what compresses JSON; events must not wait in a compressor, gRPC does it itself."""
    direction = {
        "common_config": {
            "min_content_length": _GZIP_FROM_BYTES,
        },
        "remove_accept_encoding_header": True,
    }
    return extension(
        "compressor",
        "filters.http.compressor.v3.Compressor",
        compressor_library=extension("gzip", "compression.gzip.compressor.v3.Gzip"),
        response_direction_config=direction,
    )
