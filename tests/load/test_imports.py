"""Imports into real databases: given up, killed and racing, none loses or doubles an account."""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import grpc
import pytest
from google.rpc.code_pb2 import ALREADY_EXISTS, OK
from ownid.v1 import account_service_pb2 as messages

from tests.load.conftest import KINDS, METADATA, SERVERS, Load, Loaded
from tests.support.service import SERVING, Client, running_service

COUNT = 2000
ANSWERED = 300


def requests(numbers: Iterable[int], *, upsert: bool = False) -> Iterator[Any]:
    """Yields the messages of an import of people by number."""
    yield messages.ImportAccountsRequest(config={"parent": "apps/shop", "upsert": upsert})
    for number in numbers:
        profile = {"email": f"p{number}@example.com", "name": "n", "team": "t", "city": "Rome"}
        yield messages.ImportAccountsRequest(index=number, account={"profile": profile})


def importing(client: Client, numbers: Iterable[int], *, upsert: bool = False) -> Any:  # noqa: ANN401 - generated without types
    """Returns the stream of results of an import."""
    sent = requests(numbers, upsert=upsert)
    return client.accounts.ImportAccounts(sent, metadata=METADATA, timeout=100)


def there(loaded: Loaded) -> Counter[object]:
    """Returns how often each email is in the database."""
    return Counter(email for (email,) in loaded.people.rows("SELECT email FROM people"))


def answered_with_ok(results: Iterator[Any], count: int) -> set[object]:
    """Returns the emails of the first accounts of an import, which it says are made."""
    found = [next(results) for _ in range(count)]
    assert [each.status.code for each in found] == [OK] * count
    return {f"p{each.index}@example.com" for each in found}


@pytest.mark.parametrize("kind", KINDS)
def test_import_that_is_given_up_goes_on_when_run_again(load: Load, kind: str) -> None:
    """What was answered is there, each account with all its rows; run again, it makes the rest."""
    loaded = load(kind)
    results = importing(loaded.client, range(COUNT))
    answered = answered_with_ok(results, ANSWERED)

    results.cancel()
    again = list(importing(loaded.client, range(COUNT), upsert=True))

    assert [each.index for each in again] == [*range(COUNT)]
    assert {each.status.code for each in again} == {OK}
    assert sum(each.created for each in again) <= COUNT - len(answered)
    assert there(loaded) == {f"p{number}@example.com": 1 for number in range(COUNT)}
    assert loaded.people.rows("SELECT count(*) FROM homes") == [(COUNT,)]


@pytest.mark.parametrize("kind", SERVERS)
def test_service_that_is_killed_in_an_import_leaves_whole_accounts(load: Load, kind: str) -> None:
    """After a kill -9 of the service what was answered is there; run again, it makes the rest."""
    loaded = load(kind)
    results = importing(loaded.client, range(COUNT))
    answered = answered_with_ok(results, ANSWERED)

    loaded.service.process.kill()
    with pytest.raises(grpc.RpcError):
        list(results)

    assert answered <= there(loaded).keys()
    with running_service(loaded.config) as service, service.client() as client:
        client.await_health(SERVING, "app/shop")
        again = list(importing(client, range(COUNT), upsert=True))
    assert {each.status.code for each in again} == {OK}
    assert there(loaded) == {f"p{number}@example.com": 1 for number in range(COUNT)}
    assert loaded.people.rows("SELECT count(*) FROM homes") == [(COUNT,)]


@pytest.mark.parametrize("kind", KINDS)
def test_imports_that_race_make_each_account_once(load: Load, kind: str) -> None:
    """Of imports of the same people in any order each person is made by one, index or not."""
    loaded = load(kind, is_unique=False)
    codes: list[int] = []

    def work(numbers: Iterable[int]) -> None:
        with loaded.service.client() as client:
            codes.extend(each.status.code for each in importing(client, numbers))

    orders = [range(500), range(499, -1, -1), range(500)]
    workers = [threading.Thread(target=work, args=(order,)) for order in orders]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert Counter(codes) == {OK: 500, ALREADY_EXISTS: 1000}
    assert there(loaded) == {f"p{number}@example.com": 1 for number in range(500)}
