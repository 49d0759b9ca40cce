"""`ownid-grpc schema`: shows and sets the account schema as a client of the service."""

import sys
from typing import Annotated, Any

import typer
from google.protobuf.json_format import MessageToDict
from ownid.v1.account_schema_pb2 import AccountSchema
from ownid.v1.account_schema_service_pb2 import (
    CheckAccountSchemaRequest,
    CheckAccountSchemaResponse,
    GetAccountSchemaRequest,
    InferAccountSchemaRequest,
    ListAccountSchemaRevisionsRequest,
    RollbackAccountSchemaRequest,
    UpdateAccountSchemaRequest,
)

from ownid_grpc.cli.client import Client, client_command
from ownid_grpc.cli.documents import parse_schema, read_text
from ownid_grpc.cli.errors import REFUSED, UNAVAILABLE, CallError, UsageError
from ownid_grpc.cli.output import (
    Progress,
    RowPrinter,
    members_of,
    print_document,
    print_fields,
    print_lines,
    warn,
)

commands = typer.Typer(
    help="Shows and sets the account schema, as a client of the service.",
    no_args_is_help=True,
    add_completion=False,
)

FullOption = Annotated[
    bool,
    typer.Option(
        "--full", help="Print the resource, with revision and etag, not the schema alone."
    ),
]


@client_command(commands, "get")
def get(
    client: Client,
    revision: Annotated[
        str,
        typer.Argument(
            help="A revision's id or full name; without it, the schema in force.",
            show_default=False,
        ),
    ] = "",
    full: FullOption = False,
) -> None:
    """Prints the JSON Schema in force, or that of a revision."""
    request = GetAccountSchemaRequest(name=client.schema_name(revision))
    _print_schema(client.call(client.schemas.GetAccountSchema, request), full)


@client_command(commands, "infer")
def infer(client: Client, full: FullOption = False) -> None:
    """Prints a JSON Schema that is read off the database; it is not set."""
    request = InferAccountSchemaRequest(parent=client.app_name())
    _print_schema(client.call(client.schemas.InferAccountSchema, request), full)


@client_command(commands, "set")
def set_schema(
    client: Client,
    file: Annotated[str, typer.Argument(help="The file of the JSON Schema, - for stdin.")],
    etag: Annotated[
        str, typer.Option(help="Only while the schema in force has this etag still.")
    ] = "",
    validate_only: Annotated[
        bool, typer.Option("--validate-only", help="Do everything but set it.")
    ] = False,
) -> None:
    """Sets the account schema.

    What `get --full` printed is taken too, and then set only while its etag
    holds.
    """
    document = parse_schema(read_text(file), file)
    inner = document.get("jsonSchema")
    if isinstance(inner, dict):
        etag = etag or str(document.get("etag", ""))
        document = inner
    schema = AccountSchema(name=client.schema_name(), etag=etag)
    schema.json_schema.update(document)
    request = UpdateAccountSchemaRequest(account_schema=schema, validate_only=validate_only)
    answer = client.call(client.schemas.UpdateAccountSchema, request)
    if validate_only:
        warn("the schema is good; it was not set")
    else:
        _print_revision(client, answer)


@client_command(commands, "check")
def check(
    client: Client,
    file: Annotated[
        str,
        typer.Argument(
            help="The file of a JSON Schema, - for stdin; without it, the schema in force.",
            show_default=False,
        ),
    ] = "",
    filter_text: Annotated[
        str, typer.Option("--filter", "-f", help="Which accounts, in the language of AIP-160.")
    ] = "",
) -> None:
    """Holds a schema against the accounts that exist; ends with 1 where any break it.

    Shows which rules are broken where, by how many accounts, and the names of
    some of them. Nothing is changed.
    """
    request = CheckAccountSchemaRequest(parent=client.app_name(), filter=filter_text)
    if file:
        document = parse_schema(read_text(file), file)
        inner = document.get("jsonSchema")
        request.json_schema.update(inner if isinstance(inner, dict) else document)
    found = _checked(client, request)
    _print_faults(client, found)
    failed, checked = found.accounts_failed, found.accounts_checked
    warn(f"{failed:,} of {checked:,} accounts break the schema")
    if failed:
        raise typer.Exit(REFUSED)


@client_command(commands, "revisions")
def revisions(client: Client) -> None:
    """Lists all revisions of the schema, newest first."""
    request = ListAccountSchemaRevisionsRequest(parent=client.schema_name(), page_size=100)
    rows = RowPrinter("revision") if client.connection.prints_table else None
    while True:
        page = client.call(client.schemas.ListAccountSchemaRevisions, request)
        if rows is not None:
            rows.add([_fields(schema) for schema in page.account_schemas])
        else:
            print_lines(_members(schema) for schema in page.account_schemas)
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


@client_command(commands, "rollback")
def rollback(
    client: Client,
    revision: Annotated[
        str, typer.Argument(metavar="REVISION", help="The id or the full name of the revision.")
    ],
) -> None:
    """Makes a new revision of an older one, in force at once."""
    name, _, revision_id = client.schema_name(revision).partition("/revisions/")
    if not revision_id:
        raise UsageError("Which revision? Give its id or its full name.")
    request = RollbackAccountSchemaRequest(name=name, revision_id=revision_id)
    _print_revision(client, client.call(client.schemas.RollbackAccountSchema, request))


def _checked(client: Client, request: CheckAccountSchemaRequest) -> CheckAccountSchemaResponse:
    """Returns what a check has found once it is done."""
    found: CheckAccountSchemaResponse
    with Progress(is_shown=sys.stderr.isatty()) as progress:
        for found in client.stream(client.schemas.CheckAccountSchema, request):
            if found.done:
                return found
            progress.total = found.accounts_total
            progress.advance(found.accounts_checked - progress.count)
    raise CallError("The check ended before all accounts were checked.", UNAVAILABLE)


def _print_faults(client: Client, found: CheckAccountSchemaResponse) -> None:
    if not client.connection.prints_table:
        print_lines(
            {
                "path": fault.path,
                "rule": fault.rule,
                "count": fault.count,
                "sampleNames": list(fault.sample_names),
            }
            for fault in found.faults
        )
    elif found.faults:
        RowPrinter("path", ["rule", "accounts"]).add([_fault_row(each) for each in found.faults])


def _fault_row(fault: CheckAccountSchemaResponse.Fault) -> dict[str, str]:
    ids = [name.rpartition("/")[2] for name in fault.sample_names]
    return {
        "path": fault.path or "(the account)",
        "rule": fault.rule,
        "accounts": f"{fault.count:,}",
        "such as": " ".join(ids),
    }


def _print_schema(schema: AccountSchema, full: bool) -> None:
    print_document(_members(schema) if full else members_of(schema.json_schema))


def _print_revision(client: Client, schema: AccountSchema) -> None:
    if client.connection.prints_table:
        print_fields(_fields(schema))
    else:
        print_lines([_members(schema)])


def _members(schema: AccountSchema) -> dict[str, Any]:
    return {**MessageToDict(schema), "jsonSchema": members_of(schema.json_schema)}


def _fields(schema: AccountSchema) -> dict[str, str]:
    return {
        "revision": schema.revision_id,
        "created": schema.revision_create_time.ToJsonString(),
        "etag": schema.etag,
    }
