"""What a soak takes for growth."""

import pytest

from trials.soak import is_growing


@pytest.mark.parametrize(
    ("values", "grows"),
    [
        pytest.param([100 + n for n in range(20)], True, id="steadily"),
        pytest.param([100 + n + 2 * (n % 2) for n in range(20)], True, id="steadily and unsteady"),
        pytest.param([100.0] * 20, False, id="never"),
        pytest.param([100 + 9 * (n % 2) for n in range(20)], False, id="up and down"),
        pytest.param([100 + n / 100 for n in range(20)], False, id="by next to nothing"),
        pytest.param([100 - n for n in range(20)], False, id="backwards"),
    ],
)
def test_growth_is_told_from_chance(values: list[float], grows: bool) -> None:  # noqa: FBT001 - a verdict
    """Only what rises by more than it scatters, and by much, is taken for growth."""
    assert is_growing(values) is grows
