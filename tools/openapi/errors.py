"""The errors of each method, read off the comments, and how HTTP has them."""

import re
from collections.abc import Iterable, Mapping

from google.protobuf.descriptor import MethodDescriptor

from tools.openapi.contract import Contract, Json

REASONS = "ownid.v1.ErrorReason"
STATUS: Json = {"$ref": "#/components/schemas/Status"}

HTTP = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
"""How google/rpc/code.proto maps the codes that comments name."""

OF_GATEWAY = {
    400: "The path, the query or the JSON does not fit the method.",
    404: "There is no such method.",
    405: "The path has no such verb.",
    408: "The request did not arrive in time.",
    413: "The request is larger than the gateway takes.",
    429: "More requests come than the gateway takes.",
    431: "The headers are larger than the gateway takes.",
    500: "The gateway cannot pass on what the server has answered.",
    502: "No server takes the call now.",
    503: "No server takes the call now.",
    504: "The call took longer than it may.",
}
"""What the gateway may answer by itself, whatever the method."""

_WORD = re.compile(r"[A-Z][A-Z_]+")


def reasons_of(contract: Contract) -> Mapping[str, str]:
    """Returns what each reason of an error means, by its name on the wire."""
    enum = contract.enum(REASONS)
    named = {
        _bare(value.name): contract.comments[f"{REASONS}.{value.name}"] for value in enum.values
    }
    return {name: comment for name, comment in named.items() if name != "UNSPECIFIED"}


def responses_of(method: MethodDescriptor, contract: Contract) -> Json:
    """Returns the responses that are errors, by their status."""
    found: dict[int, list[str]] = {}
    for code, reasons in _codes_of(method, contract).items():
        names = ", ".join(f"`{each}`" for each in reasons)
        found.setdefault(HTTP[code], []).append(f"{code}: {names}." if names else f"{code}.")
    said = {status: _response([*texts, *_of_gateway(status)]) for status, texts in found.items()}
    others = {each: {"$ref": f"#/components/responses/{each}"} for each in OF_GATEWAY}
    return {str(status): response for status, response in sorted((others | said).items())}


def gateway_responses() -> Json:
    """Returns the responses of the gateway alone, by their status."""
    return {str(status): _response(_of_gateway(status)) for status in OF_GATEWAY}


def _codes_of(method: MethodDescriptor, contract: Contract) -> Mapping[str, list[str]]:
    """Returns the reasons that comments name behind each code: the method's, then the service's."""
    _, _, own = contract.comment(method).partition("Errors include:")
    known = reasons_of(contract)
    found: dict[str, list[str]] = {}
    reasons: list[str] = []
    for word in _words((own, contract.comment(method.containing_service))):
        if word in HTTP:
            reasons = found.setdefault(word, [])
        elif word in known and word not in reasons:
            reasons.append(word)
    return found


def _words(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        yield from _WORD.findall(text)


def _bare(name: str) -> str:
    return name.removeprefix("ERROR_REASON_")


def _of_gateway(status: int) -> list[str]:
    text = OF_GATEWAY.get(status)
    return [] if text is None else [f"By the gateway: {text}"]


def _response(texts: list[str]) -> Json:
    content = {"application/json": {"schema": STATUS}}
    return {"description": "\n\n".join(texts), "content": content}
