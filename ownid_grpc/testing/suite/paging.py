"""What the port promises of pages: in order, never short, nothing twice, nothing left out."""

import threading
from collections.abc import Iterator
from typing import Any, Self

import pytest

from ownid_grpc.domain.account import PROFILE, AccountDraft, Profile
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.paging import TokenSealer
from ownid_grpc.domain.predicates import Query
from ownid_grpc.domain.source import Capability
from ownid_grpc.repositories.base import Page
from ownid_grpc.testing.backends import Backend
from ownid_grpc.testing.building import changing, emails, everybody, made, query
from ownid_grpc.testing.declared import DeclaredRepository

ORDERS = [
    "",
    "email",
    "name",
    "name desc",
    "score, name desc",
    "address.city desc, score",
    "theme",
    "level desc, theme",
    "balance, rating desc",
    "last_seen desc",
    "birthdate, active desc",
    "disabled, big desc",
]
COUNT = 30
MOST_PAGES = 1000


def pages(repository: DeclaredRepository, wanted: Query, limit: int) -> Iterator[Page]:
    """Yields page after page, following `next`."""
    after = None
    for _ in range(MOST_PAGES):
        page = repository.search(Call(), wanted, after=after, limit=limit)
        yield page
        if page.next is None:
            return
        after = page.next
    pytest.fail("paging does not come to an end")


MOST_WRITES = 300
"""So many that readers meet them all along, so few that there is an end to read to."""


class Writers:
    """Threads that insert, change and delete accounts of their own until the block ends."""

    def __init__(self, backend: Backend, count: int) -> None:
        self._backend = backend
        self._stop = threading.Event()
        self.failures: list[BaseException] = []
        self._threads = [threading.Thread(target=self._write, args=(n,)) for n in range(count)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _write(self, number: int) -> None:
        repository = DeclaredRepository.one_more(self._backend)
        try:
            for step in range(MOST_WRITES):
                if self._stop.is_set():
                    return
                email = f"new{number}-{step}@example.com"
                account = made(repository, email, name=["", "b", "z"][step % 3], score=step % 5)
                if step % 3 == 0:  # a change of what the order looks at may move it past a reader
                    repository.update(Call(), account.key, changing("theme", "é"))
                elif step % 3 == 1:
                    repository.delete(Call(), account.key)
        except BaseException as error:  # noqa: BLE001 - the test shows it
            self.failures.append(error)
        finally:
            repository.close()


class Paging:
    """Pages and scans: in order, never short, nothing twice, nothing left out."""

    @pytest.fixture
    def filled(self, repository: DeclaredRepository) -> DeclaredRepository:
        """Gives a repository with accounts that share most values and lack many."""
        for number in range(COUNT):
            profile: dict[str, Any] = {
                "email": f"{number * 7 % COUNT:02}@example.com",
                "name": ["b", "B", "é", "", "a'%_\\", None][number % 6],
                "score": number % 4 or None,
                "big": 2**53 + number % 3,
                "balance": number % 5,
                "rating": [0.1, None, 1e-7][number % 3],
                "active": [True, False, None][number % 3],
                "last_seen": ["2024-01-01T00:00:00Z", None, "2024-01-01T00:00:00.000001Z"][
                    number % 3
                ],
                "birthdate": ["2000-02-29", None][number % 2],
                "address": [{"city": "London"}, None, {"city": "london"}][number % 3],
                "theme": ["", None, "é", "e"][number % 4],
                "level": [1, 10, 9, None][number % 4],
            }
            given: Profile = {n: value for n, value in profile.items() if value is not None}
            repository.planted(AccountDraft(repository.declared.cut(given)))
        return repository

    @pytest.mark.parametrize("order", ORDERS)
    @pytest.mark.parametrize("limit", [1, 7, COUNT - 1, COUNT, COUNT + 1])
    def test_pages_are_full_and_in_one_order(
        self, filled: DeclaredRepository, order: str, limit: int
    ) -> None:
        """Pages of any size hold what one page holds, in its order, each full but the last."""
        wanted = query(order=order)
        whole = everybody(filled, wanted)

        found = list(pages(filled, wanted, limit))

        assert len(set(whole)) == COUNT
        assert emails(found) == whole
        assert [len(page.accounts) for page in found[:-1]] == [limit] * (len(found) - 1)
        assert len(found) == -(-COUNT // limit)

    @pytest.mark.parametrize("order", ORDERS)
    @pytest.mark.parametrize("size", [1, 7, COUNT])
    def test_scan_yields_what_pages_hold(
        self, filled: DeclaredRepository, order: str, size: int
    ) -> None:
        """A scan yields all accounts in the order of pages; every part but the last goes on."""
        wanted = query(order=order)

        parts = list(filled.scan(Call(), wanted, after=None, size=size))

        assert emails(parts) == everybody(filled, wanted)
        assert all(len(part.accounts) <= size for part in parts)
        assert [part.next is None for part in parts] == [False] * (len(parts) - 1) + [True]

    @pytest.mark.parametrize("order", ORDERS)
    def test_scan_and_pages_go_on_from_each_others_positions(
        self, filled: DeclaredRepository, order: str
    ) -> None:
        """Whatever gave a position, sealed in a token or not, the rest after it is the same."""
        wanted = query(order=order)
        whole = everybody(filled, wanted)
        sealer = TokenSealer(b"a secret of at least thirty-two bytes")
        *parts, _ = filled.scan(Call(), wanted, after=None, size=7)

        for number, part in enumerate(parts, start=1):
            assert part.next is not None
            after = sealer.open(sealer.seal(part.next, b""), b"")
            rest = whole[7 * number :]
            assert emails(filled.scan(Call(), wanted, after=after, size=7)) == rest
            assert emails([filled.search(Call(), wanted, after=after, limit=COUNT)]) == rest

    @pytest.mark.parametrize("order", ["", "name", "score desc"])
    def test_filter_holds_on_every_page(self, filled: DeclaredRepository, order: str) -> None:
        """A filter holds on every page, and pages are full of what matches it."""
        wanted = query("score >= 2 AND NOT name = null", order)
        whole = everybody(filled, wanted)

        found = list(pages(filled, wanted, 3))

        assert len(whole) == filled.count(Call(), wanted.predicate) > 6
        assert emails(found) == whole == emails(filled.scan(Call(), wanted, after=None, size=3))
        assert {len(page.accounts) for page in found[:-1]} == {3}

    def test_no_accounts_are_one_empty_page(self, repository: DeclaredRepository) -> None:
        """Where nothing matches there is one page, empty and the last."""
        wanted = query(order="name")

        assert repository.search(Call(), wanted, after=None, limit=5) == Page((), None)
        assert list(repository.scan(Call(), wanted, after=None, size=5)) == [Page((), None)]

    def test_fields_hold_on_every_page(self, filled: DeclaredRepository) -> None:
        """A read mask holds on pages too, whatever they are ordered by."""
        fields = frozenset({(PROFILE, "email")})
        wanted = query(order="last_seen, score desc")
        whole = everybody(filled, wanted)

        found = filled.search(Call(), wanted, after=None, limit=COUNT, fields=fields).accounts
        scanned = filled.scan(Call(), wanted, after=None, size=7, fields=fields)

        expected = [({"email": email}, "") for email in whole]
        assert [(each.profile, each.etag) for each in found] == expected
        assert [(each.profile, each.etag) for page in scanned for each in page.accounts] == expected

    @pytest.mark.parametrize("order", ["", "name", "score desc", "last_seen"])
    def test_position_outlives_its_account(self, filled: DeclaredRepository, order: str) -> None:
        """Paging goes on where it was after the last account seen was changed or deleted."""
        wanted = query(order=order)
        whole = everybody(filled, wanted)
        first = filled.search(Call(), wanted, after=None, limit=10)
        filled.update(Call(), first.accounts[8].key, changing("name", "zzz"))
        filled.delete(Call(), first.accounts[9].key)

        rest = emails([filled.search(Call(), wanted, after=first.next, limit=COUNT)])

        assert [email for email in rest if email != whole[8]] == whole[10:]

    @pytest.mark.parametrize("order", ["", "name", "score desc, name"])
    def test_paging_among_writers(
        self, backend: Backend, filled: DeclaredRepository, order: str
    ) -> None:
        """While others write, no page is short, nothing comes twice, nothing old is left out."""
        filled.need(Capability.INSERT, Capability.UPDATE, Capability.DELETE)
        filled.need_place({"name": "", "score": 0, "theme": ""})
        wanted = query(order=order)
        old = everybody(filled, wanted)

        with Writers(backend, 2) as writers:
            for _ in range(5):
                found = list(pages(filled, wanted, 4))
                scanned = list(filled.scan(Call(), wanted, after=None, size=4))

                for seen in (emails(found), emails(scanned)):
                    assert len(set(seen)) == len(seen)
                    assert [email for email in seen if not email.startswith("new")] == old
                assert {len(page.accounts) for page in found[:-1]} == {4}

        assert writers.failures == []

    def test_scan_holds_no_lock(self, filled: DeclaredRepository) -> None:
        """Between two parts of a scan others can write, even the accounts that are to come."""
        scan = filled.scan(Call(), query(order="name"), after=None, size=5)
        next(scan)

        for account in filled.search(Call(), query(), after=None, limit=COUNT).accounts:
            filled.update(Call(), account.key, changing("score", 9))
        rest = list(scan)

        assert len(emails(rest)) == COUNT - 5
        assert all(each.profile["score"] == 9 for page in rest for each in page.accounts)

    def test_scan_may_be_left(self, filled: DeclaredRepository) -> None:
        """A scan that is given up half-way leaves nothing behind that others would wait for."""
        for _ in range(40):
            scan = filled.scan(Call(), query(order="name"), after=None, size=1)
            next(scan)
            next(scan)

        assert filled.count(Call(), query().predicate) == COUNT
