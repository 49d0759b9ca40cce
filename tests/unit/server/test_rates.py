"""Token buckets: what may come at once, what may come in the long run, and what is kept."""

from datetime import timedelta

import pytest

from ownid_grpc.errors import ResourceExhausted
from ownid_grpc.server.rates import Buckets, Rates


class Clock:
    """Stands still until it is told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Returns the time."""
        return self.now


def taken(buckets: Buckets, count: int, key: str = "a") -> int:
    """Returns how many of so many tokens there were."""
    found = 0
    for _ in range(count):
        try:
            buckets.take(key)
        except ResourceExhausted:
            continue
        found += 1
    return found


@pytest.mark.parametrize(
    ("per_second", "burst", "at_once"),
    [(10, None, 10), (10, 3, 3), (0.5, None, 1), (2.5, None, 2), (3, 30, 30)],
)
def test_full_bucket_holds_its_burst(per_second: float, burst: int | None, at_once: int) -> None:
    """After a pause a burst may come at once: a second's worth, unless another is said."""
    buckets = Buckets("calls", per_second, burst, Clock())

    assert taken(buckets, 100) == at_once


def test_tokens_come_back_as_time_passes() -> None:
    """In the long run as many are let through as the rate says, however many come."""
    clock = Clock()
    buckets = Buckets("calls", 10, 5, clock)
    assert taken(buckets, 5) == 5

    found = 0
    for _ in range(1000):
        clock.now += 0.01
        found += taken(buckets, 3)

    assert found == 100


def test_refusal_says_when_there_is_a_token() -> None:
    """Whoever comes again after the delay is let through."""
    clock = Clock()
    buckets = Buckets("calls", 0.1, 2, clock)
    taken(buckets, 2)
    clock.now += 4
    with pytest.raises(ResourceExhausted) as caught:
        buckets.take("a")

    assert caught.value.metadata == {"limit": "calls", "maximum": "0.1"}
    assert caught.value.retry_delay is not None
    assert caught.value.retry_delay / timedelta(seconds=6) == pytest.approx(1)
    clock.now += caught.value.retry_delay.total_seconds()
    assert taken(buckets, 2) == 1


def test_each_key_has_a_bucket_of_its_own() -> None:
    """What one takes is nobody else's loss."""
    buckets = Buckets("calls", 1, 1, Clock())

    assert [taken(buckets, 2, key) for key in ("a", "b")] == [1, 1]


def test_no_more_buckets_are_kept_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of very many keys those that were used last are remembered."""
    monkeypatch.setattr("ownid_grpc.server.rates._REMEMBERED", 3)
    buckets = Buckets("calls", 1, 1, Clock())
    for key in ("a", "b", "c", "a", "d"):
        taken(buckets, 1, key)

    assert [taken(buckets, 1, key) for key in ("a", "c", "d")] == [0, 0, 0]
    assert taken(buckets, 1, "b") == 1


def test_nothing_is_counted_where_no_rate_is_said() -> None:
    """By default everybody may call as often as they like."""
    rates = Rates((), {})

    for _ in range(1000):
        rates.count_caller("backoffice")
