"""A line between the service and a server that can be cut, be silent, be slow and be reset."""

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

_CHUNK_BYTES = 64 * 1024
_SLICES_A_SECOND = 10
_SECONDS = 10.0
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)

Upstream = Path | tuple[str, int]
"""A socket of Unix, or host and port."""


@dataclass(frozen=True, slots=True)
class Line:
    """How a line carries what is sent.

    A silent one takes connections and bytes, and hands them on when it is
    silent no more: a network that heals sends again what it had lost.
    `reset_every` counts answers; instead of that many-th comes a reset, though
    the server has done what it was asked.
    """

    is_cut: bool = False
    is_silent: bool = False
    delay_seconds: float = 0
    bytes_per_second: float = inf
    reset_every: int = 0


class Proxy:
    """Carries connections from a port of loopback to a server, as its line is."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._line = Line()
        self._answers = 0
        self._pairs: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._carrying: set[asyncio.Task[None]] = set()
        self._spoken = asyncio.Event()
        self._spoken.set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._listener: asyncio.Server | None = None
        self.port = self._run(self._listen(0))

    @contextmanager
    def carrying(self, line: Line) -> Iterator[None]:
        """Has the line be so within the block."""
        self._run(self._become(line))
        try:
            yield
        finally:
            self._run(self._become(Line()))

    def close(self) -> None:
        """Ends every connection and listens no more."""
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_SECONDS)
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - whatever it gives
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_SECONDS)

    async def _listen(self, port: int) -> int:
        self._listener = await asyncio.start_server(self._take, "127.0.0.1", port)
        found: int = self._listener.sockets[0].getsockname()[1]
        return found

    async def _become(self, line: Line) -> None:
        self._line = line
        if line.is_silent:
            self._spoken.clear()
        else:
            self._spoken.set()
        if line.is_cut and self._listener is not None:
            self._listener.close()
            self._listener = None
            for writer in [*self._pairs]:
                _reset(writer)
        elif not line.is_cut and self._listener is None:
            await self._listen(self.port)

    async def _end(self) -> None:
        await self._become(Line(is_cut=True))
        for task in self._carrying:
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = self._loop.create_task(self._carry(reader, writer))
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pair = {writer}
        with suppress(OSError, _Reset), self._ending(pair):
            await self._spoken.wait()
            server_reader, server_writer = await self._connect()
            pair.add(server_writer)
            self._pairs |= pair
            await asyncio.gather(
                self._pump(reader, server_writer), self._pump(server_reader, writer, is_answer=True)
            )

    @contextmanager
    def _ending(self, pair: set[asyncio.StreamWriter]) -> Iterator[None]:
        """Ends both sides, whatever went wrong on one of them."""
        try:
            yield
        finally:
            self._pairs -= pair
            for each in pair:
                _reset(each)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._upstream, Path):
            return await asyncio.open_unix_connection(self._upstream)
        return await asyncio.open_connection(*self._upstream)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool = False
    ) -> None:
        while content := await reader.read(self._chunk()):
            await self._pass(len(content), is_answer=is_answer)
            writer.write(content)
            await writer.drain()
        await self._spoken.wait()
        with suppress(OSError):
            writer.write_eof()
        # A database serves nobody of whom only half is left.
        writer.close()

    def _chunk(self) -> int:
        return int(min(_CHUNK_BYTES, max(self._line.bytes_per_second / _SLICES_A_SECOND, 1)))

    async def _pass(self, size: int, *, is_answer: bool) -> None:
        """Returns when so many bytes may go on."""
        line = self._line
        if line.reset_every and is_answer:
            self._answers += 1
            if self._answers % line.reset_every == 0:
                raise _Reset
        await asyncio.sleep(line.delay_seconds * is_answer + size / line.bytes_per_second)
        await self._spoken.wait()


class _Reset(Exception):
    """Both ends are to be told that the connection was reset."""


def _reset(writer: asyncio.StreamWriter) -> None:
    sock: socket.socket | None = writer.get_extra_info("socket")
    if sock is not None and sock.family != socket.AF_UNIX:
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
    writer.transport.abort()


@contextmanager
def proxy_to(upstream: Upstream) -> Iterator[Proxy]:
    """Gives a proxy to a server for as long as the block."""
    proxy = Proxy(upstream)
    try:
        yield proxy
    finally:
        proxy.close()
