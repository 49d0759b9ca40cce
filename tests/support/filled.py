"""The whole service over accounts whose values are marked, and what a caller may know of it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

from ownid.v1 import account_schema_service_pb2 as schemas
from ownid.v1 import account_service_pb2 as accounts

from ownid_grpc.domain.names import account_id
from ownid_grpc.domain.source import SourceDescription
from ownid_grpc.repositories.memory import MemoryAccountRepository
from ownid_grpc.testing.backends import Backend
from tests.support.keys import bearer
from tests.support.odd_requests import Known
from tests.support.odd_texts import STORED
from tests.support.whole import Whole, set_inferred_schema, whole_service

MAX_MESSAGE_BYTES = 1024**2

_METADATA = bearer()


@contextmanager
def filled_service(
    factory: Callable[[], AbstractContextManager[Backend]], folder: Path
) -> Iterator[tuple[Whole, Known]]:
    """Gives the service over a backend's standard accounts (`shop`) and chosen keys (`keyed`).

    A third app, `bare`, has no schema.
    """
    with ExitStack() as opened:
        backend = opened.enter_context(factory())
        assert backend.open_chosen is not None
        repositories = {
            "shop": backend.open(),
            "keyed": backend.open_chosen(),
            "bare": MemoryAccountRepository(SourceDescription((), frozenset())),
        }
        for repository in repositories.values():
            opened.callback(repository.close)
        server = f"max_message_bytes: {MAX_MESSAGE_BYTES}"
        whole = opened.enter_context(whole_service(folder, repositories, server))
        for _ in range(2):
            set_inferred_schema(whole, "shop", login_id="email")
            set_inferred_schema(whole, "keyed")
        made = [*_fill_shop(whole), *_fill_keyed(whole)]
        names = [each.name for each in made]
        yield whole, Known(names, [each.etag for each in made], _tokens(whole), _METADATA)


def _fill_shop(whole: Whole) -> Iterator[Any]:
    for number in range(12):
        email = f"{STORED}-{number}@example.com".lower()
        profile = {"email": email, "name": STORED, "theme": STORED, "score": number}
        yield _created(whole, parent="apps/shop", account={"profile": profile})


def _fill_keyed(whole: Whole) -> Iterator[Any]:
    for key in ("a", "b c", "é", "~"):
        account = {"profile": {"name": STORED}}
        yield _created(whole, parent="apps/keyed", account_id=account_id((key,)), account=account)


def _created(whole: Whole, **fields: Any) -> Any:  # noqa: ANN401 - generated without types
    request = accounts.CreateAccountRequest(**fields)
    return whole.client.accounts.CreateAccount(request, metadata=_METADATA)


def _tokens(whole: Whole) -> list[str]:
    """Returns tokens of lists in several orders, of a stream, and of a list of revisions."""
    tokens = []
    for order in ("", "score desc", "score", "name, email"):
        listing = accounts.ListAccountsRequest(parent="apps/shop", page_size=1, order_by=order)
        tokens.append(
            whole.client.accounts.ListAccounts(listing, metadata=_METADATA).next_page_token
        )
    search = accounts.SearchAccountsRequest(parent="apps/shop", chunk_size=1)
    stream = whole.client.accounts.SearchAccounts(search, metadata=_METADATA)
    tokens.append(next(stream).resume_token)
    stream.cancel()
    revisions = schemas.ListAccountSchemaRevisionsRequest(
        parent="apps/shop/accountSchema", page_size=1
    )
    answer = whole.client.schemas.ListAccountSchemaRevisions(revisions, metadata=_METADATA)
    return [*tokens, answer.next_page_token]
