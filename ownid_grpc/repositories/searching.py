"""Searches of accounts that are at hand in Python: `matches` and `sort_key`, page by page."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from ownid_grpc.domain.account import Account, AccountKey
from ownid_grpc.domain.ordering import position_of, sort_key
from ownid_grpc.domain.paging import Position
from ownid_grpc.domain.predicates import Query, matches
from ownid_grpc.repositories.base import Fields, Page
from ownid_grpc.repositories.projection import filled


def positions_of(
    accounts: Iterable[Account],
    query: Query,
    after: Position | None,
    key_order: Callable[[AccountKey], tuple[object, ...]] = tuple,
) -> list[Position]:
    """Returns where the accounts of `query` stand after a position, in order.

    `key_order` says how keys, which break ties, compare where that is not as
    texts.
    """
    placed = [
        (sort_key(query, position, key_order), position)
        for account in accounts
        if matches(query.predicate, account)
        for position in [position_of(account, query)]
    ]
    if after is not None:
        start = sort_key(query, after, key_order)
        placed = [each for each in placed if each[0] > start]
    return [position for _, position in sorted(placed, key=lambda each: each[0])]


def page_of(
    accounts: Mapping[AccountKey, Account],
    positions: Sequence[Position],
    limit: int,
    fields: Fields,
) -> Page:
    """Returns the first `limit` accounts of all positions that follow."""
    chosen = tuple(filled(accounts[each.key], fields) for each in positions[:limit])
    return Page(chosen, positions[limit - 1] if len(positions) > limit else None)


def pages_of(
    fetch: Callable[[Sequence[AccountKey]], Iterable[Account]],
    positions: Sequence[Position],
    query: Query,
    size: int,
    fields: Fields,
) -> Iterator[Page]:
    """Yields the accounts at all positions as they are by then; what stopped matching is left out.

    `fetch` returns those of some keys that exist, in order and whole.
    """
    for start in range(0, max(len(positions), 1), size):
        part = positions[start : start + size]
        found = fetch([each.key for each in part])
        chosen = tuple(filled(each, fields) for each in found if matches(query.predicate, each))
        yield Page(chosen, part[-1] if start + size < len(positions) else None)
