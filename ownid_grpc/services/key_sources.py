"""Where public keys of others come from, read again as files and key sets change."""

import json
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
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
_PIECE_BYTES = 64 * 1024


class KeySource(Protocol):
    """Keys that tokens of one issuer may be signed with."""

    def keys(self, key_id: str | None) -> Sequence[PublicKey]:
        """Returns the keys that are known; looks for newer ones where none is called so."""
        ...

    @property
    def is_current(self) -> bool:
        """Whether a key that is not here is none of the issuer's: there is no other to be had."""
        ...


KeySources: TypeAlias = Mapping[str, Sequence[KeySource]]
"""Where the keys of each caller come from, by the caller's name."""


class KeySets:
    """The key sets of all URLs, each fetched once for all who trust it.

    They outlive a new reading of the configuration: a URL that does not answer
    just then takes no keys away.
    """

    def __init__(self, log: Logger) -> None:
        self._log = log
        self._sources: dict[str, KeySetSource] = {}

    def at(self, url: str) -> "KeySetSource":
        """Returns the key set of a URL."""
        return self._sources.setdefault(url, KeySetSource(url, self._log))


def key_sources(callers: Sequence[Caller], sets: KeySets, log: Logger) -> KeySources:
    """Returns where the keys of each caller come from, as ownid.yaml says."""
    return {caller.name: sources_of(caller.keys, caller.jwks_url, sets, log) for caller in callers}


def sources_of(
    files: Sequence[KeyFile], url: str | None, sets: KeySets, log: Logger
) -> Sequence[KeySource]:
    """Returns where the keys of one issuer come from: files, and a key set where there is one."""
    sources: list[KeySource] = [KeyFileSource(file.path, file.keys, log) for file in files]
    return [*sources, sets.at(url)] if url else sources


@dataclass(slots=True)
class KeyFileSource:
    """The keys of a file, read again once it changes; the last good ones where it cannot be."""

    path: Path
    found: Sequence[PublicKey]
    log: Logger
    monotonic: Callable[[], float] = time.monotonic
    _stamp: tuple[int, ...] | None = ()
    _looked_at: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_current(self) -> bool:
        """Always: a file is at hand."""
        return True

    def keys(self, key_id: str | None) -> Sequence[PublicKey]:  # noqa: ARG002 - a file has no others
        """Returns the keys of the file as it is, or was a moment ago."""
        now = self.monotonic()
        if self._looked_at is None or now - self._looked_at >= _FILE_SECONDS:
            with self._lock:
                self._looked_at = now
                self._look()
        return self.found

    def _look(self) -> None:
        stamp = _stamp_of(self.path)
        if stamp == self._stamp:
            return
        # Kept before it is read: what is no good is said once, not at every look.
        self._stamp = stamp
        try:
            self.found = read_keys(self.path)
        except ValueError:
            self.log.warning("keys.unreadable", file=self.path.name)


def _stamp_of(path: Path) -> tuple[int, ...] | None:
    """Returns what differs once a file, or who may read it, has changed; None for no file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


@dataclass(slots=True)
class KeySetSource:
    """The keys of a JWKS URL (RFC 7517), fetched when first needed and again in time.

    A URL that does not answer leaves the last good set in force. It is fetched
    aside, for which nobody waits longer than `fetch_seconds`, however slowly
    the answer drips in.
    """

    url: str
    log: Logger
    monotonic: Callable[[], float] = time.monotonic
    fetch_seconds: float = _FETCH_SECONDS
    _found: Sequence[PublicKey] = ()
    _fetched_at: float | None = None
    _tried_at: float | None = None
    _is_current: bool = False
    _ended: threading.Event | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_current(self) -> bool:
        """Whether the last fetch has brought a set."""
        return self._is_current

    def keys(self, key_id: str | None) -> Sequence[PublicKey]:
        """Returns the keys of the set."""
        is_known = any(key_id is None or key_id in key.ids for key in self._found)
        if not is_known or self._is_older(self._fetched_at, FRESH_SECONDS):
            self._renew(is_known=is_known)
        return self._found

    def _renew(self, *, is_known: bool) -> None:
        with self._lock:
            is_ours = self._ended is None and self._is_older(self._tried_at, RETRY_SECONDS)
            if is_ours:
                self._begin()
            ended, began = self._ended, self._tried_at or 0.0
        # Whose key is not known waits for whoever fetches; the others go on with what is there.
        if ended is not None and (is_ours or not is_known):
            ended.wait(max(began + self.fetch_seconds - self.monotonic(), 0))

    def _is_older(self, moment: float | None, seconds: float) -> bool:
        return moment is None or self.monotonic() - moment >= seconds

    def _begin(self) -> None:
        self._tried_at, self._is_current = self.monotonic(), False
        self._ended = threading.Event()
        threading.Thread(target=self._fetch, args=(self._ended,), daemon=True).start()

    def _fetch(self, ended: threading.Event) -> None:
        try:
            found = usable_keys(json.loads(_content_of(self.url, self.fetch_seconds)))
            self._found, self._fetched_at, self._is_current = found, self._tried_at, True
        except (OSError, HTTPException, ValueError, RecursionError):
            self.log.warning("keys.unreachable", known=len(self._found))
        finally:
            with self._lock:
                self._ended = None
            ended.set()


class _AsAnswered(urllib.request.HTTPErrorProcessor):
    """Follows nobody elsewhere: the operator named one address, and trusts that."""

    def http_response(
        self,
        request: urllib.request.Request,  # noqa: ARG002 - as the base class has it
        response: HTTPResponse,
    ) -> HTTPResponse:
        """Returns the answer as it is, whatever its status."""
        return response

    https_response = http_response


def _content_of(url: str, seconds: float) -> bytes:
    end = time.monotonic() + seconds
    request = urllib.request.Request(url, headers={"accept": "application/json"})  # noqa: S310 - checked by the config
    # Plain http goes to this very machine, which no proxy must come between.
    proxies = {name: to for name, to in urllib.request.getproxies().items() if name == "https"}
    opener = urllib.request.build_opener(_AsAnswered, urllib.request.ProxyHandler(proxies))
    content = b""
    with opener.open(request, timeout=seconds) as response:
        if response.status != HTTPStatus.OK:
            raise ValueError("no key set, but another answer")
        while piece := response.read1(_PIECE_BYTES):
            content += piece
            if len(content) > _MOST_BYTES:
                raise ValueError("too large for a key set")
            if time.monotonic() > end:
                raise TimeoutError("too slow for a key set")
    return content
