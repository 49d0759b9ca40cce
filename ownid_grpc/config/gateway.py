"""What the operator says of the gateway, which speaks REST, gRPC-Web and Connect to the outside."""

import re
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from ownid_grpc.config.words import ExistingFile, Words, folder_of

_MAX_PORT = 65535
_HOST = re.compile(r"\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+")
_MAX_SOCKET_PATH = 100
"""What an address of a unix socket holds, on every system (Linux 107 bytes, macOS 103)."""


def _socket_path(path: Path, info: ValidationInfo) -> Path:
    found = folder_of(info) / path
    if len(str(found).encode()) > _MAX_SOCKET_PATH:
        raise ValueError(f"the path of a socket has {_MAX_SOCKET_PATH} bytes at most")
    if found.exists() and not found.is_socket():
        raise ValueError("there is a file that is no socket, which Envoy would replace")
    return found


def _ip_and_port(text: str) -> str:
    found = _ADDRESS.fullmatch(text)
    if found is None or int(found["port"]) > _MAX_PORT or not _is_ip(found["v4"], found["v6"]):
        raise ValueError("say an IP address and a port, as 0.0.0.0:8080 or [::]:8080")
    return text


_ADDRESS = re.compile(r"(?:\[(?P<v6>[^\]]+)\]|(?P<v4>[^:\[\]]+)):(?P<port>[0-9]{1,5})")


def _is_ip(v4: str | None, v6: str) -> bool:
    try:
        return bool(IPv6Address(v6) if v4 is None else IPv4Address(v4))
    except ValueError:
        return False


def _host_and_port(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not (_HOST.fullmatch(host) and port.isdecimal() and 0 < int(port) <= _MAX_PORT):
        raise ValueError("say a host and a port, as 127.0.0.1:8000 or site.internal:8000")
    return text


class GatewayTls(Words):
    """The certificate chain and the private key that the gateway shows, both PEM."""

    certificate: ExistingFile
    """The file of the chain."""
    key: ExistingFile
    """The file of the private key."""


class UpstreamTls(Words):
    """How the gateway knows a server that speaks TLS, and is known by it.

    `authority` vouches for the server's certificate, which must have `name`
    among its subject alternative names. `certificate` and `key` are the
    gateway's own, for a server that wants one; it should be no caller's.
    """

    authority: ExistingFile
    name: str = Field(min_length=1, max_length=253)
    certificate: ExistingFile | None = None
    key: ExistingFile | None = None

    @model_validator(mode="after")
    def _certificate_has_its_key(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together")
        return self


class Gateway(Words):
    """Where the gateway listens, and what it lets through.

    `timeout_seconds` is what a request has to arrive, and its call, streams
    aside, from then on; a stream on which nothing moves for `idle_seconds` is
    ended. `max_calls` are passed on at
    once, `max_connections` of clients held. `requests_per_second` are taken
    in all, as many as come where it is not said. `reference` is whether it
    serves the OpenAPI document and the page that shows it. `site` is a web
    server that gets what is no call, so that its pages and their calls share
    an origin.
    """

    listen: Annotated[str, AfterValidator(_ip_and_port)] = "127.0.0.1:8080"
    """IP address and port, as 0.0.0.0:8080 or [::]:8080."""
    tls: GatewayTls | None = None
    upstream_tls: UpstreamTls | None = None
    timeout_seconds: float = Field(default=30, ge=0.1, le=3600)
    idle_seconds: float = Field(default=300, ge=1, le=86_400)
    max_request_bytes: int | None = Field(default=None, ge=1024, le=512 * 1024**2)
    """The largest request; twice `server.max_message_bytes` unless said otherwise."""
    requests_per_second: int | None = Field(default=None, ge=1, le=1_000_000)
    max_connections: int = Field(default=10_000, ge=1, le=1_000_000)
    max_calls: int = Field(default=10_000, ge=1, le=1_000_000)
    health_seconds: float = Field(default=1, ge=0.1, le=60)
    """How often each server's health is asked."""
    access_log: bool = True
    """Whether there is a line for each request."""
    reference: bool = True
    admin: Annotated[Path, AfterValidator(_socket_path)] | None = None
    """A unix socket for Envoy's admin interface, which otherwise nobody can reach."""
    site: Annotated[str, AfterValidator(_host_and_port)] | None = None
