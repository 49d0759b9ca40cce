"""Many at once want the same: one gets it, and all others are told why they do not."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import grpc
import pytest

from tests.load.conftest import KINDS, Load, Loaded, code_of
from tests.support.service import SERVING, client_of, running_service
from tests.support.serving import error_info_in

CALLERS = 100


def all_at_once(call: Callable[[int], Any]) -> list[Any]:
    """Returns what each of a hundred concurrent calls gives, its answer or its error."""
    together = Barrier(CALLERS)

    def attempt(number: int) -> Any:  # noqa: ANN401 - an answer or an error
        together.wait(30)
        try:
            return call(number)
        except grpc.RpcError as error:
            return error

    with ThreadPoolExecutor(CALLERS) as threads:
        return list(threads.map(attempt, range(CALLERS)))


def codes(outcomes: list[Any]) -> Counter[grpc.StatusCode]:
    """Returns how often each code came."""
    return Counter(
        code_of(each) if isinstance(each, grpc.RpcError) else grpc.StatusCode.OK
        for each in outcomes
    )


def errors_in(outcomes: list[Any]) -> list[Any]:
    """Returns the ErrorInfo of each call that failed."""
    return [error_info_in(each) for each in outcomes if isinstance(each, grpc.RpcError)]


@pytest.mark.parametrize("mapping", ["", "version: score"], ids=["hash", "version"])
@pytest.mark.parametrize("kind", KINDS)
def test_one_of_many_updates_with_one_etag_wins(load: Load, kind: str, mapping: str) -> None:
    """Of a hundred updates with one etag one is done; the others are told the etag it made."""
    loaded = load(kind, 1, mapping=mapping)
    before = loaded.get(1)

    outcomes = all_at_once(
        lambda number: loaded.update(before.name, before.etag, nickname=f"caller {number}")
    )

    assert codes(outcomes) == {grpc.StatusCode.OK: 1, grpc.StatusCode.ABORTED: CALLERS - 1}
    after = loaded.get(1)
    assert after in outcomes
    assert {info.metadata["etag"] for info in errors_in(outcomes)} == {after.etag}


@pytest.mark.parametrize("is_unique", [True, False], ids=["index", "no index"])
@pytest.mark.parametrize("kind", KINDS)
def test_one_of_many_creations_of_one_login_id_wins(
    load: Load, kind: str, *, is_unique: bool
) -> None:
    """Of a hundred creations of one login id, in any case, one is done, whatever indexes exist."""
    loaded = load(kind, is_unique=is_unique)
    spellings = ["ada@example.com", "Ada@Example.com", "ADA@EXAMPLE.COM"]

    outcomes = all_at_once(lambda number: loaded.create(email=spellings[number % 3]))

    assert codes(outcomes) == {grpc.StatusCode.OK: 1, grpc.StatusCode.ALREADY_EXISTS: CALLERS - 1}
    assert {info.metadata["property"] for info in errors_in(outcomes)} == {"email"}
    assert loaded.people.rows("SELECT COUNT(*) FROM people") == [(1,)]


@pytest.mark.parametrize("kind", KINDS)
def test_two_processes_on_one_database_agree(load: Load, kind: str) -> None:
    """Two servers on one database let one update and one creation through between them."""
    loaded = load(kind, 1, is_unique=False)
    before = loaded.get(1)
    with (
        running_service(loaded.config, log="second.log") as service,
        client_of(service.address) as client,
    ):
        client.await_health(SERVING)
        other = Loaded(loaded.people, service, client, loaded.config)
        both = (loaded, other)

        updates = all_at_once(
            lambda number: both[number % 2].update(before.name, before.etag, nickname=str(number))
        )
        creations = all_at_once(lambda number: both[number % 2].create(email="ada@example.com"))

    assert codes(updates) == {grpc.StatusCode.OK: 1, grpc.StatusCode.ABORTED: CALLERS - 1}
    assert codes(creations) == {grpc.StatusCode.OK: 1, grpc.StatusCode.ALREADY_EXISTS: CALLERS - 1}
