"""Where public keys of others come from, read again as files and key sets change."""

import json
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Protocol, TypeAlias

from ownid_grpc.config import Caller
from ownid_grpc.config.callers import KeyFile
from ownid_grpc.config.keys import PublicKey, read_keys, usable_keys
from ownid_grpc.telemetry.logs import Logger

FRESH_SECONDS = 600.0
"""How old a key set may be before it is fetched again."""

RETRY_SECONDS = 10.0
"""How long after one fetch, good or bad, the next may follow, whoever sends unknown key ids."""

_FILE_SECONDS = 1.0
_FETCH_SECONDS = 5.0
_MOST_BYTES = 1024 * 1024


class KeySource(Protocol):
    """Keys that tokens of one issuer may be signed with."""

    def keys(self, key_id: str | None) -> Sequence[PublicKey]:
        """Returns the keys that are known; looks for newer ones where none is called so."""
        ...


KeySources: TypeAlias = Mapping[str, Sequence[KeySource]]
"""Where the keys of each caller come from, by the caller's name."""


def key_sources(callers: Sequence[Caller], log: Logger) -> KeySources:
    """Returns where the keys of each caller come from, as ownid.yaml says."""
    return {caller.name: sources_of(caller.keys, caller.jwks_url, log) for caller in callers}


def sources_of(files: Sequence[KeyFile], url: str | None, log: Logger) -> Sequence[KeySource]:
    """Returns where the keys of one issuer come from: files, and a key set where there is one."""
    sources: list[KeySource] = [KeyFileSource(file.path, file.keys, log) for file in files]
    return [*sources, KeySetSource(url, log)] if url else sources


@dataclass(slots=True)
class KeyFileSource:
    """The keys of a file, read again once it changes; the last good ones where it cannot be."""

    path: Path
    found: Sequence[PublicKey]
    log: Logger
    monotonic: Callable[[], float] = time.monotonic
    _stamp: tuple[int, int] | None = None
    _looked_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keys(self, key_id: str | None) -> Sequence[PublicKey]:  # noqa: ARG002 - a file has no others
        """Returns the keys of the file as it is, or was a moment ago."""
        if self.monotonic() - self._looked_at >= _FILE_SECONDS:
            with self._lock:
                self._look()
        return self.found

    def _look(self) -> None:
        self._looked_at = self.monotonic()
        try:
            status = self.path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if stamp == self._stamp:
                return
            self.found, self._stamp = read_keys(self.path), stamp
        except (OSError, ValueError):
            self.log.warning("keys.unreadable", file=self.path.name)


@dataclass(slots=True)
class KeySetSource:
    """The keys of a JWKS URL (RFC 7517), fetched when first needed and again in time.

    A URL that does not answer leaves the last good set in force.
    """

    url: str
    log: Logger
    monotonic: Callable[[], float] = time.monotonic
    _found: Sequence[PublicKey] = ()
    _fetched_at: float | None = None
    _tried_at: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keys(self, key_id: str | None) -> Sequence[PublicKey]:
        """Returns the keys of the set."""
        is_known = any(key_id is None or key_id in key.ids for key in self._found)
        is_due = self._is_older(self._fetched_at, FRESH_SECONDS) or not is_known
        # Whose key is not known waits for whoever fetches; the others go on with what is there.
        if is_due and self._lock.acquire(blocking=not is_known):
            try:
                if self._is_older(self._tried_at, RETRY_SECONDS):
                    self._fetch()
            finally:
                self._lock.release()
        return self._found

    def _is_older(self, moment: float | None, seconds: float) -> bool:
        return moment is None or self.monotonic() - moment >= seconds

    def _fetch(self) -> None:
        self._tried_at = self.monotonic()
        try:
            self._found = usable_keys(json.loads(_content_of(self.url)))
            self._fetched_at = self._tried_at
        except (OSError, HTTPException, ValueError, RecursionError):
            self.log.warning("keys.unreachable", known=len(self._found))


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows nobody elsewhere: the operator named one address, and trusts that."""

    def redirect_request(self, *_: object) -> None:
        """Says that there is nothing to follow."""
        return


_OPENER = urllib.request.build_opener(_NoRedirects)


def _content_of(url: str) -> bytes:
    request = urllib.request.Request(url, headers={"accept": "application/json"})  # noqa: S310 - checked by the config
    with _OPENER.open(request, timeout=_FETCH_SECONDS) as response:
        content: bytes = response.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError("too large for a key set")
    return content
