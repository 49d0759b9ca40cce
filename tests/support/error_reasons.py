"""What the contract says of each reason of an error, read from the comments that say it."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from google.rpc.code_pb2 import Code

PROTO = Path(__file__).parents[2] / "protos" / "ownid" / "v1" / "error_reason.proto"
PREFIX = "ERROR_REASON_"

_CODES = {value.name for value in Code.DESCRIPTOR.values}
_VALUE_WITH_COMMENT = re.compile(r"((?:^ *//.*\n)+) *(ERROR_REASON_\w+) = \d+;", re.MULTILINE)


@cache
def comments() -> dict[str, str]:
    """Returns the comment of each reason, by the name that goes over the wire."""
    return {
        name.removeprefix(PREFIX): re.sub(r"^ *// ?", "", comment, flags=re.MULTILINE)
        for comment, name in _VALUE_WITH_COMMENT.findall(PROTO.read_text("utf-8"))
        if name != "ERROR_REASON_UNSPECIFIED"
    }


def codes_of(reason: str) -> set[str]:
    """Returns the status codes with which a reason comes."""
    explanation, _, _ = comments()[reason].partition("{")
    return _CODES & set(re.findall(r"[A-Z_]{5,}", explanation))


@cache
def example_of(reason: str) -> Any:  # noqa: ANN401 - whatever JSON the comment holds
    """Returns the example of a reason: the indented lines of its comment, parsed as JSON."""
    return json.loads("".join(re.findall(r"^ {4}.*$", comments()[reason], flags=re.MULTILINE)))
