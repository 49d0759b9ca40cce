"""The servicer of AccountService: convert, call, convert."""

from collections.abc import Iterable, Iterator

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.internal.containers import RepeatedCompositeFieldContainer
from google.protobuf.message import Message
from ownid.v1 import account_pb2
from ownid.v1.account_service_pb2 import (
    BatchGetAccountsRequest,
    BatchGetAccountsResponse,
    CreateAccountRequest,
    DeleteAccountRequest,
    GetAccountRequest,
    ImportAccountsRequest,
    ImportAccountsResponse,
    ListAccountsRequest,
    ListAccountsResponse,
    LookupAccountRequest,
    SearchAccountsRequest,
    SearchAccountsResponse,
    UpdateAccountRequest,
)
from ownid.v1.account_service_pb2_grpc import AccountServiceServicer

from ownid_grpc.domain.account import Account
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.names import (
    parse_account_name,
    parse_account_name_within,
    parse_app_name,
)
from ownid_grpc.server.account_messages import change_of, disabled_of, profile_of
from ownid_grpc.server.call import call_of
from ownid_grpc.server.convert import fill_account
from ownid_grpc.server.importing import Importer
from ownid_grpc.services.accounts import Accounts
from ownid_grpc.services.importing import Imports
from ownid_grpc.services.limits import Limits
from ownid_grpc.services.searches import AccountSearches, Search
from ownid_grpc.services.writing import NewAccount

MAX_PAGE_BYTES = 4 * 1024**2
"""What gRPC clients take in a message unless told otherwise: of large accounts a page has fewer."""


class AccountServicer(AccountServiceServicer):
    """Answers AccountService."""

    def __init__(
        self, accounts: Accounts, searches: AccountSearches, imports: Imports, limits: Limits
    ) -> None:
        self._accounts = accounts
        self._searches = searches
        self._importer = Importer(imports, limits)
        self._limits = limits

    def CreateAccount(
        self, request: CreateAccountRequest, context: grpc.ServicerContext
    ) -> account_pb2.Account:
        """Makes an account."""
        app = parse_app_name(request.parent)
        given = request.account
        profile = profile_of(given, self._limits)
        new = NewAccount(profile, disabled_of(given), request.account_id)
        account = self._accounts.create(
            call_of(context),
            app,
            new,
            request_id=request.request_id,
            validate_only=request.validate_only,
        )
        return _message(app, account)

    def GetAccount(
        self, request: GetAccountRequest, context: grpc.ServicerContext
    ) -> account_pb2.Account:
        """Returns an account by name."""
        app, key = parse_account_name(request.name)
        account = self._accounts.get(call_of(context), app, key, request.read_mask.paths)
        return _message(app, account)

    def LookupAccount(
        self, request: LookupAccountRequest, context: grpc.ServicerContext
    ) -> account_pb2.Account:
        """Returns an account by login id."""
        app = parse_app_name(request.parent)
        account = self._accounts.look_up(
            call_of(context), app, request.login_id, request.read_mask.paths
        )
        return _message(app, account)

    def BatchGetAccounts(
        self, request: BatchGetAccountsRequest, context: grpc.ServicerContext
    ) -> BatchGetAccountsResponse:
        """Returns accounts by name, in the order asked."""
        app = parse_app_name(request.parent)
        self._limits.check_batch(len(request.names))
        keys = [
            parse_account_name_within(app, name, f"names[{i}]")
            for i, name in enumerate(request.names)
        ]
        accounts = self._accounts.batch_get(call_of(context), app, keys, request.read_mask.paths)
        response = BatchGetAccountsResponse()
        _fill_accounts(response.accounts, app, accounts)
        return response

    def ListAccounts(
        self, request: ListAccountsRequest, context: grpc.ServicerContext
    ) -> ListAccountsResponse:
        """Returns a page of the accounts that match."""
        search, call, size = _search_of(request), call_of(context), request.page_size
        while True:
            page = self._searches.list(
                call,
                search,
                page_size=size,
                page_token=request.page_token,
                show_total_size=request.show_total_size,
            )
            response = ListAccountsResponse(next_page_token=page.token, total_size=page.total_size)
            _fill_accounts(response.accounts, search.app, page.accounts)
            size = _smaller(response, len(page.accounts))
            if not size:
                return response

    def SearchAccounts(
        self, request: SearchAccountsRequest, context: grpc.ServicerContext
    ) -> Iterator[SearchAccountsResponse]:
        """Yields all the accounts that match; all errors of the request come before the first."""
        search = _search_of(request)
        yield from self._chunks(
            call_of(context), search, size=request.chunk_size, token=request.resume_token
        )

    def UpdateAccount(
        self, request: UpdateAccountRequest, context: grpc.ServicerContext
    ) -> account_pb2.Account:
        """Changes an account."""
        given = request.account
        app, key = parse_account_name(given.name, "account.name")
        change = change_of(given, request.update_mask.paths, self._limits)
        account = self._accounts.update(
            call_of(context), app, key, change, validate_only=request.validate_only
        )
        return _message(app, account)

    def DeleteAccount(self, request: DeleteAccountRequest, context: grpc.ServicerContext) -> Empty:
        """Deletes an account."""
        app, key = parse_account_name(request.name)
        self._accounts.delete(
            call_of(context), app, key, etag=request.etag, allow_missing=request.allow_missing
        )
        return Empty()

    def ImportAccounts(
        self, requests: Iterator[ImportAccountsRequest], context: grpc.ServicerContext
    ) -> Iterator[ImportAccountsResponse]:
        """Yields the result of each account sent, in order."""
        yield from self._importer.answers(requests, context)

    def _chunks(
        self, call: Call, search: Search, *, size: int, token: str
    ) -> Iterator[SearchAccountsResponse]:
        pages = self._searches.stream(call, search, chunk_size=size, resume_token=token)
        for page in pages:
            response = SearchAccountsResponse(resume_token=page.token)
            _fill_accounts(response.accounts, search.app, page.accounts)
            smaller = _smaller(response, len(page.accounts))
            if smaller:
                pages.close()
                yield from self._chunks(call, search, size=smaller, token=token)
                return
            token = page.token
            yield response


def _search_of(request: ListAccountsRequest | SearchAccountsRequest) -> Search:
    app = parse_app_name(request.parent)
    return Search(app, request.filter, request.order_by, request.read_mask.paths)


def _fill_accounts(
    messages: RepeatedCompositeFieldContainer[account_pb2.Account],
    app: str,
    accounts: Iterable[Account],
) -> None:
    for account in accounts:
        fill_account(messages.add(), app, account)


def _smaller(response: Message, count: int) -> int:
    """Returns how many accounts to ask for instead where `count` are too large, else 0."""
    size = response.ByteSize()
    return max(count * MAX_PAGE_BYTES // size // 2, 1) if size > MAX_PAGE_BYTES and count > 1 else 0


def _message(app: str, account: Account) -> account_pb2.Account:
    message = account_pb2.Account()
    fill_account(message, app, account)
    return message
