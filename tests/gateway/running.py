"""The service with its gateway as operators run it, before the shop of `tests.support.sessions`."""

import json
import os
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from ownid_grpc.config import parse_config
from ownid_grpc.gateway.process import Gateway, running_gateway
from ownid_grpc.telemetry.logs import new_logger
from tests.support.keys import KEY_ID, public_pem, token
from tests.support.service import CALLERS, free_address
from tests.support.sessions import ORIGIN, REPOSITORY, SCHEMA, TABLES

OTHER_ORIGIN = "https://evil.example.com"
SESSION = "/v1/apps/shop/session"

_START_SECONDS = 60
_STEP_SECONDS = 0.05


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP."""

    status: int
    headers: list[tuple[str, str]]
    content: bytes

    @property
    def body(self) -> Any:  # noqa: ANN401 - any value of JSON
        """The JSON of the answer."""
        return json.loads(self.content)

    @property
    def lines(self) -> list[Any]:
        """The JSON lines of the answer."""
        return [json.loads(line) for line in self.content.splitlines() if line]

    @property
    def cookies(self) -> list[str]:
        """The cookies that were set."""
        return [value for name, value in self.headers if name.lower() == "set-cookie"]

    @property
    def cookie(self) -> str:
        """The cookies as a browser sends them from then on."""
        return "; ".join(each.partition(";")[0] for each in self.cookies)

    @property
    def reason(self) -> str:
        """The reason in the body of an error."""
        return next(str(each["reason"]) for each in self.body["details"] if "domain" in each)

    def header(self, name: str) -> str | None:
        """Returns a header, None where it is not there."""
        return next((value for found, value in self.headers if found.lower() == name), None)


@dataclass(frozen=True)
class Rest:
    """Calls the REST face at an address, by TLS where there is a certificate to be shown."""

    address: str
    seconds: float = 20
    certificate: Path | None = None

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Calls as a browser does; an underscore in a header's name stands for a dash."""
        with closing(self.connect()) as connection:
            content = body if body is None or isinstance(body, bytes) else json.dumps(body)
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            kind = {} if content is None else {"content-type": "application/json"}
            connection.request(method, path, content, kind | sent)
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheaders(), answer.read())

    def admin(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Calls as a caller who may do everything."""
        return self.call(method, path, body, authorization=f"Bearer {token()}", **headers)

    def connect(self) -> HTTPConnection:
        """Returns a connection."""
        host, _, port = self.address.rpartition(":")
        if self.certificate is not None:
            trust = ssl.create_default_context(cafile=self.certificate)
            return HTTPSConnection(host, int(port), timeout=self.seconds, context=trust)
        return HTTPConnection(host, int(port), timeout=self.seconds)


@dataclass(frozen=True)
class Running:
    """A process of `ownid-grpc serve --gateway`."""

    process: "subprocess.Popen[bytes]"
    server: str
    rest: Rest
    log: Path
    database: Path
    scratch: Path

    def events(self, name: str) -> list[dict[str, Any]]:
        """Returns what was logged of one kind."""
        lines = self.log.read_text("utf-8").splitlines()
        logged = [json.loads(line) for line in lines if line.startswith("{")]
        return [each for each in logged if each["event"] == name]

    def envoys(self) -> list[int]:
        """Returns the processes of Envoy that it has started."""
        return [pid for pid in _children(self.process.pid) if _is_envoy(pid)]

    def ticket(self) -> str:
        """Returns what a browser can trade for cookies, as a login backend gets it."""
        opened = self.rest.admin("POST", "/v1/apps/shop/accounts/1/sessions", {})
        return str(opened.body["ticket"])

    def signed_in(self) -> Answer:
        """Returns what a browser gets that trades a ticket in."""
        body = {"ticket": self.ticket()}
        return self.rest.call("POST", f"{SESSION}:exchange", body, origin=ORIGIN)

    def row(self, statement: str) -> Any:  # noqa: ANN401 - whatever the columns are
        """Returns what the database itself has."""
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(statement).fetchone()


def write_shop(
    folder: Path,
    gateway: Mapping[str, object],
    sessions: Mapping[str, object] | None = None,
    repository: Mapping[str, object] | None = None,
    **server: object,
) -> Path:
    """Writes the ownid.yaml of the shop, and returns where.

    What is said of the gateway, sessions, repository and server is so, the
    rest as tests have it. Another database than the file has its tables.
    """
    database = folder / "shop.db"
    if not database.exists():
        with closing(sqlite3.connect(database)) as connection:
            connection.executescript(TABLES)
    (folder / f"{KEY_ID}.pub.pem").write_bytes(public_pem())
    words = {
        "server": {"listen": free_address(), "drain_seconds": 4, **server},
        "gateway": {"listen": free_address(), **gateway},
        **yaml.safe_load(CALLERS),
        "apps": {
            "shop": {
                "repository": {
                    **REPOSITORY,
                    "url": f"sqlite:///{database}",
                    **(repository or {}),
                },
                "sessions": {"cookies": True, "origins": [ORIGIN], **(sessions or {})},
            }
        },
    }
    path = folder / "ownid.yaml"
    path.write_text(yaml.safe_dump(words), "utf-8")
    return path


@contextmanager
def running_shop(
    folder: Path, gateway: Mapping[str, object] | None = None, **server: object
) -> Iterator[Running]:
    """Runs the shop with a gateway, its schema set, for as long as the block."""
    with running(write_shop(folder, gateway or {}, None, None, **server)) as shop:
        yield shop


@contextmanager
def running(config: Path) -> Iterator[Running]:
    """Runs the shop that was written, also once more after it has ended."""
    words = yaml.safe_load(config.read_text("utf-8"))
    log = config.with_name("service.log")
    log.unlink(missing_ok=True)
    command = [sys.executable, "-m", "ownid_grpc", "serve", "--gateway", "--config", str(config)]
    # What a service leaves that is killed goes with the test; its socket needs a short path.
    scratch = TemporaryDirectory(prefix="gw-")
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, "TMPDIR": scratch.name},
        )
    tls = words["gateway"].get("tls")
    certificate = config.parent / tls["certificate"] if tls else None
    rest = Rest(words["gateway"]["listen"], certificate=certificate)
    shop = Running(
        process,
        words["server"]["listen"],
        rest,
        log,
        config.with_name("shop.db"),
        Path(scratch.name),
    )
    try:
        await_true(lambda: bool(shop.events("gateway.serving")), process)
        await_true(lambda: rest.call("GET", "/healthz").status == 200, process)
        set_schema = rest.admin("PATCH", "/v1/apps/shop/accountSchema", {"json_schema": SCHEMA})
        assert set_schema.status == 200
        yield shop
    finally:
        process.kill()
        process.wait()
        scratch.cleanup()


@contextmanager
def gateway_before(folder: Path, servers: Sequence[str], **words: object) -> Iterator[Gateway]:
    """Runs a gateway before servers of the test's own; `words` are those of its configuration."""
    sessions = {"cookies": True, "origins": [ORIGIN]}
    apps = {"shop": {"repository": {"type": "memory"}, "sessions": sessions}}
    said = {"gateway": {"listen": "127.0.0.1:0", **words}, "apps": apps}
    config = parse_config(yaml.safe_dump(said), {}, folder=folder)
    with running_gateway(config, servers, new_logger()) as gateway:
        yield gateway


def await_true(
    claim: Callable[[], bool],
    process: "subprocess.Popen[bytes] | None" = None,
    seconds: float = _START_SECONDS,
) -> None:
    """Returns once the claim holds, while the process runs."""
    end = time.monotonic() + seconds
    while not claim():
        assert process is None or process.poll() is None, "the process has ended"
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(_STEP_SECONDS)


def answers(rest: Rest) -> bool:
    """Returns whether somebody answers at an address."""
    with suppress(OSError, HTTPException):
        return replace(rest, seconds=2).call("GET", "/healthz").status > 0
    return False


def is_running(pid: int) -> bool:
    """Returns whether a process has not ended."""
    with suppress(FileNotFoundError, ProcessLookupError):
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(") ")[2][0]
        return state != "Z"
    return False


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(each) for task in tasks for each in (task / "children").read_text("ascii").split()]


def _is_envoy(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/exe").readlink().name == "envoy"
    return False
