"""The web server behind the gateway that gets what is no call: pages of the origin they call."""

from collections.abc import Iterator

from ownid_grpc.config.gateway import Gateway
from ownid_grpc.gateway.extensions import Json, seconds, socket_address

SITE_CLUSTER = "site"

_CONNECT_SECONDS = 2


def site_clusters(words: Gateway) -> Iterator[Json]:
    """Yields the cluster of the site, where there is one; it speaks plain HTTP/1.1."""
    if words.site is None:
        return
    endpoint = {"endpoint": {"address": socket_address(words.site)}}
    yield {
        "name": SITE_CLUSTER,
        "type": "STRICT_DNS",
        "connect_timeout": seconds(_CONNECT_SECONDS),
        "load_assignment": {
            "cluster_name": SITE_CLUSTER,
            "endpoints": [{"lb_endpoints": [endpoint]}],
        },
    }
