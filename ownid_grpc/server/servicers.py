"""The servicers of the contract, on one server."""

import grpc
from ownid.v1.account_schema_service_pb2_grpc import add_AccountSchemaServiceServicer_to_server
from ownid.v1.account_service_pb2_grpc import add_AccountServiceServicer_to_server
from ownid.v1.session_service_pb2_grpc import add_SessionServiceServicer_to_server

from ownid_grpc.server.accounts import AccountServicer
from ownid_grpc.server.schemas import AccountSchemaServicer
from ownid_grpc.server.sessions import SessionServicer
from ownid_grpc.services.services import Services


def add_servicers(server: grpc.Server, services: Services) -> None:
    """Has `server` answer every method of the contract by `services`."""
    accounts = AccountServicer(
        services.accounts, services.searches, services.imports, services.limits
    )
    add_AccountServiceServicer_to_server(accounts, server)
    schemas = AccountSchemaServicer(services.schemas, services.checks)
    add_AccountSchemaServiceServicer_to_server(schemas, server)
    add_SessionServiceServicer_to_server(SessionServicer(services.sessions), server)
