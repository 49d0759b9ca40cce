"""The words of ownid.yaml, frozen; the `repository` of an app is its adapter's to read."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ownid_grpc.config.callers import Caller, distinct
from ownid_grpc.config.cores import core_count
from ownid_grpc.config.gateway import Gateway
from ownid_grpc.config.limits import AppLimits
from ownid_grpc.config.searches import SearchSettings
from ownid_grpc.config.sessions import SessionSettings
from ownid_grpc.config.telemetry import Address, Audit, Metrics, Otlp
from ownid_grpc.config.words import ExistingFile, Words, anchored, folder_of
from ownid_grpc.domain.names import is_app_id

MINIMUM_SECRET_BYTES = 32
ALONE = "several workers cannot share a SQLite database in memory; name a file, or have one worker"

_UNITS = {"KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}

_RESERVED_PART = 4
"""Of four threads or more, a quarter is kept from each app, unless it is the only one."""


class Tls(Words):
    """The certificate chain and the private key that the server shows, both PEM.

    With `client_authority`, the certificates of who may vouch for clients,
    every client must show one of its own (mTLS).
    """

    certificate: ExistingFile
    """The file of the chain."""
    key: ExistingFile
    """The file of the private key."""
    client_authority: ExistingFile | None = None


class Server(Words):
    """Where and how calls are taken.

    `workers` are processes that share the port; `auto` has one for each core
    that the service may use. In each, `threads` work at once, of them at most
    `streams` on streams, so that other calls always get through.
    """

    listen: Address = "127.0.0.1:50051"
    """Host and port; port 0 takes a free one."""
    tls: Tls | None = None
    workers: Annotated[int, Field(ge=1, le=256)] | Literal["auto"] = 1
    worker_memory: str | None = Field(default=None, pattern=r"^[1-9]\d{0,8}(KiB|MiB|GiB)$")
    """How much memory a worker may take before another takes its place: 512MiB or 2GiB, say."""
    connection_seconds: float = Field(default=60, gt=0, le=86_400)
    """How long a connection to one of several workers lasts before its client makes another."""
    threads: int = Field(default=16, ge=2, le=1024)
    streams: int | None = Field(default=None, ge=1)
    reflection: bool = True
    """Whether the contract can be read from the server."""
    drain_seconds: float = Field(default=10, ge=0, le=3600)
    """How long SIGTERM waits for calls under way."""
    max_message_bytes: int = Field(default=4 * 1024**2, ge=64 * 1024, le=256 * 1024**2)
    """The largest request."""
    metrics: Metrics | None = None
    """Whether there are metrics for Prometheus."""

    @field_validator("streams")
    @classmethod
    def _leave_threads_for_other_calls(
        cls, streams: int | None, info: ValidationInfo
    ) -> int | None:
        threads = info.data.get("threads")
        if streams is not None and threads is not None and streams >= threads:
            raise ValueError(f"must be less than threads, which is {threads}")
        return streams

    @property
    def worker_count(self) -> int:
        """How many processes there are to be."""
        return core_count() if self.workers == "auto" else self.workers

    @property
    def memory_ceiling(self) -> int | None:
        """How many bytes of memory a worker may take, None for any number."""
        if self.worker_memory is None:
            return None
        return int(self.worker_memory[:-3]) * _UNITS[self.worker_memory[-3:]]

    @property
    def stream_slots(self) -> int:
        """How many streams may run at once: half of the threads unless said otherwise."""
        return self.threads // 2 if self.streams is None else self.streams


_IN_MEMORY = re.compile(r"sqlite(\+\w+)?:///?(:memory:|file::memory:|[^?]*\?.*mode=memory|\?|$)")
"""The URLs of SQLite databases that only the process sees which opens them."""


def _state_url(url: str, info: ValidationInfo) -> SecretStr:
    return SecretStr(anchored(url, folder_of(info)))


class State(Words):
    """The database that keeps what is ours; a file beside ownid.yaml unless it says otherwise."""

    url: Annotated[SecretStr, BeforeValidator(_state_url)] = Field(
        default="sqlite:///ownid-state.db", validate_default=True
    )
    """A URL of sqlite, postgresql, mariadb or mysql."""


class App(Words):
    """One app; its `repository` is read by the adapter that its `type` names."""

    repository: dict[object, object] = Field(repr=False)
    sessions: SessionSettings = SessionSettings()
    search: SearchSettings = SearchSettings()
    limits: AppLimits = AppLimits()

    @field_validator("repository")
    @classmethod
    def _name_a_type(cls, repository: dict[object, object]) -> dict[object, object]:
        if not isinstance(repository.get("type"), str):
            raise ValueError("say its type, such as sql")  # noqa: TRY004 - pydantic reports only ValueError
        return repository


def _app_id(text: str) -> str:
    if not is_app_id(text):
        raise ValueError("an app is called by 1 to 63 letters, digits, dots, dashes or underscores")
    return text


_AppId: TypeAlias = Annotated[
    str,
    AfterValidator(_app_id),
    # A pattern of pydantic's own would be the first to refuse, and in other words.
    Field(json_schema_extra={"pattern": r"^(?!\.{1,2}$)[A-Za-z0-9._-]{1,63}$"}),
]


def _beside(path: Path, info: ValidationInfo) -> Path:
    return folder_of(info) / path


def _long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value().encode()) < MINIMUM_SECRET_BYTES:
        raise ValueError(f"must be {MINIMUM_SECRET_BYTES} bytes of text or more")
    return secret


class Settings(Words):
    """Everything that ownid.yaml says."""

    server: Server = Server()
    gateway: Gateway = Gateway()
    # Validated even when left out, since its default starts from the folder too.
    state: State = Field(default_factory=dict, validate_default=True)
    secret: Annotated[SecretStr, AfterValidator(_long_enough)] | None = None
    """What seals page tokens and all that could let somebody in; at least 32 bytes of text."""
    secret_file: Annotated[Path, AfterValidator(_beside)] | None = None
    """The file that holds the secret."""
    audit: Audit | None = None
    otlp: Otlp | None = None
    callers: Annotated[tuple[Caller, ...], AfterValidator(distinct)] = ()
    """Who may call, beside signed-in users."""
    apps: Annotated[dict[_AppId, App], Field(min_length=1)]
    """The apps by their ids: each a database, an account schema and sessions of its own."""

    @property
    def is_in_memory(self) -> bool:
        """Whether a database is in the memory of the process that opens it."""
        urls = [self.state.url.get_secret_value()]
        urls += [str(app.repository.get("url")) for app in self.apps.values()]
        return any(map(_IN_MEMORY.match, urls))

    @property
    def concurrent_calls(self) -> Mapping[str, int]:
        """How many calls of each app may be under way at once in one process."""
        threads = self.server.threads
        share = threads if len(self.apps) == 1 else threads - threads // _RESERVED_PART
        return {app: words.limits.concurrent_calls or share for app, words in self.apps.items()}

    @model_validator(mode="after")
    def _has_one_secret(self) -> Self:
        """Refuses two secrets, and none where several hosts may share the store."""
        if self.secret is not None and self.secret_file is not None:
            raise ValueError("secret and secret_file say the same thing; keep one")
        is_shared = not self.state.url.get_secret_value().startswith("sqlite")
        if self.secret is None and self.secret_file is None and is_shared:
            raise ValueError(
                "replicas that share a state store must share a secret; "
                "say secret: ${OWNID_SECRET}, or secret_file"
            )
        return self

    @model_validator(mode="after")
    def _shares_its_databases(self) -> Self:
        """Refuses a database in the memory of a process where there are several processes."""
        if self.server.worker_count > 1 and self.is_in_memory:
            raise ValueError(ALONE)
        return self
