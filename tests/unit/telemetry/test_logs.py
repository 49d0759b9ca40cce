"""Logs: one event a line, and nothing in it that must not be seen."""

import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from ownid_grpc.telemetry.lines import Lines
from ownid_grpc.telemetry.logs import (
    REDACTED,
    Redaction,
    configure_logs,
    log_uncaught,
    new_logger,
)
from ownid_grpc.telemetry.pseudonyms import Pseudonyms


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where the log goes while a test runs."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    before = structlog.get_config()
    configure_logs(stream=stream, delay_seconds=0)
    yield stream
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)


def events(stream: io.StringIO) -> list[dict[str, Any]]:
    """Returns the events of a log."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_event_is_one_line_of_json(stream: io.StringIO) -> None:
    """An event is a line with its name, its level, its time and its fields."""
    new_logger().info("call", code="OK", note="two\nlines")

    (event,) = events(stream)
    assert event.pop("timestamp").endswith("Z")
    assert event == {"event": "call", "level": "info", "code": "OK", "note": "two\nlines"}


@pytest.mark.parametrize(
    "name", ["token", "access_token", "password", "client_secret", "authorization", "cookie"]
)
def test_secret_is_blanked(stream: io.StringIO, name: str) -> None:
    """A field that is called a secret is not shown."""
    new_logger().warning("event", **{name: "hunter2"})

    assert events(stream)[0][name] == REDACTED
    assert "hunter2" not in stream.getvalue()


def test_identifier_is_hashed_the_same_each_time(stream: io.StringIO) -> None:
    """What names a person is a hash, so that lines about one person can still be put together."""
    for login_id in ("ada@example.com", "ada@example.com", "bob@example.com"):
        new_logger().info("event", login_id=login_id)

    first, second, third = (event["login_id"] for event in events(stream))
    assert first == second != third
    assert "ada" not in stream.getvalue()


def test_hash_depends_on_the_key() -> None:
    """Nobody without the key can tell whose hash it is by trying names."""
    assert Pseudonyms(b"one").of("ada") != Pseudonyms(b"two").of("ada")


def raise_key_error(name: str) -> NoReturn:
    """Raises an error that quotes a person."""
    raise KeyError(name)


def caught_error() -> Exception:
    """Returns an error with a cause, both of which quote a person."""
    try:
        try:
            raise_key_error("ada@example.com")
        except KeyError as cause:
            raise ValueError("row of ada@example.com") from cause
    except ValueError as error:
        return error


def test_error_shows_where_and_not_what(stream: io.StringIO) -> None:
    """Of an error the log has its types and its places, and not what it says."""
    new_logger().error("fault", exc_info=caught_error())

    (event,) = events(stream)
    assert [line for line in event["trace"] if ":" not in line] == ["KeyError", "ValueError"]
    assert "in caught_error" in event["trace"][1]
    assert "ada" not in stream.getvalue()


def test_what_libraries_log_is_an_event_without_its_values(stream: io.StringIO) -> None:
    """A library's line has its form and not what is filled in, and trifles are left out."""
    logging.getLogger("grpc").info("trifle")
    logging.getLogger("grpc").error("Row %s is bad", "ada@example.com")

    (event,) = events(stream)
    assert (event["logger"], event["form"]) == ("grpc", "Row %s is bad")
    assert "ada" not in stream.getvalue()


def test_line_that_a_library_has_filled_in_is_known_by_its_place(stream: io.StringIO) -> None:
    """Where nothing tells form and values apart, neither is shown."""
    logging.getLogger("grpc").error("Exception: row of ada@example.com")

    (event,) = events(stream)
    assert event["form"].rpartition(":")[0] == __file__
    assert "ada" not in stream.getvalue()


def test_error_that_nothing_catches_is_an_event(
    stream: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ends a thread is logged as all errors are, and not printed with what it says."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    log_uncaught(new_logger())
    thread = threading.Thread(target=raise_key_error, args=("ada@example.com",), name="sweep")

    thread.start()
    thread.join(10)

    (event,) = events(stream)
    assert (event["event"], event["thread"]) == ("fault", "sweep")
    assert event["trace"][0] == "KeyError"
    assert "ada" not in stream.getvalue()


def test_lines_are_written_together_and_all(stream: io.StringIO) -> None:
    """Lines that are held back for a moment come out in their order, and none is lost."""
    lines = Lines(stream, delay_seconds=3600)
    for number in range(1000):
        lines.msg(str(number))

    lines.flush()

    assert stream.getvalue().split() == [str(number) for number in range(1000)]


class Fickle(io.StringIO):
    """A stream that cannot be written to at first."""

    is_broken = True

    def write(self, text: str) -> int:
        """Takes the text, or raises what a pipe without a reader does."""
        if self.is_broken:
            raise BrokenPipeError
        return super().write(text)


def test_log_that_nobody_reads_stops_nothing() -> None:
    """Lines that cannot be written are dropped, and those that follow are written again."""
    stream = Fickle()
    lines = Lines(stream, delay_seconds=0)

    lines.msg("lost")
    stream.is_broken = False
    lines.msg("kept")

    assert stream.getvalue() == "kept\n"


def test_identifier_that_is_no_utf8_is_hashed() -> None:
    """Half a surrogate pair, which a database may hold, does not make logging fail."""
    assert len(Pseudonyms(b"key").of("\ud800")) == 16


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=5))
def test_any_fields_can_be_logged(fields: dict[str, str]) -> None:
    """No field name or value makes an event fail."""
    redacted = Redaction(Pseudonyms(b"key"))(None, "info", dict(fields))

    assert set(redacted) >= set(fields) - {"exc_info"}
