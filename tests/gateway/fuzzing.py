"""What schemathesis holds answers to beyond its own checks; schemathesis.toml names this file."""

import json
from collections.abc import Iterator
from typing import Any

import schemathesis
from jsonschema import Draft202012Validator

_HELPFUL = ("google.rpc.BadRequest", "google.rpc.PreconditionFailure")


@schemathesis.hook
def filter_body(
    context: schemathesis.HookContext,  # noqa: ARG001 - the form of a hook
    body: object,
) -> bool:
    """Leaves out what has null for a field: ProtoJSON takes it for a field that is not there.

    A document that said so would have every client look for null in answers,
    which never have it.
    """
    if not isinstance(body, dict):
        return body is not None
    fields = [*body.values(), *_values(body.get("session"))]
    return None not in fields


def _values(body: object) -> list[object]:
    return list(body.values()) if isinstance(body, dict) else []


@schemathesis.check
def refusal_says_what_is_wrong(
    ctx: schemathesis.CheckContext,  # noqa: ARG001 - the form of a check
    response: schemathesis.Response,
    case: schemathesis.Case[Any],
) -> None:
    """Holds what is refused although it fits the document to being refused by the service.

    The document has no words for what a filter or a profile may be; the
    service, unlike the gateway, says which field is wrong.
    """
    if case.meta is None or case.meta.generation.mode.is_negative or response.status_code != 400:
        return
    kinds = [detail["@type"].rpartition("/")[2] for detail in response.json()["details"]]
    assert set(kinds).intersection(_HELPFUL), f"Refused with {kinds}."


@schemathesis.check
def items_of_streams_conform(
    ctx: schemathesis.CheckContext,  # noqa: ARG001 - the form of a check
    response: schemathesis.Response,
    case: schemathesis.Case[Any],
) -> None:
    """Holds each line and each event of a stream to the schema of its kind."""
    kind = response.headers.get("content-type", [""])[0]
    if response.status_code == 200 and kind in _ITEMS:
        document = case.operation.schema.raw_schema
        content = document["paths"][case.operation.path][case.method.lower()]["responses"]["200"]
        reference = _item_schema(content["content"][kind]["schema"])
        validator = Draft202012Validator({**reference, "components": document["components"]})
        for item in _ITEMS[kind](response.content):
            validator.validate(item)


def _item_schema(schema: dict[str, Any]) -> dict[str, Any]:
    event = schema.get("properties", {}).get("data", {})
    found: dict[str, Any] = event.get("contentSchema", schema)
    return found


def _lines(content: bytes) -> Iterator[object]:
    return (json.loads(line) for line in content.splitlines() if line)


def _events(content: bytes) -> Iterator[object]:
    lines = content.splitlines()
    return (json.loads(line[5:]) for line in lines if line.startswith(b"data:"))


_ITEMS = {"application/x-ndjson": _lines, "text/event-stream": _events}
