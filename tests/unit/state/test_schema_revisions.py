"""Holds the store to what it promises of schema revisions, on every database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from ownid_grpc.errors import Aborted, NotFound, Reason
from ownid_grpc.state.sql import SqlStateStore
from tests.support.clock import Clock

DOCUMENT = '{"type": "object", "title": "caf\\u00e9"}'


def test_app_begins_without_a_schema(store: SqlStateStore) -> None:
    """An app that nobody has set a schema for has none in force."""
    current = store.revisions.current("shop")

    assert current is None
    assert store.revisions.current_id("shop") is None


def test_appended_revision_is_in_force(store: SqlStateStore, clock: Clock) -> None:
    """What was appended last is in force, as it was given and with the time at which it was."""
    first = store.revisions.append("shop", DOCUMENT, after=None)
    clock.move(timedelta(microseconds=1))

    second = store.revisions.append("shop", "{}", after=first)

    assert store.revisions.current("shop") == second
    assert store.revisions.current_id("shop") == second.id
    assert second.create_time == clock.now
    assert second.document == "{}"


def test_older_revision_stays(store: SqlStateStore) -> None:
    """A revision that is no longer in force can be read, unchanged."""
    first = store.revisions.append("shop", DOCUMENT, after=None)
    store.revisions.append("shop", "{}", after=first)

    found = store.revisions.get("shop", first.id)

    assert found == first
    assert found.document == DOCUMENT


def test_equal_documents_have_unequal_etags(store: SqlStateStore) -> None:
    """An etag is of one revision: setting the same schema again gives another."""
    first = store.revisions.append("shop", "{}", after=None)

    second = store.revisions.append("shop", "{}", after=first)

    assert first.etag != second.etag
    assert second.etag.startswith('"')


def test_revision_is_refused_after_another_than_the_current(store: SqlStateStore) -> None:
    """A revision made with another one in mind than the one in force is refused."""
    first = store.revisions.append("shop", "{}", after=None)
    second = store.revisions.append("shop", "{}", after=first)

    with pytest.raises(Aborted) as caught:
        store.revisions.append("shop", DOCUMENT, after=first)

    assert caught.value.reason is Reason.CONCURRENT_CHANGE
    assert store.revisions.current("shop") == second


def test_one_of_many_writers_wins(store: SqlStateStore) -> None:
    """Of writers who replace the same revision at the same moment, one does."""
    first = store.revisions.append("shop", "{}", after=None)

    def is_written(_: int) -> bool:
        try:
            store.revisions.append("shop", "{}", after=first)
        except Aborted:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        wins = list(pool.map(is_written, range(16)))

    assert wins.count(True) == 1


@pytest.mark.parametrize("revision_id", ["", "nul\0", "\ud800", "DROP TABLE", "f" * 10_000])
def test_revision_that_cannot_be_is_not_found(store: SqlStateStore, revision_id: str) -> None:
    """A text that no revision can be called is a revision that is not there."""
    with pytest.raises(NotFound):
        store.revisions.get("shop", revision_id)


def test_unknown_revision_is_not_found(store: SqlStateStore) -> None:
    """A revision of another app is not found."""
    other = store.revisions.append("other", "{}", after=None)

    with pytest.raises(NotFound) as caught:
        store.revisions.get("shop", other.id)

    assert caught.value.reason is Reason.ACCOUNT_SCHEMA_REVISION_NOT_FOUND


def test_revisions_are_listed_newest_first(store: SqlStateStore) -> None:
    """Revisions come newest first, and go on below any number."""
    made = [store.revisions.append("shop", "{}", after=None)]
    for _ in range(4):
        made.append(store.revisions.append("shop", "{}", after=made[-1]))

    page = store.revisions.newest("shop", before=None, limit=2)
    rest = store.revisions.newest("shop", before=page[-1].number, limit=9)

    assert [*page, *rest] == made[::-1]


def test_apps_that_differ_in_case_are_two(store: SqlStateStore) -> None:
    """An app's schema is that of no other, not even of one called the same in capitals."""
    store.revisions.append("shop", "{}", after=None)

    current = store.revisions.current("SHOP")

    assert current is None


def test_long_document_is_kept_whole(store: SqlStateStore) -> None:
    """A document of a megabyte comes back as it was."""
    document = '"' + "x" * 1_000_000 + '"'

    store.revisions.append("shop", document, after=None)

    current = store.revisions.current("shop")
    assert current is not None
    assert current.document == document
