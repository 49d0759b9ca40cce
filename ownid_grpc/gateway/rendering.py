"""Renders Envoy's configuration from ours, whole: nothing beside it has to be there."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ownid_grpc.config import Config
from ownid_grpc.gateway.extensions import Json, typed
from ownid_grpc.gateway.listener import listener
from ownid_grpc.gateway.site import site_clusters
from ownid_grpc.gateway.upstream import cluster

_WILDCARDS = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - looked for, not bound


def bootstrap(config: Config, upstreams: Sequence[str], certificate: Path | None = None) -> Json:
    """Returns what Envoy starts with, to pass calls on to servers at these addresses.

    With TLS it reads its certificate anew whenever the file `certificate` is
    replaced; without one, once.
    Raises `ConfigError` where it is not said how to know servers that speak
    TLS.
    """
    words = config.gateway
    if config.server.tls is not None and words.upstream_tls is None:
        message = "say upstream_tls: by server.tls, the server behind the gateway speaks TLS"
        raise config.error_at(("gateway",), message)
    # Here it is 413, by the server 429, as its code has it. JSON is about as long as the message.
    size = words.max_request_bytes or config.server.max_message_bytes
    apps = {app: said.sessions for app, said in config.apps.items()}
    found: Json = {
        "node": {"id": "ownid-gateway", "cluster": "ownid-gateway"},
        "static_resources": {
            "listeners": [listener(words, apps, size, certificate)],
            "clusters": [cluster(words, upstreams), *site_clusters(words)],
        },
        "overload_manager": {"resource_monitors": [_connections(words.max_connections)]},
        "application_log_config": {"log_format": {"json_format": _LOG}},
    }
    if words.admin is not None:
        found["admin"] = {"address": {"pipe": {"path": str(words.admin), "mode": 0o600}}}
    return found


def local_address(listen: str) -> str:
    """Returns how a server that listens on an address is reached from the same host."""
    host, _, port = listen.rpartition(":")
    return f"{_WILDCARDS.get(host, host)}:{port}"


_LOG: Mapping[str, str] = {
    "event": "gateway.envoy",
    "timestamp": "%Y-%m-%dT%T.%eZ",
    "level": "%l",
    "message": "%j",
}


def _connections(count: int) -> Json:
    return {
        "name": "envoy.resource_monitors.global_downstream_max_connections",
        "typed_config": typed(
            "resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
            max_active_downstream_connections=count,
        ),
    }
