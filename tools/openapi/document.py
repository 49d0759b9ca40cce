"""The document as a whole."""

from tools.openapi.contract import Contract, Json
from tools.openapi.errors import gateway_responses
from tools.openapi.operations import paths_of
from tools.openapi.schemas import Schemas
from tools.openapi.security import SCHEMES
from tools.openapi.status import error_schemas

_DESCRIPTION = """\
The REST face of the account connector: what its gRPC services take and give, as JSON.

Fields are in snake case; in requests, lower camel case is understood too. What is empty, false or \
zero is left out of an answer. Members of a body that are not known are passed over, unknown \
parameters of the query are an error. Errors are a `google.rpc.Status` whose `ErrorInfo` says why.\
"""

_REQUEST_ID: Json = {
    "description": "The id of the request: the caller's own, or one that was made.",
    "required": True,
    "schema": {"type": "string"},
}


def document_of(contract: Contract) -> Json:
    """Returns the OpenAPI document of the REST face of a contract."""
    schemas = Schemas(contract, error_schemas(contract))
    paths = paths_of(contract, schemas)
    tags = [
        {"name": service.name, "description": contract.comment(service)}
        for service in contract.services()
    ]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ownid-grpc",
            "description": _DESCRIPTION,
            "version": "v1",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas.all(),
            "responses": gateway_responses(),
            "headers": {"x-request-id": _REQUEST_ID},
            "securitySchemes": SCHEMES,
        },
    }
