"""`ownid-grpc accounts`: reads, searches and changes accounts as a client of the service."""

import sys
from typing import Annotated

import typer
from google.protobuf.field_mask_pb2 import FieldMask
from ownid.v1.account_pb2 import Account
from ownid.v1.account_service_pb2 import (
    CreateAccountRequest,
    DeleteAccountRequest,
    GetAccountRequest,
    ListAccountsRequest,
    ListAccountsResponse,
    LookupAccountRequest,
    SearchAccountsRequest,
    UpdateAccountRequest,
)

from ownid_grpc.cli.accounts.exports import export_accounts
from ownid_grpc.cli.accounts.imports import ValidateOption, import_accounts
from ownid_grpc.cli.accounts.options import (
    DisabledOption,
    FieldsOption,
    FilterOption,
    OrderOption,
    RetriesOption,
)
from ownid_grpc.cli.accounts.printing import AccountPrinter, print_account, print_page
from ownid_grpc.cli.accounts.profiles import mask_paths, read_profile
from ownid_grpc.cli.accounts.searches import search_accounts
from ownid_grpc.cli.client import Client, client_command, key_of
from ownid_grpc.cli.errors import REFUSED, CallError, UsageError
from ownid_grpc.cli.output import Progress, printable, warn
from ownid_grpc.domain import names

commands = typer.Typer(
    help="Reads, searches and changes accounts, as a client of the service.",
    no_args_is_help=True,
    add_completion=False,
)

_MOST_INT32 = 2**31 - 1

AccountArgument = Annotated[
    str,
    typer.Argument(
        metavar="ACCOUNT",
        help="The account: its key, its id or its full name. A composite key is a JSON array.",
    ),
]
ProfileArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PROFILE...",
        help="Properties as name=text, address.city=text or name:=json, where name:=null clears;"
        " or a whole profile in JSON: as it is, @file, or - for stdin.",
        show_default=False,
    ),
]
EtagOption = Annotated[
    str,
    typer.Option(help="Only while the account has this etag still."),
]


@client_command(commands, "get")
def get(client: Client, account: AccountArgument, fields: FieldsOption = "") -> None:
    """Shows an account."""
    request = GetAccountRequest(name=client.account_name(account), read_mask=_mask(fields))
    print_account(client, client.call(client.accounts.GetAccount, request))


@client_command(commands, "lookup")
def lookup(
    client: Client,
    login_id: Annotated[
        str, typer.Argument(metavar="LOGIN_ID", help="What the user signs in with.")
    ],
    fields: FieldsOption = "",
) -> None:
    """Shows the account that signs in with a login id."""
    request = LookupAccountRequest(
        parent=client.app_name(), login_id=login_id, read_mask=_mask(fields)
    )
    print_account(client, client.call(client.accounts.LookupAccount, request))


@client_command(commands, "list")
def list_page(
    client: Client,
    filter_text: FilterOption = "",
    order_by: OrderOption = "",
    page_size: Annotated[
        int, typer.Option(min=0, max=_MOST_INT32, help="The most accounts to show; 0 is 50.")
    ] = 0,
    page_token: Annotated[str, typer.Option(help="Where the page before ended.")] = "",
    fields: FieldsOption = "",
    total: Annotated[
        bool, typer.Option("--total", help="Say how many accounts match on all pages.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Print the page as one JSON object, token and all.")
    ] = False,
) -> None:
    """Shows a page of the accounts that match."""
    request = ListAccountsRequest(
        parent=client.app_name(),
        filter=filter_text,
        order_by=order_by,
        page_size=page_size,
        page_token=page_token,
        read_mask=_mask(fields),
        show_total_size=total,
    )
    page = client.call(client.accounts.ListAccounts, request)
    if full:
        print_page(page)
    else:
        AccountPrinter(client, request.read_mask).add(page.accounts)
        _note_rest(page)


@client_command(commands, "search")
def search(
    client: Client,
    filter_text: FilterOption = "",
    order_by: OrderOption = "",
    fields: FieldsOption = "",
    chunk_size: Annotated[
        int, typer.Option(min=0, max=_MOST_INT32, help="The most accounts a message; 0 is 500.")
    ] = 0,
    resume_token: Annotated[
        str, typer.Option(help="Where an earlier search of the same words stopped.")
    ] = "",
    retries: RetriesOption = 8,
) -> None:
    """Shows all the accounts that match, as they come.

    A search that breaks goes on by itself where it stopped. One that cannot
    be finished says so, and ends with a code that is not 0.
    """
    request = SearchAccountsRequest(
        parent=client.app_name(),
        filter=filter_text,
        order_by=order_by,
        read_mask=_mask(fields),
        chunk_size=chunk_size,
        resume_token=resume_token,
    )
    _print_all(client, request, retries)


@client_command(commands, "create")
def create(
    client: Client,
    profile: ProfileArgument = None,
    chosen: Annotated[
        str, typer.Option("--id", help="Its key or id, where the caller chooses it.")
    ] = "",
    disabled: DisabledOption = None,
    request_id: Annotated[
        str, typer.Option(help="Makes it safe to try again: the same id makes nothing twice.")
    ] = "",
    validate_only: ValidateOption = False,
) -> None:
    """Makes an account, and shows it as the database then has it."""
    request = CreateAccountRequest(
        parent=client.app_name(),
        account=_account(profile or [], disabled),
        account_id=names.account_id(key_of(chosen)) if chosen else "",
        request_id=request_id,
        validate_only=validate_only,
    )
    print_account(client, client.call(client.accounts.CreateAccount, request))
    _note_rehearsal(validate_only)


@client_command(commands, "update")
def update(
    client: Client,
    account: AccountArgument,
    profile: ProfileArgument = None,
    mask: Annotated[
        str,
        typer.Option(
            help="The fields to change, with commas between; those not given are cleared."
            " Without it, the fields given are changed; * replaces the whole profile.",
        ),
    ] = "",
    disabled: DisabledOption = None,
    etag: EtagOption = "",
    validate_only: ValidateOption = False,
) -> None:
    """Changes an account, and shows it as the database then has it."""
    if not profile and disabled is None and not mask:
        raise UsageError("Nothing to change; give properties, --disabled, --enabled or --mask.")
    changed = _account(profile or [], disabled)
    changed.name = client.account_name(account)
    changed.etag = etag
    request = UpdateAccountRequest(
        account=changed, update_mask=_mask(mask), validate_only=validate_only
    )
    print_account(client, client.call(client.accounts.UpdateAccount, request))
    _note_rehearsal(validate_only)


@client_command(commands, "delete")
def delete(
    client: Client,
    account: AccountArgument,
    etag: EtagOption = "",
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Take it for done where there is none.")
    ] = False,
    is_sure: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Deletes an account; asks first on a terminal."""
    name = client.account_name(account)
    asks = sys.stdin.isatty() and not is_sure
    if asks and not typer.confirm(f"Delete {printable(name)}?", err=True):
        raise typer.Exit(REFUSED)
    request = DeleteAccountRequest(name=name, etag=etag, allow_missing=allow_missing)
    client.call(client.accounts.DeleteAccount, request)
    if client.connection.prints_table:
        warn(f"{name} is deleted", label="done")


client_command(commands, "export")(export_accounts)
client_command(commands, "import")(import_accounts)


def _print_all(client: Client, request: SearchAccountsRequest, retries: int) -> None:
    printer = AccountPrinter(client, request.read_mask)
    with Progress() as progress:

        def announce(text: str) -> None:
            progress.clear()
            warn(text)

        try:
            for accounts in search_accounts(client, request, retries=retries, announce=announce):
                printer.add(accounts)
                progress.advance(len(accounts))
        except CallError as error:
            if progress.count or request.resume_token:
                error.details = [*error.details, *_unfinished(progress.count, request.resume_token)]
            raise


def _note_rest(page: ListAccountsResponse) -> None:
    if page.HasField("total_size"):
        warn(f"{page.total_size:,} accounts match")
    if page.next_page_token:
        warn(f"there is more; the next page: --page-token {page.next_page_token}")


def _mask(text: str) -> FieldMask | None:
    return FieldMask(paths=mask_paths(text)) if text else None


def _account(arguments: list[str], disabled: bool | None) -> Account:
    account = Account(disabled=disabled)
    account.profile.update(read_profile(arguments))
    return account


def _unfinished(count: int, resume_token: str) -> list[str]:
    lines = [f"the search is not finished; it gave {count:,} accounts"]
    if resume_token:
        lines.append(f"the rest: the same command with --resume-token {resume_token}")
    return lines


def _note_rehearsal(validate_only: bool) -> None:
    if validate_only:
        warn("nothing was written")
