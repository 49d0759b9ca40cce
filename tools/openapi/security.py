"""Who may call a method, as OpenAPI says it."""

from google.protobuf.descriptor import MethodDescriptor

from tools.openapi.contract import Json, caller_of

SCHEMES: Json = {
    "admin": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A JWT of an admin caller, signed by a key that the operator registered.",
    },
    "session": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access token of a signed-in user.",
    },
    "session_cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-ownid-access-{app}",
        "description": (
            "The access token of a signed-in user in the app's cookie. What changes something must"
            " come from an allowed `Origin`."
        ),
    },
}


def security_of(method: MethodDescriptor) -> list[Json]:
    """Returns the credentials that a method takes, each enough by itself; none for anyone."""
    kind, scope = caller_of(method)
    if kind == "scope":
        resource, _, action = scope.removeprefix("SCOPE_").lower().partition("_")
        return [{"admin": [f"{resource}.{action}"]}]
    return [{"session": []}, {"session_cookie": []}] if kind == "session" else []
