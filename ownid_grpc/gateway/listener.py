"""Where the gateway listens, and what it holds each connection to."""

from collections.abc import Mapping
from pathlib import Path

from ownid_grpc.config.gateway import Gateway, GatewayTls
from ownid_grpc.config.sessions import SessionSettings
from ownid_grpc.gateway.access_log import access_log
from ownid_grpc.gateway.certificates import SECRET, certificate_files
from ownid_grpc.gateway.extensions import Json, extension, seconds, socket_address, typed
from ownid_grpc.gateway.filters import http_filters
from ownid_grpc.gateway.replies import local_replies
from ownid_grpc.gateway.request_id import request_ids
from ownid_grpc.gateway.routes import route_config

LISTENER = "ownid"

_BUFFER_BYTES = 256 * 1024
_HEADER_KILOBYTES = 60
_HEADERS_SECONDS = 10
# Longer than the minute after which most balancers give theirs up: who closes a connection while
# the other end sends a request has lost it.
_UNUSED_SECONDS = 75
_HANDSHAKE_SECONDS = 10


def listener(
    words: Gateway,
    apps: Mapping[str, SessionSettings],
    max_request_bytes: int,
    certificate: Path | None,
) -> Json:
    """Returns the one port for REST, gRPC, gRPC-Web and Connect.

    `certificate` is the file that has Envoy read each new certificate, where
    there is one.
    """
    manager = {"name": "http", "typed_config": _manager(words, apps, max_request_bytes)}
    chain: Json = {"filters": [manager]}
    if words.tls is not None:
        chain["transport_socket"] = _tls(words.tls, certificate)
        chain["transport_socket_connect_timeout"] = seconds(_HANDSHAKE_SECONDS)
    return {
        "name": LISTENER,
        "address": socket_address(words.listen),
        # Shared ports would let in beside a stranger who has this one already.
        "enable_reuse_port": False,
        "per_connection_buffer_limit_bytes": _BUFFER_BYTES,
        "filter_chains": [chain],
    }


def _manager(words: Gateway, apps: Mapping[str, SessionSettings], max_request_bytes: int) -> Json:
    manager = typed(
        "filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix="ownid",
        route_config=route_config(words, apps),
        http_filters=http_filters(words, max_request_bytes),
        local_reply_config=local_replies(words, max_request_bytes),
        **_limits(words),
        **_IDENTITY,
        **_PATHS,
    )
    if words.access_log:
        manager["access_log"] = access_log()
    return manager


def _limits(words: Gateway) -> Json:
    return {
        "max_request_headers_kb": _HEADER_KILOBYTES,
        "request_headers_timeout": seconds(_HEADERS_SECONDS),
        # Until the answer begins: a server answers to an import before its first record.
        "request_timeout": seconds(words.timeout_seconds),
        "stream_idle_timeout": seconds(words.idle_seconds),
        "common_http_protocol_options": {
            "idle_timeout": seconds(_UNUSED_SECONDS),
            "headers_with_underscores_action": "REJECT_REQUEST",
        },
        "http2_protocol_options": _HTTP2,
    }


_HTTP2: Json = {
    "max_concurrent_streams": 1000,
    "initial_stream_window_size": 256 * 1024,
    "initial_connection_window_size": 1024**2,
    "connection_keepalive": {"interval": "60s", "timeout": "20s"},
}

_IDENTITY: Json = {
    # Whoever is connected is the client: no header that it sends says otherwise.
    "use_remote_address": True,
    **request_ids(),
    "server_header_transformation": "PASS_THROUGH",
}

_PATHS: Json = {
    "normalize_path": True,
    "path_with_escaped_slashes_action": "REJECT_REQUEST",
}


def _tls(words: GatewayTls, certificate: Path | None) -> Json:
    common = {
        "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
        "alpn_protocols": ["h2", "http/1.1"],
        **(_read_once(words) if certificate is None else _renewed(certificate)),
    }
    return extension(
        "tls",
        "transport_sockets.tls.v3.DownstreamTlsContext",
        common_tls_context=common,
    )


def _read_once(words: GatewayTls) -> Json:
    return {"tls_certificates": [certificate_files(words)]}


def _renewed(certificate: Path) -> Json:
    source = {"path_config_source": {"path": str(certificate)}, "resource_api_version": "V3"}
    return {"tls_certificate_sds_secret_configs": [{"name": SECRET, "sds_config": source}]}
