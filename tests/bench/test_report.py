"""Holds the reports to what was measured."""

from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

from bench.figures import Figure, Figures, Measure
from bench.promises import Promise
from bench.report.document import filled
from bench.report.pictures import growth_picture, stages_picture
from bench.workloads.stages import shares_of

GET = Figure("get", "ownid", Measure.RATE)
FLOOR = Figure("get", "floor", Measure.RATE)

MACHINE = {"processor": "Z80", "cores": "2", "load": "0.3", "python": "3.11"}

PAGE = """before
<!-- what make bench writes -->
old
<!-- the end of what make bench writes -->
after"""


def measured() -> Figures:
    """Returns two rounds of a get, a little growth, and the stages of a get."""
    figures = Figures()
    for floor, ours in ((100.0, 90.0), (200.0, 190.0)):
        figures.add("get", "floor", {Measure.RATE: floor})
        figures.add("get", "ownid", {Measure.RATE: ours})
    for rows, cost in ((1_000, 500.0), (100_000, 550.0)):
        figures.add("grown get", f"{rows:,} rows", {Measure.COST: cost})
    figures.add("stages get", "log", {Measure.SHARE: 0.25})
    figures.add("stages get", "grpcio & more", {Measure.SHARE: 0.75})
    return figures


def test_a_ratio_is_taken_round_by_round() -> None:
    """A round that was slow for all counts as any other."""
    promise = Promise("get", GET, FLOOR, at_least=0.9)

    assert promise.values(measured()) == [0.9, 0.95]


@pytest.mark.parametrize(
    ("promise", "is_kept"),
    [
        (Promise("", GET, at_least=2), True),
        (Promise("", GET, at_least=2.1), False),
        (Promise("", GET, at_most=2), True),
        (Promise("", GET, at_most=1.9), False),
    ],
    ids=["enough", "too little", "within", "too much"],
)
def test_a_promise_is_kept_up_to_its_bound(promise: Promise, is_kept: bool) -> None:  # noqa: FBT001 - a case
    """The bound itself is within what is promised."""
    assert promise.is_kept_by(2.0) is is_kept


def test_the_document_is_written_between_its_markers() -> None:
    """What people wrote stays; what an older run wrote goes."""
    text = filled(PAGE, measured(), MACHINE)

    assert text.startswith("before\n")
    assert text.endswith("\nafter")
    assert "old" not in text
    assert "| get | floor | 150 |" in text
    assert "On 2 cores of Z80, with python 3.11." in text
    assert filled(text, measured(), MACHINE) == text


@pytest.mark.parametrize(("load", "is_busy"), [("0.3", False), ("22.7", True)])
def test_a_busy_machine_is_told(load: str, is_busy: bool) -> None:  # noqa: FBT001 - a case
    """Who reads the rates learns that something else ran, and by what to judge instead."""
    text = filled(PAGE, measured(), MACHINE | {"load": load})

    assert ("busy" in text) is is_busy


@pytest.mark.parametrize("picture", [growth_picture, stages_picture])
@pytest.mark.parametrize("figures", [measured(), Figures()], ids=["measured", "nothing"])
def test_a_picture_is_well_formed(picture: Callable[[Figures], str], figures: Figures) -> None:
    """A picture is XML that names itself, also where nothing was measured."""
    root = ET.fromstring(picture(figures))  # noqa: S314 - written by ourselves

    assert root.find("{http://www.w3.org/2000/svg}title") is not None


def test_a_sample_belongs_to_the_innermost_stage() -> None:
    """Time counts for the part that spends it, not for those that called it."""
    samples = [
        "_worker (concurrent/futures/thread.py:81);get (ownid_grpc/repositories/sql/x.py:1) 1",
        "get (ownid_grpc/repositories/sql/x.py:1);dump (psycopg/_queries.py:103);len (y.py:1) 3",
    ]

    assert shares_of(samples) == {"mapping": 0.25, "driver, database": 0.75}
