"""What a process that serves hears: told to stop, and to read its configuration again."""

import signal
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TypeAlias

Told: TypeAlias = "SimpleQueue[None]"
"""A queue: a handler may interrupt who holds the lock of an event, and would wait for ever."""

_LOOK_SECONDS = 0.2


def on_stop(act: Callable[[], object]) -> None:
    """Has SIGTERM and Ctrl-C do this from now on."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: act())


def on_hangup(act: Callable[[], object]) -> None:
    """Has SIGHUP do this from now on."""
    signal.signal(signal.SIGHUP, lambda *_: act())


def await_stop(stops: Told, is_over: Callable[[], bool]) -> None:
    """Returns once told to stop, or it `is_over`.

    Looks up now and then: the kernel may hand a signal to any thread, just as
    that starts another, and Python's handlers run only once this one wakes.
    """
    while not is_over():
        with suppress(Empty):
            stops.get(timeout=_LOOK_SECONDS)
            return
