"""Which call may take how long, be tried again, and be made from which pages.

A call over REST is routed twice: by its path, which says whose page may make
it, and once the transcoder knows the method, by that.
"""

from collections.abc import Iterator, Mapping, Sequence

from ownid_grpc.config.gateway import Gateway
from ownid_grpc.config.sessions import SessionSettings
from ownid_grpc.gateway.contract import (
    PACKAGE,
    Method,
    fields_of_paths,
    methods,
    pattern_of,
    verbs,
)
from ownid_grpc.gateway.documents import document_routes
from ownid_grpc.gateway.extensions import Json, extension, headers, seconds, typed
from ownid_grpc.gateway.filters import (
    BUFFER,
    CORS,
    live_events,
    refused,
    rest_headers,
    untranscoded,
)
from ownid_grpc.gateway.reference import documents
from ownid_grpc.gateway.site import SITE_CLUSTER
from ownid_grpc.gateway.upstream import CLUSTER

_SAFE_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}

_NEVER_ARRIVED = "connect-failure,refused-stream"
_UNANSWERED = f"{_NEVER_ARRIVED},unavailable,reset"

_UNBUFFERED = typed("filters.http.buffer.v3.BufferPerRoute", disabled=True)


def route_config(words: Gateway, apps: Mapping[str, SessionSettings]) -> Json:
    """Returns every route; what is no method of the contract gets to no server, and in no log."""
    served = list(documents()) if words.reference else []
    routes = (
        _tunnel(),
        *_refusals(apps),
        *_wrong_verbs(apps),
        *document_routes(served),
        *_paths(apps),
        *(_call(each, words, apps) for each in methods()),
        # Health and reflection, which both have streams.
        _route({"prefix": "/grpc."}, _action("0s", _NEVER_ARRIVED), {BUFFER: _UNBUFFERED}),
        _nothing(f"/{PACKAGE}."),
        *_site(words),
        _nothing("/"),
    )
    host: Json = {
        "name": "all",
        "domains": ["*"],
        "routes": list(routes),
        "response_headers_to_add": headers(_SAFE_HEADERS, "ADD_IF_ABSENT"),
    }
    found: Json = {"name": "ownid", "virtual_hosts": [host]}
    if served:
        found["max_direct_response_body_size_bytes"] = max(len(each.content) for each in served)
    return found


def _tunnel() -> Json:
    """Returns what refuses CONNECT at once; Envoy would else wait for the end of its body."""
    return {"match": {"connect_matcher": {}}, "direct_response": {"status": 501}}


def _refusals(apps: Mapping[str, SessionSettings]) -> Iterator[Json]:
    """Yields what turns away crossed queries, gRPC at paths of REST, and Connect with JSON.

    The transcoder lets a query go before the path, by which it was chosen
    whose pages may call. A server logs the path of what is no method, and
    takes only what protobuf encodes.
    """
    query = rf"[^?]*\?([^&]*&)*({_IN_PATH}|{_ESCAPED})([=&].*)?"
    grpc = r"application/(grpc|proto|connect\+).*"
    for app, cors in _readers(apps):
        prefix = "/v1/" if app is None else f"/v1/apps/{app}/"
        yield _refusal(400, prefix, ":path", query, untranscoded() | cors)
        yield _refusal(501, prefix, "content-type", grpc, cors)
    json = r"application/(connect\+)?json(;.*)?"
    yield _refusal(415, f"/{PACKAGE}.", "content-type", json, _cors_of_all(apps))


def _readers(apps: Mapping[str, SessionSettings]) -> Iterator[tuple[str | None, Json]]:
    """Yields each app that has pages and whose they are, and at last what is nobody's."""
    for app, words in apps.items():
        if words.origins:
            yield app, _cors(words.origins, allows_cookies=words.cookies)
    yield None, {}


# Keys of a query, which the transcoder unescapes; none that it knows has to be escaped.
_IN_PATH = rf"([\w.]+\.)?({'|'.join(fields_of_paths())})"
_ESCAPED = "[^=&]*%[^=&]*"


def _refusal(status: int, prefix: str, header: str, pattern: str, options: Json) -> Json:
    value = {"name": header, "string_match": {"safe_regex": {"regex": pattern}}}
    return _refused({"prefix": prefix, "headers": [value]}, status, options)


def _refused(match: Json, status: int, options: Json) -> Json:
    return _route(match, _action("0s", _NEVER_ARRIVED), refused(status) | options)


def _wrong_verbs(apps: Mapping[str, SessionSettings]) -> Iterator[Json]:
    """Yields what says which verbs a path has, to one that it has not and that is no preflight."""
    for app, cors in _readers(apps):
        for pattern, allowed in verbs(app).items():
            yield _wrong_verb(pattern, allowed, untranscoded() | cors)


def _wrong_verb(pattern: str, allowed: Sequence[str], options: Json) -> Json:
    regex = {"safe_regex": {"regex": "|".join(allowed)}}
    other = {"name": ":method", "string_match": regex, "invert_match": True}
    match: Json = {"safe_regex": {"regex": pattern}, "headers": [other, _NO_PREFLIGHT]}
    added = headers({"allow": ", ".join(allowed)}, "OVERWRITE_IF_EXISTS_OR_ADD")
    return _refused(match, 405, options) | {"response_headers_to_add": added}


_NO_PREFLIGHT: Json = {"name": "access-control-request-method", "present_match": False}


def _paths(apps: Mapping[str, SessionSettings]) -> Iterator[Json]:
    """Yields the routes by paths of REST: those of an app whose pages may call, then all events."""
    forever = _action("0s", _NEVER_ARRIVED)
    of_all = rest_headers()
    for app, cors in _readers(apps):
        if app is not None:
            shared = of_all | cors
            yield _route(_live_paths(app), forever, shared | live_events())
            yield _route({"prefix": f"/v1/apps/{app}/"}, forever, shared)
    yield _route(_live_paths(None), forever, of_all | live_events())
    yield _nothing("/v1/") | {"typed_per_filter_config": of_all}


def _nothing(prefix: str) -> Json:
    """Returns the route of what is no method; what the transcoder makes one of is routed anew."""
    return {"match": {"prefix": prefix}, "direct_response": {"status": 501}}


def _live_paths(app: str | None) -> Json:
    templates = (path for each in methods() if each.is_live for path in each.templates)
    patterns = (pattern_of(template, app) for template in templates)
    return {"safe_regex": {"regex": "|".join(patterns)}}


def _site(words: Gateway) -> Iterator[Json]:
    """Yields the route of everything that is no call, where somebody serves that."""
    if words.site is not None:
        action = _action(seconds(words.timeout_seconds), _NEVER_ARRIVED)
        yield _route({"prefix": "/"}, action | {"cluster": SITE_CLUSTER}, untranscoded())


def _call(method: Method, words: Gateway, apps: Mapping[str, SessionSettings]) -> Json:
    timeout = "0s" if method.is_stream else seconds(words.timeout_seconds)
    action = _action(timeout, _UNANSWERED if method.is_safe else _NEVER_ARRIVED)
    options = _cors_of_all(apps)
    if method.takes_stream:
        options[BUFFER] = _UNBUFFERED
    return _route({"path": method.path}, action, options)


def _route(match: Json, action: Json, options: Mapping[str, object]) -> Json:
    return {"match": match, "route": action, "typed_per_filter_config": dict(options)}


def _action(timeout: str, retry_on: str) -> Json:
    return {
        "cluster": CLUSTER,
        "timeout": timeout,
        "retry_policy": {
            "retry_on": retry_on,
            "num_retries": 2,
            "retry_host_predicate": [
                extension("another_server", "retry.host.previous_hosts.v3.PreviousHostsPredicate")
            ],
            # A server that is gone has the fewest calls under way, and is picked most often.
            "host_selection_retry_max_attempts": 30,
        },
    }


def _cors_of_all(apps: Mapping[str, SessionSettings]) -> Json:
    """Returns who may call by gRPC-Web and Connect, whose paths do not name the app.

    With cookies only where every app lets the same pages in: the page of one
    could else read what another's cookie gives.
    """
    said = [frozenset(words.origins) for words in apps.values()]
    origins = sorted(frozenset[str]().union(*said))
    if not origins:
        return {}
    takes_cookies = any(words.cookies for words in apps.values())
    return _cors(origins, allows_cookies=takes_cookies and len(set(said)) == 1)


def _cors(origins: Sequence[str], *, allows_cookies: bool) -> Json:
    policy = typed(
        "filters.http.cors.v3.CorsPolicy",
        allow_origin_string_match=[{"exact": origin} for origin in origins],
        allow_methods="GET, POST, PATCH, DELETE",
        allow_headers=", ".join(_REQUEST_HEADERS),
        expose_headers=", ".join(_RESPONSE_HEADERS),
        max_age="600",
        allow_credentials=allows_cookies,
        forward_not_matching_preflights=False,
    )
    return {CORS: policy}


_REQUEST_HEADERS = (
    "authorization",
    "connect-protocol-version",
    "connect-timeout-ms",
    "content-type",
    "grpc-timeout",
    "x-grpc-web",
    "x-request-id",
    "x-user-agent",
)
_RESPONSE_HEADERS = ("grpc-message", "grpc-status", "grpc-status-details-bin", "x-request-id")
