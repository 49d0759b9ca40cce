"""The servers behind the gateway: where they are, how they are, how many calls they get."""

from collections.abc import Sequence
from ipaddress import ip_address

from ownid_grpc.config.gateway import Gateway, UpstreamTls
from ownid_grpc.gateway.extensions import Json, extension, seconds, socket_address, typed

CLUSTER = "ownid"

_CONNECT_SECONDS = 2
_CALLS_PER_CONNECTION = 8
"""How many calls share a connection: the kernel deals connections out to a server's workers."""


def cluster(words: Gateway, upstreams: Sequence[str]) -> Json:
    """Returns the cluster of all servers.

    A server that says NOT_SERVING gets no new call, and keeps those it has.
    Where none is well all get calls: it is they who know what is wrong.
    """
    found: Json = {
        "name": CLUSTER,
        "type": "STRICT_DNS",
        # Envoy would else know a name that has both by its IPv6 addresses alone.
        "dns_lookup_family": "ALL",
        "lb_policy": "LEAST_REQUEST",
        "connect_timeout": seconds(_CONNECT_SECONDS),
        "load_assignment": {"cluster_name": CLUSTER, "endpoints": [_endpoints(upstreams)]},
        "common_lb_config": {
            "healthy_panic_threshold": {"value": 1},
            # Envoy would else collect news of health for a second before it acts on them.
            "update_merge_window": "0s",
        },
        "health_checks": [_health_check(words)],
        "circuit_breakers": {"thresholds": [_threshold(words)]},
        "typed_extension_protocol_options": {_HTTP_OPTIONS: _http_options()},
    }
    if words.upstream_tls is not None:
        found["transport_socket"] = _tls(words.upstream_tls)
    return found


_HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def _endpoints(upstreams: Sequence[str]) -> Json:
    return {"lb_endpoints": [{"endpoint": {"address": socket_address(each)}} for each in upstreams]}


def _health_check(words: Gateway) -> Json:
    interval = seconds(words.health_seconds)
    return {
        "timeout": seconds(max(words.health_seconds, 1)),
        "interval": interval,
        "no_traffic_interval": interval,
        "unhealthy_threshold": 2,
        "healthy_threshold": 1,
        "grpc_health_check": {},
    }


def _threshold(words: Gateway) -> Json:
    return {
        "max_connections": words.max_calls,
        "max_pending_requests": words.max_calls,
        "max_requests": words.max_calls,
        # One of two servers that is gone leaves half of the calls to be made again at once.
        "retry_budget": {"budget_percent": {"value": 50}, "min_retry_concurrency": 50},
    }


def _http_options() -> Json:
    http2: Json = {
        "max_concurrent_streams": _CALLS_PER_CONNECTION,
        # The server sends away who pings more often than every ten seconds.
        "connection_keepalive": {"interval": "15s", "timeout": "5s"},
    }
    return typed(
        "upstreams.http.v3.HttpProtocolOptions",
        explicit_http_config={"http2_protocol_options": http2},
        # So that a worker that was started anew gets connections too.
        common_http_protocol_options={"max_requests_per_connection": 10_000},
    )


def _tls(words: UpstreamTls) -> Json:
    is_ip = _is_ip(words.name)
    name = {
        "san_type": "IP_ADDRESS" if is_ip else "DNS",
        "matcher": {"exact": words.name},
    }
    common: Json = {
        "alpn_protocols": ["h2"],
        "validation_context": {
            "trusted_ca": {"filename": str(words.authority)},
            "match_typed_subject_alt_names": [name],
        },
    }
    if words.certificate is not None:
        pair = {
            "certificate_chain": {"filename": str(words.certificate)},
            "private_key": {"filename": str(words.key)},
        }
        common["tls_certificates"] = [pair]
    return extension(
        "tls",
        "transport_sockets.tls.v3.UpstreamTlsContext",
        sni="" if is_ip else words.name,
        common_tls_context=common,
    )


def _is_ip(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
