"""`make bench-imports` measures imports and exports, and notices an account that is not as sent."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.imports.people import Profile, check_people, profile_of, write_people
from bench.imports.phases import Bench
from tests.support.people import place_of

COUNT = 4000


@pytest.mark.slow
def test_killed_import_and_export_are_measured_and_hold_everybody(tmp_path: Path) -> None:
    """An import that is killed and run again is measured and checked, as is the export of all."""
    file = tmp_path / "people.jsonl"
    write_people(file, COUNT)
    with place_of("sqlite") as place:
        bench = Bench(place, tmp_path, file, COUNT)
        phases = [bench.killed_client(), bench.exported()]

    assert [phase.name for phase in phases] == [
        "import, rest after kill -9 of the client",
        "export",
    ]
    for phase in phases:
        assert phase.client is not None
        assert 0 < phase.accounts <= COUNT
        assert 0 < phase.client.early_mib <= phase.client.peak_mib < 1024
        assert 0 < phase.service.early_mib <= phase.service.peak_mib < 1024


FAULTS: dict[str, Callable[[list[Profile]], list[Profile]]] = {
    "missing": lambda people: people[1:],
    "twice": lambda people: [*people, people[0]],
    "changed": lambda people: [{**people[0], "city": "Oslo"}, *people[1:]],
    "of no line": lambda people: [*people, profile_of(len(people))],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_account_that_is_not_as_its_line_has_it_is_noticed(fault: str) -> None:
    """One that is missing, there twice, changed or too many ends the measurement."""
    people = [profile_of(number) for number in range(10)]
    check_people(people, 10)

    with pytest.raises(ValueError, match=r"There|missing|Not as"):
        check_people(FAULTS[fault](people), 10)
