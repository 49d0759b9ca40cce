"""Our server as users run it: from an ownid.yaml, with everything on, behind nobody's back."""

import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from google.protobuf.json_format import ParseDict
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub
from ownid.v1.account_schema_service_pb2 import UpdateAccountSchemaRequest
from ownid.v1.account_schema_service_pb2_grpc import AccountSchemaServiceStub
from ownid.v1.session_service_pb2 import CreateSessionRequest
from ownid.v1.session_service_pb2_grpc import SessionServiceStub

from bench.processes import Server, await_true, free_address, load_core, pin, running
from ownid_grpc.cli.keys import signed_token, write_key_pair
from ownid_grpc.config import load_config

CALLER = "bench"

_TEXT = {"type": "string", "maxLength": 200}
_OWN = _TEXT | {"x-ownid-self": "write"}

SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {
        "email": _TEXT | {"format": "email", "x-ownid-login-id": True, "x-ownid-self": "read"},
        "given_name": _OWN,
        "family_name": _OWN,
        "phone": _OWN | {"pattern": "^[0-9+ -]+$"},
        "street": _OWN,
        "city": _OWN,
        "country": _TEXT | {"pattern": "^[A-Z]{2}$"},
        "points": {"type": "integer", "minimum": 0, "x-ownid-self": "read"},
        "newsletter": {"type": "boolean", "x-ownid-self": "write"},
    },
    "required": ["email", "given_name", "family_name"],
}

Repositories = Mapping[str, Mapping[str, object]]
Metadata = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Ownid:
    """Our server that runs, its gateway if there is one, and a token of its caller."""

    server: Server
    rest: str
    token: str

    @property
    def address(self) -> str:
        """Where it takes gRPC."""
        return self.server.address

    @property
    def metadata(self) -> Metadata:
        """What a call carries."""
        return _bearer(self.token)

    def signed_in(self, account: str) -> Metadata:
        """Opens a session, and returns what a call of its user carries."""
        with grpc.insecure_channel(self.address) as channel:
            opened = SessionServiceStub(channel).CreateSession(
                CreateSessionRequest(parent=account), metadata=self.metadata, timeout=10
            )
        return _bearer(opened.access_token)

    def set_schema(self, app: str, schema: dict[str, object]) -> None:
        """Sets the account schema of an app."""
        request = UpdateAccountSchemaRequest()
        request.account_schema.name = f"apps/{app}/accountSchema"
        ParseDict(schema, request.account_schema.json_schema)
        with grpc.insecure_channel(self.address) as channel:
            stub = AccountSchemaServiceStub(channel)
            stub.UpdateAccountSchema(request, metadata=self.metadata, timeout=30)


def write_configuration(
    folder: Path, url: str, repositories: Repositories, *, workers: int = 1
) -> Path:
    """Writes ownid.yaml with its caller's keys, and returns where."""
    private, public = folder / f"{CALLER}.key.pem", folder / f"{CALLER}.pub.pem"
    if not private.exists():
        write_key_pair(private, public)
    words: dict[str, object] = {
        "server": {"listen": free_address(), "workers": workers},
        "gateway": {"listen": free_address()},
        "callers": [
            {
                "name": CALLER,
                "issuer": CALLER,
                "audience": "ownid-grpc",
                "keys": [public.name],
                "apps": ["*"],
                "scopes": ["*"],
            }
        ],
        "apps": {
            app: {
                "repository": {"type": "sql", "url": url, **mapping},
                "sessions": {"access_token_seconds": 3600},
            }
            for app, mapping in repositories.items()
        },
    }
    path = folder / "ownid.yaml"
    path.write_text(yaml.safe_dump(words), "utf-8")
    return path


def serve_command(config: Path, *options: str) -> list[str]:
    """Returns what starts the server."""
    return [sys.executable, "-m", "ownid_grpc", "serve", "--config", str(config), *options]


@contextmanager
def running_ownid(config: Path, *options: str, cores: Collection[int] = ()) -> Iterator[Ownid]:
    """Runs our server until all apps are served; its Envoy, if any, on the load's core."""
    words: Any = yaml.safe_load(config.read_text("utf-8"))
    address, rest = words["server"]["listen"], words["gateway"]["listen"]
    log = config.with_name("ownid.log")
    with running(serve_command(config, *options), address, log, {}, cores=cores) as server:
        await_true(lambda: is_serving(address), server.process, log)
        if "--gateway" in options:
            await_true(lambda: _is_open(log), server.process, log)
            pin(server.envoys, load_core())
        yield Ownid(server, rest, _token(config))


def is_serving(address: str) -> bool:
    """Returns whether health says SERVING."""
    with grpc.insecure_channel(address) as channel:
        stub: Any = HealthStub(channel)  # typed without its methods
        try:
            answer = stub.Check(HealthCheckRequest(), timeout=2)
        except grpc.RpcError:
            return False
        return bool(answer.status == HealthCheckResponse.SERVING)


def _is_open(log: Path) -> bool:
    return '"gateway.serving"' in log.read_text("utf-8")


def _token(config: Path) -> str:
    key = load_pem_private_key((config.parent / f"{CALLER}.key.pem").read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("write_key_pair makes Ed25519 keys.")
    return signed_token(load_config(config).callers[0], key, timedelta(hours=2), {})


def _bearer(token: str) -> Metadata:
    return (("authorization", f"Bearer {token}"),)
