"""Workers and the whole service, killed in mid-write: `make trial-kills` in small."""

import pytest

from trials.kills import run_trial


@pytest.mark.slow
@pytest.mark.postgresql
def test_kills_lose_double_and_halve_no_write() -> None:
    """After each of five kills, the last of them of all processes, the database is whole."""
    counts, faults = run_trial("postgresql", 5, is_patient=False)

    assert faults == []
    assert counts["looked at"] == 5
    assert counts["services killed"] == 1
    assert counts["writes under way"] > 0
