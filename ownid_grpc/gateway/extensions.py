"""The forms in which Envoy's configuration says what recurs in it."""

from collections.abc import Mapping
from typing import TypeAlias

Json: TypeAlias = dict[str, object]

_TYPES = "type.googleapis.com/envoy.extensions."


def typed(kind: str, **fields: object) -> Json:
    """Returns the configuration of an extension, `kind` being its message below the package."""
    return {"@type": f"{_TYPES}{kind}", **fields}


def extension(name: str, kind: str, **fields: object) -> Json:
    """Returns an extension under the name that other places know it by."""
    return {"name": name, "typed_config": typed(kind, **fields)}


def seconds(count: float) -> str:
    """Returns a Duration as protobuf's JSON has it."""
    return f"{count:.9f}".rstrip("0").rstrip(".") + "s"


def socket_address(text: str) -> Json:
    """Returns the address of `host:port` or `[host]:port`."""
    host, _, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") else host
    return {"socket_address": {"address": bare, "port_value": int(port)}}


def percent(count: int) -> Json:
    """Returns a share of all calls."""
    return {"default_value": {"numerator": count, "denominator": "HUNDRED"}}


def headers(values: Mapping[str, str], action: str) -> list[Json]:
    """Returns headers to be set as `action` says."""
    return [
        {"header": {"key": key, "value": value}, "append_action": action}
        for key, value in values.items()
    ]
