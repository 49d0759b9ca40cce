"""Holds a child process to being started anew, at growing distances, and to being given up."""

import sys
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryFile

import pytest
from structlog.testing import capture_logs

from ownid_grpc.gateway import child as children
from ownid_grpc.gateway.child import Child
from ownid_grpc.telemetry.logs import new_logger
from tests.gateway.running import await_true

TIMES = """
import pathlib, sys, time
with pathlib.Path(sys.argv[1]).open("a") as file:
    print(time.monotonic(), file=file)
sys.exit(7)
"""


def test_child_that_ends_again_and_again_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is started five times, each pause longer than the last, and each end is logged once."""
    monkeypatch.setattr(children, "_FIRST_PAUSE_SECONDS", 0.2)
    starts = tmp_path / "starts"
    with capture_logs() as logs, TemporaryFile("w+") as file:
        child = Child((sys.executable, "-c", TIMES, str(starts)), new_logger(), file)
        child.start()
        await_true(lambda: child.is_given_up)
        child.stop()

    times = [float(line) for line in starts.read_text("utf-8").splitlines()]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    ended = [(each["code"], each["in_a_row"]) for each in logs if each["event"] == "gateway.ended"]
    assert ended == [(7, count) for count in range(1, 6)]
    assert all(pause > least for pause, least in zip(pauses, (0.2, 0.4, 0.8, 1.6), strict=True))


def test_child_that_was_steady_starts_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ends that are far from each other are none in a row."""
    monkeypatch.setattr(children, "_FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(children, "_STEADY_SECONDS", 0)
    with capture_logs() as logs, TemporaryFile("w+") as file:
        child = Child((sys.executable, "-c", ""), new_logger(), file)
        child.start()
        await_true(lambda: len(logs) > 5)
        child.stop()

    assert not child.is_given_up
    assert {each["in_a_row"] for each in logs} == {1}
