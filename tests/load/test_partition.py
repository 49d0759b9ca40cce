"""Two replicas, one of them parted from the state store that they share."""

from collections.abc import Callable

import pytest

from tests.load.conftest import POSTGRESQL
from tests.support.people import Place
from trials.partition import LINES, parted, replicas


@pytest.mark.slow
@pytest.mark.parametrize("kind", [POSTGRESQL])
def test_parted_replica_honours_no_session_that_is_over(
    places: Callable[[str], Place], kind: str
) -> None:
    """Cut off, it refuses; back, it knows what has ended and which request ids are taken."""
    with replicas(places(kind)) as pair:
        found = parted(pair, LINES["cut"], 1)

    assert found.wrong == []
    assert set(found.codes) == {"UNAVAILABLE", "UNAUTHENTICATED"}
