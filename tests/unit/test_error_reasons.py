"""Holds the reasons of errors to one list: that of the contract, which explains each."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from google.rpc.code_pb2 import Code
from ownid.v1.error_reason_pb2 import ErrorReason

from ownid_grpc.errors import Reason

PROTO = Path(__file__).parents[2] / "protos" / "ownid" / "v1" / "error_reason.proto"
PREFIX = "ERROR_REASON_"
CODES = {value.name for value in Code.DESCRIPTOR.values}
VALUE_WITH_COMMENT = re.compile(r"((?:^ *//.*\n)+) *(ERROR_REASON_\w+) = \d+;", re.MULTILINE)


def comments() -> dict[str, str]:
    """Returns the comment of each reason, by the name that goes over the wire."""
    return {
        name.removeprefix(PREFIX): re.sub(r"^ *// ?", "", comment, flags=re.MULTILINE)
        for comment, name in VALUE_WITH_COMMENT.findall(PROTO.read_text())
        if name != "ERROR_REASON_UNSPECIFIED"
    }


def example_in(comment: str) -> Any:  # noqa: ANN401 - whatever JSON the comment holds
    """Returns the example of a comment: its indented lines, parsed as JSON."""
    return json.loads("".join(re.findall(r"^ {4}.*$", comment, flags=re.MULTILINE)))


def test_contract_has_the_reasons_that_are_raised() -> None:
    """The contract lists the reasons that the service gives, and no others."""
    of_contract = {value.name.removeprefix(PREFIX) for value in ErrorReason.DESCRIPTOR.values}

    assert of_contract - {"UNSPECIFIED"} == {reason.value for reason in Reason}


def test_every_reason_is_explained() -> None:
    """Each reason of the contract has a comment."""
    assert sorted(comments()) == sorted(reason.value for reason in Reason)


@pytest.mark.parametrize("reason", Reason)
def test_reason_names_its_code(reason: Reason) -> None:
    """The comment of each reason says with which status code it comes."""
    explanation, _, _ = comments()[reason].partition("{")

    assert CODES & set(re.findall(r"[A-Z_]{5,}", explanation))


@pytest.mark.parametrize("reason", Reason)
def test_reason_has_an_example(reason: Reason) -> None:
    """The comment of each reason shows an ErrorInfo with that reason, our domain, and metadata."""
    example = example_in(comments()[reason])

    assert set(example) == {"reason", "domain", "metadata"}
    assert example["reason"] == reason
    assert example["domain"] == "ownid"
    assert all(isinstance(value, str) for value in example["metadata"].values())


@pytest.mark.parametrize("reason", Reason)
def test_reason_fits_error_info(reason: Reason) -> None:
    """Each reason has the form that ErrorInfo asks of it: upper snake case, at most 63 long."""
    assert re.fullmatch(r"[A-Z][A-Z0-9_]{0,61}[A-Z0-9]", reason)
