"""Methods as operations: where each field of a request stands, and what comes back."""

import re
from collections.abc import Iterable, Iterator

from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor

from tools.openapi.contract import Binding, Contract, Json, bindings_of, is_required
from tools.openapi.errors import responses_of
from tools.openapi.schemas import Schemas
from tools.openapi.security import security_of
from tools.openapi.templates import Path, path_of

# RFC 3986 unreserved characters, less the dots that a URL would swallow.
_SEGMENT: Json = {
    "type": "string",
    "pattern": r"^(\.{0,2}[A-Za-z0-9_~-]|\.{3})[A-Za-z0-9._~-]*$",
}


def paths_of(contract: Contract, schemas: Schemas) -> Json:
    """Returns the operations of all methods by their paths and verbs."""
    resources = contract.patterns()
    found: dict[str, Json] = {}
    for service in contract.services():
        for method in service.methods:
            for place, binding in enumerate(bindings_of(method), 1):
                path = path_of(binding.template, resources)
                operation = _operation(method, binding, path, contract, schemas)
                operation["operationId"] = method.name if place == 1 else f"{method.name}{place}"
                found.setdefault(path.path, {})[binding.verb] = operation
    return found


def _operation(
    method: MethodDescriptor, binding: Binding, path: Path, contract: Contract, schemas: Schemas
) -> Json:
    bound = method.input_type.fields_by_name[path.field.partition(".")[0]]
    comment = contract.comment(_leaf(method.input_type, path.field))
    parameters = [_path_parameter(each, f"The {each} it is in.") for each in path.parameters[:-1]]
    parameters.append(_path_parameter(path.parameters[-1], comment))
    operation: Json = {
        "tags": [method.containing_service.name],
        "summary": re.sub(r"(?<=[a-z])(?=[A-Z])", " ", method.name).capitalize(),
        "description": contract.comment(method),
        "operationId": "",
        "security": security_of(method),
    }
    if binding.body:
        operation["requestBody"] = _request_body(method, binding.body, bound, schemas)
    if binding.body != "*":
        parameters += _query(method.input_type, {bound.name, binding.body}, schemas)
    operation["parameters"] = parameters
    operation["responses"] = {"200": _answer(method, contract, schemas)}
    operation["responses"] |= responses_of(method, contract)
    return operation


def _leaf(message: Descriptor, path: str) -> FieldDescriptor:
    """Returns the field at the end of a path such as `account.name`."""
    first, _, rest = path.partition(".")
    field: FieldDescriptor = message.fields_by_name[first]
    if not rest or field.message_type is None:
        return field
    return _leaf(field.message_type, rest)


def _path_parameter(name: str, description: str) -> Json:
    return {
        "name": name,
        "in": "path",
        "description": description,
        "required": True,
        "schema": _SEGMENT,
    }


def _query(message: Descriptor, elsewhere: Iterable[str], schemas: Schemas) -> Iterator[Json]:
    """Yields the parameters of the fields that stand neither in the path nor in the body."""
    for field in message.fields:
        if field.name not in elsewhere:
            schema = schemas.field(field)
            parameter: Json = {"name": field.name, "in": "query"}
            parameter["description"] = schema.pop("description")
            if is_required(field):
                parameter["required"] = True
            yield parameter | {"schema": schema}


def _request_body(
    method: MethodDescriptor, body: str, bound: FieldDescriptor, schemas: Schemas
) -> Json:
    """Returns the body of a request; where it needs no field, none is the same as an empty one."""
    message: Descriptor = method.input_type
    if body == "*":
        schema = schemas.reference(message, without=[bound.name])
    else:
        field = message.fields_by_name[body]
        schema, message = schemas.field(field), field.message_type or message
    required = any(is_required(each) for each in message.fields if each is not bound)
    return {"content": {"application/json": {"schema": schema}}, "required": required}


def _answer(method: MethodDescriptor, contract: Contract, schemas: Schemas) -> Json:
    schema = schemas.reference(method.output_type)
    comment = contract.comment(method.output_type) or "Done."
    return {
        "description": f"{comment}{_IN_LINES if _is_lines(method) else ''}",
        "headers": {"x-request-id": {"$ref": "#/components/headers/x-request-id"}},
        "content": _content(method, schema),
    }


_IN_LINES = "\n\nJSON lines; each is one of these."


def _content(method: MethodDescriptor, schema: Json) -> Json:
    """Returns an answer by its media type; what is said of a stream is said of each item."""
    if _is_lines(method):
        return {"application/x-ndjson": {"schema": schema}}
    if method.server_streaming:
        data = {"type": "string", "contentMediaType": "application/json", "contentSchema": schema}
        event = {"type": "object", "properties": {"data": data}, "required": ["data"]}
        return {"text/event-stream": {"schema": event}}
    return {"application/json": {"schema": schema}}


def _is_lines(method: MethodDescriptor) -> bool:
    # The gateway makes events of what a page listens to, which it gets by GET.
    return method.server_streaming and next(bindings_of(method)).verb != "get"
