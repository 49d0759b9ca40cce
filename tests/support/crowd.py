"""Very many open pages, which one thread listens for: as many threads would starve the server."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import grpc
from ownid.v1.session_service_pb2 import WatchSessionRequest
from ownid.v1.session_service_pb2_grpc import SessionServiceStub

from tests.support.sessions import APP, User

_CHANNELS = 4
"""A connection of HTTP/2 carries some hundred streams at a time."""

_SECONDS = 60.0


class Crowd:
    """Pages of some users, which wait for events."""

    def __init__(self, calls: Sequence[Any], loop: asyncio.AbstractEventLoop) -> None:
        self._calls = calls
        self._loop = loop

    def next_events(self) -> list[str]:
        """Returns what each page is told next, heartbeats included."""
        return self._all(_next)

    def ends(self) -> list[str]:
        """Returns what each page is told next that is no heartbeat."""
        return self._all(_next_news)

    def _all(self, read: Callable[[Any], Awaitable[str]]) -> list[str]:
        async def together() -> list[str]:
            return await asyncio.gather(*(read(call) for call in self._calls))

        return asyncio.run_coroutine_threadsafe(together(), self._loop).result(_SECONDS)


@contextmanager
def crowd_of(address: str, users: Sequence[User], count: int) -> Iterator[Crowd]:
    """Opens so many pages, the users taking turns, and leaves them at the end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def open_all() -> tuple[list[Any], list[Any]]:
        options = [("grpc.use_local_subchannel_pool", 1)]
        channels = [grpc.aio.insecure_channel(address, options) for _ in range(_CHANNELS)]
        stubs: list[Any] = [SessionServiceStub(channel) for channel in channels]
        request = WatchSessionRequest(parent=APP)
        calls = [
            stubs[number % _CHANNELS].WatchSession(
                request, metadata=users[number % len(users)].bearer()
            )
            for number in range(count)
        ]
        return channels, calls

    async def close_all(channels: Sequence[Any]) -> None:
        for channel in channels:
            await channel.close()

    channels, calls = asyncio.run_coroutine_threadsafe(open_all(), loop).result(_SECONDS)
    try:
        yield Crowd(calls, loop)
    finally:
        asyncio.run_coroutine_threadsafe(close_all(channels), loop).result(_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_SECONDS)
        loop.close()


async def _next(call: Any) -> str:  # noqa: ANN401 - generated without types
    message = await call.read()
    return str(message.WhichOneof("event")) if message is not grpc.aio.EOF else "end"


async def _next_news(call: Any) -> str:  # noqa: ANN401 - likewise
    while (event := await _next(call)) == "heartbeat":
        pass
    return event
