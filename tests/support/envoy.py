"""A real Envoy in front of a server, which speaks REST to browsers as the contract says."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.rpc import error_details_pb2

from ownid_grpc.server.access import CONTRACT
from tests.support.service import await_listening, free_address

ENVOY = Path(sys.executable).with_name("envoy")

_TYPES = "type.googleapis.com/envoy.extensions"


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP."""

    status: int
    headers: list[tuple[str, str]]
    body: Any

    @property
    def cookies(self) -> list[str]:
        """The cookies that were set."""
        return [value for name, value in self.headers if name.lower() == "set-cookie"]


@dataclass(frozen=True)
class Rest:
    """The REST face of a service."""

    address: str

    def call(
        self, method: str, path: str, body: Mapping[str, object] | None = None, **headers: str
    ) -> Answer:
        """Calls as a browser does."""
        host, _, port = self.address.rpartition(":")
        connection = HTTPConnection(host, int(port), timeout=20)
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, {"content-type": "application/json", **headers})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return Answer(answer.status, answer.getheaders(), json.loads(text or "null"))


@contextmanager
def envoy_before(address: str, folder: Path) -> Iterator[Rest]:
    """Runs an Envoy that passes calls on to a server, for as long as the block."""
    listening = free_address()
    (folder / "contract.pb").write_bytes(_descriptor_set())
    path = folder / "envoy.json"
    path.write_text(json.dumps(_config(listening, address, folder / "contract.pb")), "utf-8")
    command = [str(ENVOY), "-c", str(path), "-l", "error", "--use-dynamic-base-id"]
    log = folder / "envoy.log"
    with log.open("ab") as output, subprocess.Popen(command, stderr=output) as process:
        try:
            await_listening(listening, process, log)
            yield Rest(listening)
        finally:
            process.kill()


def _descriptor_set() -> bytes:
    """Returns the contract, and what errors carry, as Envoy reads them."""
    files: dict[str, FileDescriptorProto] = {}

    def add(file: FileDescriptor) -> None:
        if file.name not in files:
            for needed in file.dependencies:
                add(needed)
            files[file.name] = FileDescriptorProto()
            file.CopyToProto(files[file.name])

    for file in (*(service.file for service in CONTRACT), error_details_pb2.DESCRIPTOR):
        add(file)
    return FileDescriptorSet(file=files.values()).SerializeToString()


def _config(listening: str, upstream: str, descriptors: Path) -> dict[str, Any]:
    transcoder = {
        "@type": f"{_TYPES}.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder",
        "proto_descriptor": str(descriptors),
        "services": [service.full_name for service in CONTRACT],
        "convert_grpc_status": True,
        "print_options": {"preserve_proto_field_names": True},
    }
    filters = [
        {"name": "transcoder", "typed_config": transcoder},
        {
            "name": "router",
            "typed_config": {"@type": f"{_TYPES}.filters.http.router.v3.Router"},
        },
    ]
    route = {"match": {"prefix": "/"}, "route": {"cluster": "ownid", "timeout": "0s"}}
    manager = {
        "@type": f"{_TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "ownid",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        "http_filters": filters,
    }
    listener = {
        "address": _address(listening),
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    }
    options = {
        f"{_TYPES[len('type.googleapis.com/') :]}.upstreams.http.v3.HttpProtocolOptions": {
            "@type": f"{_TYPES}.upstreams.http.v3.HttpProtocolOptions",
            "explicit_http_config": {"http2_protocol_options": {}},
        }
    }
    endpoints = [{"lb_endpoints": [{"endpoint": {"address": _address(upstream)}}]}]
    cluster = {
        "name": "ownid",
        "type": "STATIC",
        "typed_extension_protocol_options": options,
        "load_assignment": {"cluster_name": "ownid", "endpoints": endpoints},
    }
    return {"static_resources": {"listeners": [listener], "clusters": [cluster]}}


def _address(text: str) -> dict[str, Any]:
    host, _, port = text.rpartition(":")
    return {"socket_address": {"address": host, "port_value": int(port)}}
