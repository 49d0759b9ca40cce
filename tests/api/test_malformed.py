"""Ten thousand requests that are wrong or odd: each a status that helps, and nothing let out."""

import io
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from functools import cache
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import ErrorInfo
from ownid.v1.account_schema_service_pb2 import DESCRIPTOR as SCHEMA_SERVICE
from ownid.v1.account_service_pb2 import DESCRIPTOR as ACCOUNT_SERVICE

from ownid_grpc.errors import Reason
from ownid_grpc.server.status import DOMAIN
from tests.support.error_reasons import codes_of, example_of
from tests.support.filled import filled_service
from tests.support.memory_backend import memory
from tests.support.odd_requests import FORMS, Known, OddRequest, OddRequests
from tests.support.odd_texts import SENT, STORED
from tests.support.serving import status_in
from tests.support.sql_backends import mariadb, postgresql, sqlite
from tests.support.whole import Whole

LEAK = re.compile(
    rf"{SENT}|{STORED}|SELECT |INSERT INTO|WHERE |"
    r"(?i:\b(people|addresses|full_name|is_active|created_at|updated_at|person_id)\b)|"
    r"(?i:sqlite|psycopg|pymysql|sqlalchemy|alembic|127\.0\.0\.1|localhost|traceback)|"
    r"\.py\b|/tmp|state\.db"
)
"""What nobody may be told: values, SQL, tables and columns, libraries, hosts, paths."""

NEVER = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "INTERNAL", "UNKNOWN"}
STREAMING = {
    f"/{service.full_name}/{method.name}"
    for file in (ACCOUNT_SERVICE, SCHEMA_SERVICE)
    for service in file.services_by_name.values()
    for method in service.methods
    if method.server_streaming
}
BACKENDS: dict[str, tuple[Callable[[], AbstractContextManager[Any]], int]] = {
    "sqlite": (sqlite, 720),
    "memory": (memory, 400),
    "postgresql": (postgresql, 80),
    "mariadb": (mariadb, 80),
}
"""How many requests of each form a backend gets."""


@pytest.fixture(scope="module")
def service_over(
    tmp_path_factory: pytest.TempPathFactory, log_lines: io.StringIO
) -> Iterator[Callable[[str], tuple[Whole, Known]]]:
    """Gives the service over each backend, started when a test first asks for it."""
    assert log_lines.writable()
    with ExitStack() as opened:

        @cache
        def started(backend: str) -> tuple[Whole, Known]:
            folder = tmp_path_factory.mktemp(backend)
            return opened.enter_context(filled_service(BACKENDS[backend][0], folder))

        yield started


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "backend",
    [
        "sqlite",
        "memory",
        pytest.param("postgresql", marks=pytest.mark.postgresql),
        pytest.param("mariadb", marks=pytest.mark.mariadb),
    ],
)
def test_odd_request_is_answered_or_refused_with_a_reason(
    service_over: Callable[[str], tuple[Whole, Known]],
    log_lines: io.StringIO,
    backend: str,
    form: str,
) -> None:
    """Whatever is sent, the answer is one, or an error that the contract has; nothing leaks."""
    whole, known = service_over(backend)
    logged = log_lines.tell()
    problems: list[str] = []

    for request in OddRequests(f"{backend} {form}", known).of(form, BACKENDS[backend][1]):
        error = error_of(whole.client.channel, request)
        if error is not None:
            problems += (f"{problem}: {request}" for problem in problems_in(error))

    log_lines.seek(logged)
    lines = [line for line in log_lines if '"event":"call"' not in line or LEAK.search(line)]
    assert (problems[:3], lines[:3]) == ([], [])


def error_of(channel: Any, request: OddRequest) -> Any:  # noqa: ANN401 - a RpcError that is a Call
    """Returns the error with which a request is refused, None for one that is answered."""
    try:
        options = {"metadata": request.metadata, "timeout": 30}
        if request.path in STREAMING:
            list(channel.unary_stream(request.path)(request.content, **options))
        else:
            channel.unary_unary(request.path)(request.content, **options)
    except grpc.RpcError as error:
        return error
    return None


def problems_in(error: Any) -> Iterator[str]:  # noqa: ANN401 - likewise
    """Yields all that is wrong with an error."""
    code = error.code().name
    if code in NEVER:
        yield code
    try:
        status = status_in(error)
    except AssertionError as missing:
        yield str(missing)
        return
    if (status.code, status.message) != (error.code().value[0], error.details()):
        yield "another code or message in the status"
    kinds = [detail.type_url for detail in status.details]
    if len(set(kinds)) < len(kinds):
        yield f"details twice: {kinds}"
    info = ErrorInfo()
    if not any(detail.Unpack(info) for detail in status.details):
        yield "no ErrorInfo"
        return
    if info.domain != DOMAIN or info.reason not in set(Reason) or code not in codes_of(info.reason):
        yield f"{code} with {info.reason} of {info.domain}"
    missing_words = set(example_of(info.reason)["metadata"]) - set(info.metadata)
    if missing_words:
        yield f"{info.reason} without {missing_words}"
    leak = LEAK.search(status.SerializeToString().decode("latin-1"))
    if leak:
        yield f"leak of {leak[0]} in {info.reason} {error.details()}"
