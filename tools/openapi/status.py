"""Errors as schemas: google.rpc.Status, and the details that the service gives with one."""

from collections.abc import Mapping

from google.rpc import error_details_pb2

from tools.openapi.contract import Contract, Json
from tools.openapi.errors import reasons_of

_TYPES = "type.googleapis.com/"
_OTHERS = (
    error_details_pb2.BadRequest.DESCRIPTOR,
    error_details_pb2.PreconditionFailure.DESCRIPTOR,
    error_details_pb2.QuotaFailure.DESCRIPTOR,
    error_details_pb2.RequestInfo.DESCRIPTOR,
    error_details_pb2.ResourceInfo.DESCRIPTOR,
    error_details_pb2.RetryInfo.DESCRIPTOR,
)


def error_schemas(contract: Contract) -> Mapping[str, Json]:
    """Returns the schemas of an error, and of why it came."""
    return {
        "ErrorInfo": _error_info(),
        "ErrorReason": _error_reason(contract),
        "Status": _status(),
    }


def _status() -> Json:
    details: Json = {
        "type": "array",
        "description": "What helps to mend it.",
        "items": {"anyOf": [{"$ref": "#/components/schemas/ErrorInfo"}, _other()]},
    }
    code = {"type": "integer", "format": "int32", "description": "A `google.rpc.Code`."}
    message = {"type": "string", "description": "What is wrong, for a developer to read."}
    return {
        "type": "object",
        "description": "An error, as `google.rpc.Status` writes it.",
        "properties": {"code": code, "message": message, "details": details},
        "required": ["code", "message"],
    }


def _other() -> Json:
    """Returns what details there are beside the reason; their fields are those of google.rpc."""
    names = [f"{_TYPES}{each.full_name}" for each in _OTHERS]
    return {
        "type": "object",
        "properties": {"@type": {"type": "string", "enum": names}},
        "required": ["@type"],
        "additionalProperties": True,
    }


def _error_info() -> Json:
    metadata: Json = {
        "type": "object",
        "description": "What varies in the message.",
        "additionalProperties": {"type": "string"},
    }
    return {
        "type": "object",
        "description": "Why a call failed, for a program to act on.",
        "properties": {
            "@type": {"type": "string", "const": f"{_TYPES}google.rpc.ErrorInfo"},
            "reason": {"$ref": "#/components/schemas/ErrorReason"},
            "domain": {"type": "string", "const": "ownid"},
            "metadata": metadata,
        },
        "required": ["@type", "reason", "domain"],
    }


def _error_reason(contract: Contract) -> Json:
    reasons = reasons_of(contract)
    meanings = "\n\n".join(f"`{name}`: {comment}" for name, comment in reasons.items())
    return {"type": "string", "description": meanings, "enum": list(reasons)}
