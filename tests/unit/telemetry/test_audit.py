"""The audit log's file: moved away, shared, and full."""

import io
import json
from pathlib import Path

import pytest

from ownid_grpc.telemetry.audit import STANDARD_OUTPUT, Actor, AuditLog, Deed
from ownid_grpc.telemetry.logs import new_logger
from ownid_grpc.telemetry.metrics import PrometheusMeter
from ownid_grpc.telemetry.pseudonyms import Pseudonyms
from tests.support.logs import captured_logs

DEED = Deed("/ownid.v1.AccountService/DeleteAccount", "shop", "apps/shop/accounts/ada")


def audit_log(path: Path, meter: PrometheusMeter | None = None) -> AuditLog:
    """Returns an audit log in a file."""
    used = meter or PrometheusMeter(["shop"])
    return AuditLog(path, Pseudonyms(b"key"), new_logger(), used)


def write(log: AuditLog, request_id: str) -> None:
    """Writes one line."""
    log.write(Actor("admin", "backoffice"), request_id, [DEED])


def ids_in(path: Path) -> list[str]:
    """Returns the request ids of a file's lines."""
    return [json.loads(line)["request_id"] for line in path.read_text("utf-8").splitlines()]


def test_file_that_was_moved_away_is_made_anew(tmp_path: Path) -> None:
    """A rotated file keeps what it has, and the next line is in a new one."""
    path, moved = tmp_path / "audit.jsonl", tmp_path / "audit.jsonl.1"
    log = audit_log(path)
    write(log, "before")
    path.rename(moved)
    write(log, "after")

    assert (ids_in(moved), ids_in(path)) == (["before"], ["after"])
    assert path.stat().st_mode & 0o777 == 0o600


def test_processes_share_a_file(tmp_path: Path) -> None:
    """What several processes write is appended, line by line."""
    path = tmp_path / "audit.jsonl"
    one, other = audit_log(path), audit_log(path)
    for log, request_id in ((one, "1"), (other, "2"), (one, "3")):
        write(log, request_id)

    assert ids_in(path) == ["1", "2", "3"]


def test_line_that_cannot_be_written_is_said_and_counted() -> None:
    """A full disk fails no call: the log says so, and a metric that an alert can watch."""
    meter = PrometheusMeter(["shop"])
    with captured_logs() as lines:
        write(audit_log(Path("/dev/full"), meter), "lost")

    (event,) = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert (event["event"], event["lines"]) == ("audit.lost", 1)
    assert (
        meter.registry.get_sample_value("ownid_audit_lines_total", {"ownid_outcome": "lost"}) == 1
    )


def test_standard_output_takes_it_too(capfd: pytest.CaptureFixture[str]) -> None:
    """`-` is standard output, which what collects a container's output reads."""
    write(audit_log(STANDARD_OUTPUT), "printed")

    line = json.load(io.StringIO(capfd.readouterr().out))
    assert line["request_id"] == "printed"
    assert "ada" not in line["account"]
