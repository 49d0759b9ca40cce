"""Routes that answer with a file: the reference of the REST face, without a server for it."""

import base64
from collections.abc import Iterator, Sequence

from ownid_grpc.gateway.extensions import Json, headers
from ownid_grpc.gateway.filters import untranscoded
from ownid_grpc.gateway.reference import Document

_SOURCES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
"""The page loads its own files, calls its own gateway, and stands in no other page."""


def document_routes(documents: Sequence[Document]) -> Iterator[Json]:
    """Yields a route for each file, which holds it whole: Envoy needs nothing beside it."""
    policy = "; ".join(f"{name} {sources}" for name, sources in _SOURCES.items())
    for each in documents:
        said = {
            "content-type": each.media_type,
            "cache-control": "max-age=300",
            "content-security-policy": policy,
            "referrer-policy": "no-referrer",
        }
        yield {
            "match": {"path": each.path, "headers": [_READS]},
            "direct_response": {
                "status": 200,
                "body": {"inline_bytes": base64.b64encode(each.content).decode()},
            },
            "response_headers_to_add": headers(said, "OVERWRITE_IF_EXISTS_OR_ADD"),
            "typed_per_filter_config": untranscoded(),
        }


_READS: Json = {"name": ":method", "string_match": {"safe_regex": {"regex": "GET|HEAD"}}}
