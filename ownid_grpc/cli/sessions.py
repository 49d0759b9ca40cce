"""`ownid-grpc sessions`: opens, shows and ends sessions as a client of the service."""

import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from google.protobuf.json_format import MessageToDict
from ownid.v1.session_pb2 import Session
from ownid.v1.session_service_pb2 import (
    CreateSessionRequest,
    CreateSessionResponse,
    GetSessionRequest,
    ListSessionsRequest,
    RevokeAllSessionsRequest,
    RevokeSessionRequest,
)

from ownid_grpc.cli.client import Client, client_command
from ownid_grpc.cli.documents import read_profile_argument
from ownid_grpc.cli.output import (
    RowPrinter,
    print_fields,
    print_lines,
    printable,
    shown_value,
    warn,
)

commands = typer.Typer(
    help="Opens, shows and ends sessions, as a client of the service.",
    no_args_is_help=True,
    add_completion=False,
)

_MOST_INT32 = 2**31 - 1
_PAGE = 1000

SessionArgument = Annotated[
    str, typer.Argument(metavar="SESSION", help="The session's name, as `list` prints it.")
]
AccountArgument = Annotated[
    str, typer.Argument(metavar="ACCOUNT", help="The account: its key, its id or its full name.")
]
ReasonOption = Annotated[
    str, typer.Option(help="Why, as it is to stand in the session for a week.")
]


@client_command(commands, "open")
def open_session(
    client: Client,
    account: AccountArgument,
    payload: Annotated[
        str, typer.Option(help="What the app keeps with it: JSON, @file, or - for stdin.")
    ] = "",
    user_agent: Annotated[str, typer.Option(help="The browser or device.")] = "",
    ip_address: Annotated[str, typer.Option(help="Where it is.")] = "",
) -> None:
    """Opens a session of an account, and shows its tokens: for developers, to try things with."""
    session = Session(user_agent=user_agent, ip_address=ip_address)
    if payload:
        session.payload.update(read_profile_argument(payload, "--payload"))
    request = CreateSessionRequest(parent=client.account_name(account), session=session)
    opened = client.call(client.sessions.CreateSession, request)
    if not client.connection.prints_table:
        print_lines([MessageToDict(opened)])
        return
    print_fields({**_fields_of(opened.session), **_secrets_of(opened)})
    warn("whoever has these tokens is signed in as the account: keep them secret")


@client_command(commands, "get")
def get(client: Client, session: SessionArgument) -> None:
    """Shows a session, up to a week after its end."""
    _print(client, client.call(client.sessions.GetSession, GetSessionRequest(name=session)))


@client_command(commands, "list")
def list_sessions(
    client: Client,
    account: Annotated[
        str, typer.Option(help="Only those of this account: its key, its id or its full name.")
    ] = "",
    filter_text: Annotated[
        str, typer.Option("--filter", "-f", help="Which sessions, such as 'state = ACTIVE'.")
    ] = "",
    page_size: Annotated[
        int, typer.Option(min=0, max=_MOST_INT32, help="Show one page of so many; 0 is all.")
    ] = 0,
    page_token: Annotated[str, typer.Option(help="Where the page before ended.")] = "",
) -> None:
    """Shows sessions, newest first."""
    parent = client.account_name(account) if account else f"{client.app_name()}/accounts/-"
    request = ListSessionsRequest(
        parent=parent, filter=filter_text, page_size=page_size or _PAGE, page_token=page_token
    )
    rows = RowPrinter("name", ("state", "createTime", "lastActiveTime", "expireTime"))
    for page in _pages(client, request, is_single=bool(page_size)):
        if client.connection.prints_table:
            rows.add([_fields_of(each) for each in page.sessions])
        else:
            print_lines([MessageToDict(each) for each in page.sessions])
    if page_size and page.next_page_token:
        warn(f"there are more; go on with --page-token {page.next_page_token}")


@client_command(commands, "revoke")
def revoke(client: Client, session: SessionArgument, reason: ReasonOption = "") -> None:
    """Ends a session and shows it; one that has ended stays as it is."""
    request = RevokeSessionRequest(name=session, reason=reason)
    _print(client, client.call(client.sessions.RevokeSession, request))


@client_command(commands, "revoke-all")
def revoke_all(
    client: Client,
    account: AccountArgument,
    reason: ReasonOption = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Ends all the sessions of an account."""
    name = client.account_name(account)
    if not yes and sys.stdin.isatty():
        typer.confirm(f"End all the sessions of {printable(name)}?", abort=True, err=True)
    request = RevokeAllSessionsRequest(parent=name, reason=reason)
    client.call(client.sessions.RevokeAllSessions, request)


def _pages(client: Client, request: ListSessionsRequest, *, is_single: bool) -> Iterator[Any]:
    while True:
        page = client.call(client.sessions.ListSessions, request)
        yield page
        if is_single or not page.next_page_token:
            return
        request.page_token = page.next_page_token


def _print(client: Client, session: Session) -> None:
    if client.connection.prints_table:
        print_fields(_fields_of(session))
    else:
        print_lines([MessageToDict(session)])


def _fields_of(session: Session) -> dict[str, str]:
    return {name: shown_value(value) for name, value in MessageToDict(session).items()}


def _secrets_of(opened: CreateSessionResponse) -> dict[str, str]:
    return {
        "accessToken": opened.access_token,
        "refreshToken": opened.refresh_token,
        "ticket": opened.ticket,
    }
