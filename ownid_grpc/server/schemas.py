"""The servicer of AccountSchemaService: convert, call, convert."""

import grpc
from ownid.v1 import account_schema_pb2
from ownid.v1.account_schema_service_pb2 import (
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
from ownid_grpc.server.convert import fill_account_schema, members_of
from ownid_grpc.services.schemas import AccountSchemas, SchemaView


class AccountSchemaServicer(AccountSchemaServiceServicer):
    """Answers AccountSchemaService; what it does not override is not there yet."""

    def __init__(self, schemas: AccountSchemas) -> None:
        self._schemas = schemas

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
        field = "account_schema.json_schema"
        if not given.HasField("json_schema"):
            description = "No json_schema; send a JSON Schema of an object."
            raise InvalidArgument.at(
                Reason.ACCOUNT_SCHEMA_INVALID, field, "required", description, faults="1"
            )
        document = members_of(given.json_schema, field, Reason.ACCOUNT_SCHEMA_INVALID)
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


def _message(schema: SchemaView) -> account_schema_pb2.AccountSchema:
    message = account_schema_pb2.AccountSchema()
    fill_account_schema(message, schema)
    return message
