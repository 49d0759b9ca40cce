"""Holds the store to what it promises of request ids, on every database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from ownid_grpc.state.base import RequestDigest, RequestState, Reservation
from ownid_grpc.state.sql import SqlStateStore
from ownid_grpc.state.tables import REQUEST_IDS
from tests.support.clock import Clock

ID = RequestDigest("1d" * 32)
ASKED = RequestDigest("a5" * 32)
OTHER = RequestDigest("07" * 32)


def reserve(store: SqlStateStore, fingerprint: RequestDigest = ASKED) -> Reservation:
    """Returns what the store says to the one request id of these tests."""
    return store.request_ids.reserve("shop", ID, fingerprint)


def test_first_call_gets_the_work(store: SqlStateStore) -> None:
    """A request id that was never sent is the caller's to work on."""
    reservation = reserve(store)

    assert reservation.state is RequestState.NEW
    assert reservation.owner


def test_call_meanwhile_is_told_so(store: SqlStateStore) -> None:
    """While one call works, another with its id gets no work."""
    reserve(store)

    second = reserve(store)

    assert second.state is RequestState.RUNNING
    assert not second.owner


def test_one_of_many_callers_gets_the_work(store: SqlStateStore) -> None:
    """Of calls that send one id at the same moment, one gets the work."""
    with ThreadPoolExecutor(8) as pool:
        states = list(pool.map(lambda _: reserve(store).state, range(16)))

    assert states.count(RequestState.NEW) == 1
    assert states.count(RequestState.RUNNING) == 15


def test_result_is_kept(store: SqlStateStore) -> None:
    """Once the work is done, every further call gets its result."""
    store.request_ids.finish(reserve(store), "sealed")

    second = reserve(store)

    assert second.state is RequestState.DONE
    assert second.result == "sealed"


@pytest.mark.parametrize("is_done", [True, False], ids=["done", "running"])
def test_first_fingerprint_is_told(store: SqlStateStore, *, is_done: bool) -> None:
    """A call that asks something else gets no work, and the fingerprint of the first."""
    first = reserve(store)
    if is_done:
        store.request_ids.finish(first, "sealed")

    second = reserve(store, OTHER)

    assert second.fingerprint == ASKED
    assert not second.owner


def test_released_id_is_as_new(store: SqlStateStore) -> None:
    """An id whose work has written nothing may be used for anything."""
    store.request_ids.release(reserve(store))

    second = reserve(store, OTHER)

    assert second.state is RequestState.NEW
    assert second.fingerprint == OTHER


def test_broken_work_goes_to_the_next_call(store: SqlStateStore) -> None:
    """Work that broke off is given, as such, to the next call that asks the same."""
    store.request_ids.break_off(reserve(store))

    second = reserve(store)
    third = reserve(store)

    assert second.state is RequestState.BROKEN
    assert second.owner
    assert third.state is RequestState.RUNNING


def test_broken_work_goes_to_no_other_request(store: SqlStateStore) -> None:
    """Work that broke off is not given to a call that asks something else."""
    store.request_ids.break_off(reserve(store))

    second = reserve(store, OTHER)

    assert second.fingerprint == ASKED
    assert not second.owner


def test_silent_work_counts_as_broken(store: SqlStateStore, clock: Clock) -> None:
    """Work of which nothing is heard for a minute, since its process died, counts as broken off."""
    reserve(store)
    clock.move(timedelta(minutes=1))

    second = reserve(store)

    assert second.state is RequestState.BROKEN


def test_who_was_given_up_changes_nothing(store: SqlStateStore, clock: Clock) -> None:
    """A call that was given up and then finishes does not touch the work of its successor."""
    late = reserve(store)
    clock.move(timedelta(minutes=1))
    successor = reserve(store)

    store.request_ids.finish(late, "late")
    store.request_ids.release(late)
    store.request_ids.finish(successor, "sealed")

    assert reserve(store).result == "sealed"


def test_id_is_forgotten_after_a_day(store: SqlStateStore, clock: Clock) -> None:
    """After 24 hours a request id is as new, for any request."""
    store.request_ids.finish(reserve(store), "sealed")
    clock.move(timedelta(hours=24))

    again = reserve(store, OTHER)

    assert again.state is RequestState.NEW
    assert again.fingerprint == OTHER


def test_expired_ids_are_swept(store: SqlStateStore, clock: Clock) -> None:
    """Ids that nobody sends again leave the store once they have expired."""
    for number in range(3):
        store.request_ids.reserve("shop", RequestDigest(f"{number:064}"), ASKED)
    clock.move(timedelta(hours=25))

    reserve(store)

    count = select(func.count()).select_from(REQUEST_IDS)
    assert store._connections.read(lambda connection: connection.scalar(count)) == 1


def test_apps_do_not_share_ids(store: SqlStateStore) -> None:
    """The same id for two apps is two requests."""
    reserve(store)

    other = store.request_ids.reserve("other", ID, ASKED)

    assert other.state is RequestState.NEW
