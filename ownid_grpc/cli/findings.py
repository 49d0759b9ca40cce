"""What a check finds, said to people line by line or to programs as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import typer

from ownid_grpc.cli.operator import FAULTY, UNREACHABLE
from ownid_grpc.cli.output import print_document, printable

WARNED = 4
"""The exit code of what works and could be better, where `--strict` asks for it."""


class Weight(StrEnum):
    """How much a finding matters."""

    FINE = "fine"
    WARNING = "warning"
    FAULT = "fault"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found; `more` are lines that belong to it, `details` what programs read.

    What is wrong with a word begins with its line of the file, all else with
    what it is about.
    """

    weight: Weight
    about: str
    text: str
    more: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    has_place: bool = False


def print_finding(finding: Finding) -> None:
    """Prints a finding for people."""
    label = "warning: " if finding.weight is Weight.WARNING else ""
    line = finding.text if finding.has_place else f"{finding.about}: {label}{finding.text}"
    typer.echo(printable(line))
    for each in finding.more:
        typer.echo(f"  {printable(each)}")


def print_findings_as_json(findings: Sequence[Finding], code: int) -> None:
    """Prints all findings as one JSON object."""
    said = {"exitCode": code, "findings": [_members(each) for each in findings]}
    print_document(said)


def exit_code_of(findings: Sequence[Finding], *, is_strict: bool) -> int:
    """Returns how a command ends that found all this."""
    weights = {each.weight for each in findings}
    if Weight.UNREACHABLE in weights:
        return UNREACHABLE
    if Weight.FAULT in weights:
        return FAULTY
    return WARNED if is_strict and Weight.WARNING in weights else 0


def _members(finding: Finding) -> dict[str, Any]:
    return {
        "weight": finding.weight.value,
        "about": finding.about,
        "message": finding.text,
        **finding.details,
    }
