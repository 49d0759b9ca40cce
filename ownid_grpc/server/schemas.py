"""The servicer of AccountSchemaService: convert, call, convert."""

from collections.abc import Iterator

import grpc
from ownid.v1 import account_schema_pb2
from ownid.v1.account_schema_service_pb2 import (
    CheckAccountSchemaRequest,
    CheckAccountSchemaResponse,
    GetAccountSchemaRequest,
    InferAccountSchemaRequest,
    ListAccountSchemaRevisionsRequest,
    ListAccountSchemaRevisionsResponse,
    RollbackAccountSchemaRequest,
    UpdateAccountSchemaRequest,
)
from ownid.v1.account_schema_service_pb2_grpc import AccountSchemaServiceServicer

from ownid_grpc.domain.names import (
    is_account_schema_revision_name,
    parse_account_schema_name,
    parse_account_schema_revision_name,
    parse_app_name,
)
from ownid_grpc.errors import InvalidArgument, Reason
from ownid_grpc.server.call import call_of
from ownid_grpc.server.convert import fill_account_schema, members_of
from ownid_grpc.services.checking import CheckProgress, SchemaChecks
from ownid_grpc.services.schemas import AccountSchemas, SchemaView

_JSON_SCHEMA = "account_schema.json_schema"
"""Where callers find the faults of a schema, whichever request it came in."""


class AccountSchemaServicer(AccountSchemaServiceServicer):
    """Answers AccountSchemaService."""

    def __init__(self, schemas: AccountSchemas, checks: SchemaChecks) -> None:
        self._schemas = schemas
        self._checks = checks

    def GetAccountSchema(
        self, request: GetAccountSchemaRequest, _context: grpc.ServicerContext
    ) -> account_schema_pb2.AccountSchema:
        """Returns the schema in force, or a revision."""
        if is_account_schema_revision_name(request.name):
            app, revision_id = parse_account_schema_revision_name(request.name)
            return _message(self._schemas.get_revision(app, revision_id))
        return _message(self._schemas.get(parse_account_schema_name(request.name)))

    def UpdateAccountSchema(
        self, request: UpdateAccountSchemaRequest, _context: grpc.ServicerContext
    ) -> account_schema_pb2.AccountSchema:
        """Sets the first or the next revision."""
        given = request.account_schema
        app = parse_account_schema_name(given.name, "account_schema.name")
        if not given.HasField("json_schema"):
            description = "No json_schema; send a JSON Schema of an object."
            raise InvalidArgument.at(
                Reason.ACCOUNT_SCHEMA_INVALID, _JSON_SCHEMA, "required", description, faults="1"
            )
        document = members_of(given.json_schema, _JSON_SCHEMA, Reason.ACCOUNT_SCHEMA_INVALID)
        return _message(
            self._schemas.update(
                app, document, etag=given.etag, validate_only=request.validate_only
            )
        )

    def ListAccountSchemaRevisions(
        self, request: ListAccountSchemaRevisionsRequest, _context: grpc.ServicerContext
    ) -> ListAccountSchemaRevisionsResponse:
        """Returns a page of the revisions."""
        app = parse_account_schema_name(request.parent, "parent")
        page = self._schemas.list_revisions(
            app, page_size=request.page_size, page_token=request.page_token
        )
        response = ListAccountSchemaRevisionsResponse(next_page_token=page.next_page_token)
        for schema in page.schemas:
            fill_account_schema(response.account_schemas.add(), schema)
        return response

    def RollbackAccountSchema(
        self, request: RollbackAccountSchemaRequest, _context: grpc.ServicerContext
    ) -> account_schema_pb2.AccountSchema:
        """Puts an older revision in force again."""
        app = parse_account_schema_name(request.name)
        return _message(self._schemas.roll_back(app, request.revision_id))

    def InferAccountSchema(
        self, request: InferAccountSchemaRequest, _context: grpc.ServicerContext
    ) -> account_schema_pb2.AccountSchema:
        """Returns a schema read off the database."""
        return _message(self._schemas.infer(parse_app_name(request.parent)))

    def CheckAccountSchema(
        self, request: CheckAccountSchemaRequest, context: grpc.ServicerContext
    ) -> Iterator[CheckAccountSchemaResponse]:
        """Yields what a check finds as it goes; all errors of the request come before the first."""
        app = parse_app_name(request.parent)
        document = None
        if request.HasField("json_schema"):
            reason = Reason.ACCOUNT_SCHEMA_INVALID
            document = members_of(request.json_schema, _JSON_SCHEMA, reason)
        for progress in self._checks.check(call_of(context), app, document, request.filter):
            yield _response(progress)


def _response(progress: CheckProgress) -> CheckAccountSchemaResponse:
    return CheckAccountSchemaResponse(
        accounts_checked=progress.accounts_checked,
        accounts_total=progress.accounts_total,
        accounts_failed=progress.accounts_failed,
        faults=[
            CheckAccountSchemaResponse.Fault(
                path=fault.path,
                rule=fault.rule,
                count=fault.count,
                sample_names=fault.sample_names,
            )
            for fault in progress.faults
        ],
        done=progress.is_done,
    )


def _message(schema: SchemaView) -> account_schema_pb2.AccountSchema:
    message = account_schema_pb2.AccountSchema()
    fill_account_schema(message, schema)
    return message
