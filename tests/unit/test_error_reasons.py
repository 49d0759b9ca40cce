"""Holds the reasons of errors to one list: that of the contract, which explains each."""

import re

import pytest
from ownid.v1.error_reason_pb2 import ErrorReason

from ownid_grpc.errors import Reason
from tests.support.error_reasons import PREFIX, codes_of, comments, example_of


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
    assert codes_of(reason)


@pytest.mark.parametrize("reason", Reason)
def test_reason_has_an_example(reason: Reason) -> None:
    """The comment of each reason shows an ErrorInfo with that reason, our domain, and metadata."""
    example = example_of(reason)

    assert set(example) == {"reason", "domain", "metadata"}
    assert example["reason"] == reason
    assert example["domain"] == "ownid"
    assert all(isinstance(value, str) for value in example["metadata"].values())


@pytest.mark.parametrize("reason", Reason)
def test_reason_fits_error_info(reason: Reason) -> None:
    """Each reason has the form that ErrorInfo asks of it: upper snake case, at most 63 long."""
    assert re.fullmatch(r"[A-Z][A-Z0-9_]{0,61}[A-Z0-9]", reason)
