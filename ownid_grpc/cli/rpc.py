"""gRPC as commands load it: before anything else does, and with its own log switched off.

What grpc logs would land among the words of a command, and it reads the
environment once, when it is loaded.
"""

import os

os.environ.setdefault("GRPC_VERBOSITY", "NONE")

import grpc
from ownid.v1.account_schema_service_pb2_grpc import AccountSchemaServiceStub
from ownid.v1.account_service_pb2_grpc import AccountServiceStub
from ownid.v1.session_service_pb2_grpc import SessionServiceStub

__all__ = ["AccountSchemaServiceStub", "AccountServiceStub", "SessionServiceStub", "grpc"]
