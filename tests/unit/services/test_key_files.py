"""Holds the files of callers' keys to being read as they are now, or were when they were good."""

import os
from pathlib import Path

import pytest

from ownid_grpc.config.keys import read_keys
from ownid_grpc.services.key_sources import KeyFileSource
from ownid_grpc.telemetry.logs import new_logger
from tests.support.keys import public_pem

from .sourced_keys import Clock, new_key


@pytest.fixture
def clock() -> Clock:
    """Returns the clock of the sources."""
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Returns the file of a caller's key."""
    path = tmp_path / "caller.pub.pem"
    path.write_bytes(public_pem(new_key()))
    return path


@pytest.fixture
def source(path: Path, clock: Clock) -> KeyFileSource:
    """Returns the source that reads the file."""
    return KeyFileSource(path, read_keys(path), new_logger(), clock)


def test_file_is_read_again_when_it_changes(
    source: KeyFileSource, path: Path, clock: Clock
) -> None:
    """A key that replaces another in its file is believed within a second, the other no more."""
    (before,) = source.keys(None)
    path.write_bytes(public_pem(new_key()))
    os.utime(path, ns=(1, 1))
    clock.now += 1

    (after,) = source.keys(None)

    assert after.ids != before.ids


def test_change_that_leaves_size_and_time_is_seen(
    source: KeyFileSource, path: Path, clock: Clock
) -> None:
    """A file that was copied with its time is another one all the same."""
    (before,) = source.keys(None)
    time = path.stat().st_mtime_ns
    other = path.with_name("other.pem")
    other.write_bytes(public_pem(new_key()))
    os.utime(other, ns=(time, time))
    other.replace(path)
    clock.now += 1

    (after,) = source.keys(None)

    assert after.ids != before.ids


@pytest.mark.parametrize("content", [None, b"", b"rubbish"])
def test_last_good_file_is_kept(
    source: KeyFileSource, path: Path, clock: Clock, content: bytes | None
) -> None:
    """A file that is gone, or is being written, leaves the keys that it had."""
    before = source.keys(None)
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    clock.now += 1

    assert source.keys(None) == before
