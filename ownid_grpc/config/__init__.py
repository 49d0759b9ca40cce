"""What the operator says: ownid.yaml and the environment, read here and nowhere else."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import PrivateAttr, ValidationError

from ownid_grpc.config.callers import EVERY, Caller
from ownid_grpc.config.document import Document, read_document
from ownid_grpc.config.faults import ConfigError, ConfigFault, Lines, described, word_of
from ownid_grpc.config.keys import PublicKey
from ownid_grpc.config.limits import AppLimits
from ownid_grpc.config.models import ALONE, Server, Settings, Tls
from ownid_grpc.config.searches import SearchSettings
from ownid_grpc.config.secret import read_or_make_secret
from ownid_grpc.config.sessions import SessionSettings, TrustedIssuer
from ownid_grpc.config.telemetry import otlp_of
from ownid_grpc.config.validation import faults_of
from ownid_grpc.config.words import Reading

__all__ = [
    "EVERY",
    "AppLimits",
    "Caller",
    "Config",
    "ConfigError",
    "ConfigFault",
    "ConfigFile",
    "PublicKey",
    "SearchSettings",
    "Server",
    "SessionSettings",
    "Tls",
    "TrustedIssuer",
    "load_config",
    "parse_config",
]


class Config(Settings):
    """Everything that ownid.yaml says, and the line where it says it."""

    _lines: Lines = PrivateAttr(default_factory=Lines)
    _source: str = PrivateAttr(default="ownid.yaml")
    _folder: Path = PrivateAttr(default_factory=Path)

    def model_post_init(self, context: Any, /) -> None:  # noqa: ANN401 - as pydantic has it
        """Keeps the lines of the file that is being read."""
        if isinstance(context, Reading):
            self._lines = context.lines
            self._source = context.source
            self._folder = context.folder

    @property
    def folder(self) -> Path:
        """Where the file lies: relative paths in it start there."""
        return self._folder

    def secret_bytes(self) -> bytes:
        """Returns the secret of the service, made where the file that has it is not there yet.

        Raises `ConfigError` for a file that cannot be read or made.
        """
        if self.secret is not None:
            return self.secret.get_secret_value().encode()
        path = self.secret_file or self._folder / "ownid-secret"
        try:
            return read_or_make_secret(path)
        except OSError as error:
            message = f"the file cannot be read or made: {error.strerror}"
            raise self.error_at(("secret_file",), message) from error
        except ValueError as error:
            raise self.error_at(("secret_file",), str(error)) from error

    def listening_on(self, address: str) -> "Config":
        """Returns the same but for the address; raises `ConfigError` for what is none."""
        fault = ConfigFault(0, (), "an address to listen on is written host:port")
        return self._serving_with("listen", address, ConfigError((fault,), "--listen"))

    def with_workers(self, workers: str) -> "Config":
        """Returns the same but for the number of workers; raises `ConfigError` for what is none."""
        fault = ConfigFault(0, (), "the workers are a number from 1 to 256, or auto")
        changed = self._serving_with("workers", workers, ConfigError((fault,), "--workers"))
        if changed.server.worker_count > 1 and self.is_in_memory:
            raise ConfigError((ConfigFault(0, (), ALONE),), "--workers")
        return changed

    def _serving_with(self, name: str, value: str, refusal: ConfigError) -> "Config":
        words = {name: getattr(self.server, name) for name in Server.model_fields}
        try:
            server = Server(**(words | {name: value}))
        except ValidationError:
            raise refusal from None
        return self.model_copy(update={"server": server})

    def line_of(self, path: Sequence[str]) -> int:
        """Returns the line of a word, or of the nearest word above it; 0 where none is known."""
        return self._lines.line_of(path)

    def describe(self, path: Sequence[str], message: str) -> str:
        """Returns `ownid.yaml:12: apps.shop.repository.table: message`."""
        return described(self._lines.fault(path, message), self._source)

    def error(self, path: Sequence[str], error: ValidationError) -> ConfigError:
        """Returns what pydantic found wrong with the words below `path`."""
        return ConfigError(faults_of(error, self._lines, path), self._source)

    def error_at(self, path: Sequence[str], message: str) -> ConfigError:
        """Returns the error of one word."""
        return ConfigError((self._lines.fault(path, message),), self._source)


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A file as it was read once, for processes that must all take the same from it."""

    path: str
    text: str = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> "ConfigFile":
        """Returns the file; raises `ConfigError` where it cannot be read."""
        try:
            return cls(str(path), path.read_text(encoding="utf-8"))
        except OSError as error:
            fault = ConfigFault(0, (), f"cannot be read: {error.strerror}")
            raise ConfigError((fault,), str(path)) from error
        except UnicodeDecodeError as error:
            raise ConfigError((ConfigFault(0, (), "is not UTF-8 text"),), str(path)) from error

    def parsed(self, environment: Mapping[str, str] = os.environ) -> Config:
        """Returns what it says; raises `ConfigError` with everything that is wrong with it."""
        folder = Path(self.path).absolute().parent
        return parse_config(self.text, environment, folder=folder, source=self.path)


def load_config(path: Path, environment: Mapping[str, str] = os.environ) -> Config:
    """Returns what the file says; raises `ConfigError` with everything that is wrong with it."""
    return ConfigFile.read(path).parsed(environment)


def parse_config(
    text: str, environment: Mapping[str, str], *, folder: Path, source: str = "ownid.yaml"
) -> Config:
    """Returns what `text` says; relative paths in it start from `folder`."""
    try:
        config = _validated(read_document(text, environment), folder, source)
    except ConfigError as error:
        raise ConfigError(error.faults, source) from None
    return config if config.otlp else config.model_copy(update={"otlp": otlp_of(environment)})


def _validated(document: Document, folder: Path, source: str) -> Config:
    apps = document.values.get("apps") if isinstance(document.values, dict) else None
    known = frozenset(map(word_of, apps)) if isinstance(apps, dict) else frozenset()
    reading = Reading(folder, known, document.lines, source)
    try:
        config = Config.model_validate(document.values, context=reading)
    except ValidationError as error:
        found_already = {fault.path for fault in document.faults}
        faults = [
            fault for fault in faults_of(error, document.lines) if fault.path not in found_already
        ]
        # What pydantic says holds values, so that it must not show up in a trace.
        raise ConfigError((*document.faults, *faults)) from None
    if document.faults:
        raise ConfigError(document.faults)
    return config
