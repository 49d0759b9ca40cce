"""The id that a request goes by: the caller's own where the server takes it, else a new one."""

from ownid_grpc.gateway.extensions import Json, extension, headers, typed

_HEADER = "x-request-id"
_KEPT = "x-gateway-request-id"
_SENT = f"request.headers['{_HEADER}']"
_FIT = f"{_SENT}.size() <= 128 && {_SENT}.matches('^[A-Za-z0-9._~:/+=@-]+$')"
"""What the server takes for an id; for anything else it would make one that only it knows."""


def request_ids() -> Json:
    """Returns what has both logs and the answer say the same id, and none of them any other text.

    Envoy makes an id where there is none, once the headers are mutated.
    """
    return {
        "preserve_external_request_id": True,
        "always_set_request_id_in_response": True,
        # Envoy would else write into every id of 36 characters whether it is traced.
        "request_id_extension": {
            "typed_config": typed("request_id.uuid.v3.UuidRequestIdConfig", pack_trace_reason=False)
        },
        "early_header_mutation_extensions": [
            extension(
                "request_id",
                "http.early_header_mutation.header_mutation.v3.HeaderMutation",
                mutations=list(_only_fit()),
            )
        ],
    }


def _only_fit() -> list[Json]:
    """Returns the steps; to set a header to nothing leaves it out."""
    return [
        {"remove": _KEPT},
        _set(_KEPT, f"%CEL('{_HEADER}' in request.headers && {_FIT} ? {_SENT} : '')%"),
        {"remove": _HEADER},
        _set(_HEADER, f"%REQ({_KEPT})%"),
        {"remove": _KEPT},
    ]


def _set(name: str, value: str) -> Json:
    (header,) = headers({name: value}, "OVERWRITE_IF_EXISTS_OR_ADD")
    return {"append": header}
