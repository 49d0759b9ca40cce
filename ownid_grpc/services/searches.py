"""Finding accounts by what they hold: a page at a time, or all of them as a stream."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from ownid_grpc.domain.account import Account
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.filters import bind_filter
from ownid_grpc.domain.masks import parse_read_mask
from ownid_grpc.domain.ordering import bind_order
from ownid_grpc.domain.paging import Position, TokenSealer, query_fingerprint
from ownid_grpc.domain.predicates import Query
from ownid_grpc.repositories.base import Fields
from ownid_grpc.services.apps import Apps
from ownid_grpc.services.in_force import SchemaInForce, SchemasInForce
from ownid_grpc.services.limits import Limits
from ownid_grpc.services.search_policy import SearchPolicy
from ownid_grpc.services.showing import shown


@dataclass(frozen=True, slots=True)
class Search:
    """Which accounts of an app a caller asks for, as it was written."""

    app: str
    filter: str = ""
    order_by: str = ""
    read_mask: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class AccountPage:
    """Accounts in order; `token` leads to those that follow, and is empty at the end."""

    accounts: Sequence[Account]
    token: str
    total_size: int | None = None


class AccountSearches:
    """Queries over the accounts of all apps."""

    def __init__(
        self,
        apps: Apps,
        schemas: SchemasInForce,
        sealer: TokenSealer,
        limits: Limits,
        policy: SearchPolicy,
    ) -> None:
        self._apps = apps
        self._schemas = schemas
        self._sealer = sealer
        self._limits = limits
        self._policy = policy

    def list(
        self,
        call: Call,
        search: Search,
        *,
        page_size: int = 0,
        page_token: str = "",
        show_total_size: bool = False,
    ) -> AccountPage:
        """Returns a page of the accounts that match; counts them all where asked to."""
        bound = self._bound(search, "list")
        limit = self._limits.page_size(page_size)
        after = self._opened(bound, page_token, "page_token")
        self._policy.check_query(call, search.app, bound.query)
        repository = self._apps.repository(search.app)
        page = repository.search(call, bound.query, after=after, limit=limit, fields=bound.fields)
        total = repository.count(call, bound.query.predicate) if show_total_size else None
        return self._page(bound, page.accounts, page.next, total)

    def stream(
        self, call: Call, search: Search, *, chunk_size: int = 0, resume_token: str = ""
    ) -> Generator[AccountPage, None, None]:
        """Yields all the accounts that match, in pages; every one but the last has a token."""
        bound = self._bound(search, "stream")
        size = self._limits.chunk_size(chunk_size)
        after = self._opened(bound, resume_token, "resume_token")
        self._policy.check_query(call, search.app, bound.query)
        repository = self._apps.repository(search.app)
        for page in repository.scan(call, bound.query, after=after, size=size, fields=bound.fields):
            yield self._page(bound, page.accounts, page.next)

    def _bound(self, search: Search, method: str) -> "_BoundSearch":
        in_force = self._schemas.for_reading(search.app)
        predicate = bind_filter(search.filter, in_force.fields)
        order = bind_order(search.order_by, in_force.fields)
        fields = parse_read_mask(search.read_mask, in_force.schema.properties)
        # The kinds are in it since values of another kind could not be compared.
        terms = [repr(term) for term in order]
        mask = sorted(search.read_mask)
        fingerprint = query_fingerprint(search.app, method, search.filter, *terms, "", *mask)
        return _BoundSearch(in_force, Query(predicate, order), fields, fingerprint)

    def _opened(self, bound: "_BoundSearch", token: str, field: str) -> Position | None:
        return self._sealer.open(token, bound.fingerprint, field) if token else None

    def _page(
        self,
        bound: "_BoundSearch",
        accounts: Sequence[Account],
        following: Position | None,
        total_size: int | None = None,
    ) -> AccountPage:
        schema = bound.in_force.schema
        token = self._sealer.seal(following, bound.fingerprint) if following else ""
        return AccountPage([shown(schema, account) for account in accounts], token, total_size)


@dataclass(frozen=True, slots=True)
class _BoundSearch:
    """A search as the schema in force understands it."""

    in_force: SchemaInForce
    query: Query
    fields: Fields
    fingerprint: bytes
