"""The words of ownid.yaml, frozen; the `repository` of an app is its adapter's to read."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ownid_grpc.config.faults import Lines
from ownid_grpc.config.keys import PublicKey, read_keys
from ownid_grpc.domain.names import is_app_id

Algorithm: TypeAlias = Literal[
    "EdDSA", "ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"
]
"""What a token may be signed with: a key pair, never a shared secret."""

ScopeName: TypeAlias = Literal[
    "accounts.read",
    "accounts.write",
    "schemas.read",
    "schemas.write",
    "sessions.read",
    "sessions.write",
]

EVERY = "*"

MINIMUM_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Reading:
    """What the words of one file are read by: the context of the validation.

    Relative paths start from `folder`; `apps` are the apps that there are.
    """

    folder: Path
    apps: frozenset[str]
    lines: Lines
    source: str


class Words(BaseModel):
    """A group of words of the configuration; an unknown word is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def _folder_of(info: ValidationInfo) -> Path:
    return info.context.folder if isinstance(info.context, Reading) else Path.cwd()


def _existing(path: Path, info: ValidationInfo) -> Path:
    found = _folder_of(info) / path
    if not found.is_file():
        raise ValueError("there is no such file")
    return found


def _anchored(path: Path, info: ValidationInfo) -> Path:
    return _folder_of(info) / path


ExistingFile: TypeAlias = Annotated[Path, AfterValidator(_existing)]


def anchored(url: str, folder: Path) -> str:
    """Returns the URL; the path of an SQLite file, where relative, starts from `folder`."""
    scheme, separator, path = url.partition(":///")
    is_relative = path and not path.startswith(("/", ":memory:", "file:"))
    if scheme.partition("+")[0] != "sqlite" or not separator or not is_relative:
        return url
    return f"{scheme}:///{folder / path}"


class Tls(Words):
    """The certificate chain and the private key that the server shows, both PEM."""

    certificate: ExistingFile
    key: ExistingFile


class Server(Words):
    """Where and how calls are taken.

    `workers` are processes that share the port, one for each core that the
    service may use. In each, `threads` work at once, of them at most `streams`
    on streams, so that other calls always get through.
    """

    listen: str = Field(
        default="127.0.0.1:50051", pattern=r"^(\[[0-9a-fA-F:.]+\]|[^:\[\]/]+):\d{1,5}$"
    )
    tls: Tls | None = None
    workers: int = Field(default=1, ge=1, le=256)
    threads: int = Field(default=16, ge=2, le=1024)
    streams: int | None = Field(default=None, ge=1)
    reflection: bool = True
    drain_seconds: float = Field(default=10, ge=0, le=3600)
    max_message_bytes: int = Field(default=4 * 1024**2, ge=64 * 1024, le=256 * 1024**2)

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
    def stream_slots(self) -> int:
        """How many streams may run at once: half of the threads unless said otherwise."""
        return self.threads // 2 if self.streams is None else self.streams


def _state_url(url: str, info: ValidationInfo) -> SecretStr:
    return SecretStr(anchored(url, _folder_of(info)))


class State(Words):
    """The database that keeps what is ours; a file beside ownid.yaml unless it says otherwise."""

    url: Annotated[SecretStr, BeforeValidator(_state_url)] = Field(
        default="sqlite:///ownid-state.db", validate_default=True
    )


class KeyFile(Words):
    """A file of one or more public keys; plain text is its path."""

    path: Path
    keys: tuple[PublicKey, ...] = Field(repr=False)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: object, info: ValidationInfo) -> object:
        if not isinstance(value, str):
            raise ValueError("must be the path of a PEM, JWK or JWK set file")  # noqa: TRY004 - pydantic reports only ValueError
        path = _folder_of(info) / value
        return {"path": path, "keys": read_keys(path)}


def _one_or_all(value: object) -> object:
    if isinstance(value, Sequence) and not isinstance(value, str) and EVERY in value:
        if len(value) > 1:
            raise ValueError(f'"{EVERY}" means all, and stands alone')
        return None
    return value


def _known(app: str, info: ValidationInfo) -> str:
    if isinstance(info.context, Reading) and app not in info.context.apps:
        raise ValueError("no app under apps is called so")
    return app


CallerApp: TypeAlias = Annotated[str, AfterValidator(_known)]


class Caller(Words):
    """An admin caller: whose tokens are believed, and what they may do.

    `apps` and `scopes` of None are all.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9._-]{1,63}$")
    issuer: str = Field(min_length=1, max_length=255)
    audience: str = Field(min_length=1, max_length=255)
    algorithms: Annotated[frozenset[Algorithm], Field(min_length=1)] = frozenset(("EdDSA", "ES256"))
    keys: Annotated[tuple[KeyFile, ...], Field(min_length=1)]
    apps: Annotated[frozenset[CallerApp] | None, BeforeValidator(_one_or_all)]
    scopes: Annotated[frozenset[ScopeName] | None, BeforeValidator(_one_or_all)]

    @field_validator("keys")
    @classmethod
    def _suit_an_algorithm(
        cls, files: tuple[KeyFile, ...], info: ValidationInfo
    ) -> tuple[KeyFile, ...]:
        allowed = info.data.get("algorithms", frozenset())
        for key in (key for file in files for key in file.keys):
            if allowed and not key.algorithms & allowed:
                raise ValueError(
                    f"a key of {', '.join(sorted(key.algorithms))} suits none of the algorithms"
                )
        return files


Origin: TypeAlias = Annotated[
    str, Field(pattern=r"^https?://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$", max_length=255)
]
"""Where a page comes from, as browsers send it (RFC 6454): no path, no capital letters."""


class SessionSettings(Words):
    """An app's sessions: how long they last, and how browsers carry them.

    A session ends `lifetime_seconds` after it was opened, or `idle_seconds`
    after it was last used. With `cookies`, browsers of the `origins` keep the
    tokens in cookies that no script reads. Watched accounts are looked at
    every `watch_seconds`.
    """

    issuer: str = Field(default="ownid-grpc", min_length=1, max_length=255)
    access_token_seconds: int = Field(default=600, ge=10, le=86_400)
    idle_seconds: int = Field(default=7 * 86_400, ge=60, le=3650 * 86_400)
    lifetime_seconds: int = Field(default=30 * 86_400, ge=60, le=3650 * 86_400)
    key_days: int = Field(default=30, ge=1, le=3650)
    cookies: bool = False
    same_site: Literal["lax", "strict", "none"] = "lax"
    origins: tuple[Origin, ...] = ()
    watch_seconds: float = Field(default=0.5, ge=0.1, le=60)

    @model_validator(mode="after")
    def _cookies_have_origins(self) -> Self:
        if self.cookies and not self.origins:
            raise ValueError("cookies need origins: name the pages that may use them")
        return self


class App(Words):
    """One app; its `repository` is read by the adapter that its `type` names."""

    repository: dict[object, object] = Field(repr=False)
    sessions: SessionSettings = SessionSettings()

    @field_validator("repository")
    @classmethod
    def _name_a_type(
        cls, repository: dict[object, object], info: ValidationInfo
    ) -> dict[object, object]:
        if not isinstance(repository.get("type"), str):
            raise ValueError("say its type, such as sql")  # noqa: TRY004 - pydantic reports only ValueError
        url = repository.get("url")
        if not isinstance(url, str):
            return repository
        return repository | {"url": anchored(url, _folder_of(info))}


def _app_id(text: str) -> str:
    if not is_app_id(text):
        raise ValueError("an app is called by 1 to 63 letters, digits, dots, dashes or underscores")
    return text


def _long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value().encode()) < MINIMUM_SECRET_BYTES:
        raise ValueError(f"must be {MINIMUM_SECRET_BYTES} bytes of text or more")
    return secret


def _distinct(callers: tuple[Caller, ...]) -> tuple[Caller, ...]:
    if len({caller.name for caller in callers}) < len(callers):
        raise ValueError("two callers have the same name")
    if len({(caller.issuer, caller.audience) for caller in callers}) < len(callers):
        raise ValueError("two callers have the same issuer and audience")
    return callers


class Settings(Words):
    """Everything that ownid.yaml says."""

    server: Server = Server()
    # Validated even when left out, since its default starts from the folder too.
    state: State = Field(default_factory=dict, validate_default=True)
    secret: Annotated[SecretStr, AfterValidator(_long_enough)] | None = None
    secret_file: Annotated[Path, AfterValidator(_anchored)] | None = None
    callers: Annotated[tuple[Caller, ...], AfterValidator(_distinct)] = ()
    apps: Annotated[dict[Annotated[str, AfterValidator(_app_id)], App], Field(min_length=1)]

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
