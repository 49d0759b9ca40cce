"""Runs the whole benchmark, as small as can be."""

import pytest

from bench.promises import PROMISES
from bench.settings import Settings
from bench.site import running_site
from bench.workloads.catalogue import WORKS, needed_by

TINY = Settings(
    rows=500, rounds=1, seconds=0.1, streamed=500, imported=50, grown=(500, 1_000), shaped=100
)

SERVERS_OF_THEIR_OWN = {"start", "workers"}
"""Works that start more servers, which is what takes long: tests of the command see to those."""


@pytest.mark.postgresql
@pytest.mark.gateway
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_promise_is_measured() -> None:
    """Each work runs, every answer in it is right, and no promise is left unmeasured."""
    works = [name for name in WORKS if name not in SERVERS_OF_THEIR_OWN]

    with running_site(TINY, needed_by(works, TINY)) as site:
        for name in works:
            WORKS[name].run(site)

    due = [each for each in PROMISES if each.figure.work not in SERVERS_OF_THEIR_OWN]
    assert [each.says for each in due if not each.values(site.figures)] == []
    assert {"stages get", "stages list"} <= {figure.work for figure in site.figures.rounds}
