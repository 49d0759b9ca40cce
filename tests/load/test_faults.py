"""A line to the database that breaks, and what callers are told meanwhile, held against a model."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.load.conftest import SERVERS, loaded_service
from tests.support.people import Place
from tests.support.proxy import Line
from trials.databases import distant_people
from trials.registers import Registers


@pytest.mark.slow
@pytest.mark.parametrize("kind", SERVERS)
def test_no_write_is_lost_doubled_or_half_done_on_a_line_that_breaks(
    places: Callable[[str], Place], tmp_path: Path, kind: str
) -> None:
    """Whatever becomes of the line, all that callers were told is true in one order."""
    with (
        distant_people(places(kind)) as distant,
        loaded_service(distant.people, tmp_path) as loaded,
    ):
        registers = Registers(loaded)
        with registers.used():
            registers.await_calls(100)
            for line in (Line(reset_every=40), Line(is_cut=True), Line(bytes_per_second=50_000)):
                with distant.proxy.carrying(line):
                    registers.await_calls(100)
            registers.await_calls(100)

    assert registers.faults() == []
