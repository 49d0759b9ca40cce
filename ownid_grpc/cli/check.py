"""`ownid-grpc check`: holds ownid.yaml and the schemas in force against the live databases."""

import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from ownid_grpc.bootstrap import Repositories, described_faults
from ownid_grpc.cli.findings import (
    Finding,
    Weight,
    exit_code_of,
    print_finding,
    print_findings_as_json,
)
from ownid_grpc.cli.operator import DEFAULT_CONFIG, ConfigOption, read_config
from ownid_grpc.cli.output import Progress
from ownid_grpc.cli.stores import opened_stores
from ownid_grpc.config import Config
from ownid_grpc.domain.call import Call
from ownid_grpc.errors import FailedPrecondition, OwnIdError, Reason
from ownid_grpc.services.apps import Apps
from ownid_grpc.services.checking import CheckProgress, FaultCount, SchemaChecks
from ownid_grpc.services.in_force import SchemasInForce
from ownid_grpc.services.indexing import IndexChecks, PropertyGaps
from ownid_grpc.state.base import StateStore

_SAMPLES_SHOWN = 3


def check(
    config: ConfigOption = DEFAULT_CONFIG,
    accounts: Annotated[
        bool, typer.Option(help="Whether to hold every account against its schema, too.")
    ] = True,
    strict: Annotated[
        bool, typer.Option("--strict", help="End with 4 where there is a warning and no fault.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Checks everything that the service would need, and changes nothing.

    Says each fault with its line of the file, and warns of searches that no
    index serves and of accounts that break their schema. Ends with 0 where all
    is well, 1 where something is wrong, 3 where a database does not answer.
    """
    words = read_config(config)
    findings: list[Finding] = []
    with opened_stores(words) as (state, repositories):
        for finding in _Check(words, state, repositories, has_accounts=accounts).findings():
            findings.append(finding)
            if not as_json:
                print_finding(finding)
    code = exit_code_of(findings, is_strict=strict)
    if as_json:
        print_findings_as_json(findings, code)
    raise typer.Exit(code)


class _Check:
    """One run over all apps of a configuration."""

    def __init__(
        self, config: Config, state: StateStore, repositories: Repositories, *, has_accounts: bool
    ) -> None:
        apps = Apps(repositories)
        self._config = config
        self._state = state
        self._repositories = repositories
        self._has_accounts = has_accounts
        self._schemas = SchemasInForce(apps, state.revisions)
        self._indexes = IndexChecks(apps, self._schemas)
        self._accounts = SchemaChecks(apps, self._schemas)

    def findings(self) -> Iterator[Finding]:
        """Yields what is found, as it is; schemas are held against mappings that fit only."""
        found = [self._state_finding()]
        yield found[0]
        for app in self._repositories:
            for finding in self._mapping_findings(app):
                found.append(finding)
                yield finding
        if any(each.weight is not Weight.FINE for each in found) or not self._state.is_migrated():
            return
        for app in self._repositories:
            try:
                yield from self._schema_findings(app)
            except OwnIdError as error:
                yield Finding(Weight.UNREACHABLE, app, error.message)

    def _state_finding(self) -> Finding:
        try:
            is_migrated = self._state.is_migrated()
        except OwnIdError:
            return Finding(Weight.UNREACHABLE, "state", "the service's own store does not answer")
        text = "ready" if is_migrated else "its tables are made at the next start"
        return Finding(Weight.FINE, "state", text)

    def _mapping_findings(self, app: str) -> Iterator[Finding]:
        try:
            faults = self._repositories[app].verify()
        except OwnIdError:
            yield Finding(Weight.UNREACHABLE, app, "the app's database does not answer")
            return
        lines = described_faults(self._config, app, faults)
        for fault, line in zip(faults, lines, strict=True):
            path = ("apps", app, "repository", *fault.location)
            details = {"path": ".".join(path), "line": self._config.line_of(path)}
            yield Finding(Weight.FAULT, app, line, details=details, has_place=True)
        if not faults:
            count = len(self._repositories[app].describe().properties)
            text = f"the mapping fits the database, with {count} properties"
            yield Finding(Weight.FINE, app, text)

    def _schema_findings(self, app: str) -> Iterator[Finding]:
        try:
            self._schemas.for_writing(app)
        except FailedPrecondition as error:
            yield from _refusals(app, error)
            return
        yield Finding(Weight.FINE, app, "the account schema in force fits the mapping")
        rows = self._config.apps[app].search.rows
        for gaps in self._indexes.check(Call(), app, rows):
            yield _index_finding(app, gaps)
        if self._has_accounts:
            yield from self._account_findings(app)

    def _account_findings(self, app: str) -> Iterator[Finding]:
        found = self._checked(app)
        checked, failed = found.accounts_checked, found.accounts_failed
        text = f"{failed:,} of {checked:,} accounts break the schema"
        yield Finding(Weight.WARNING if failed else Weight.FINE, app, text)
        for fault in found.faults:
            yield _account_finding(app, fault)

    def _checked(self, app: str) -> CheckProgress:
        with Progress(is_shown=sys.stderr.isatty()) as progress:
            for found in self._accounts.check(Call(), app, None):
                progress.total = found.accounts_total
                progress.advance(found.accounts_checked - progress.count)
        return found


def _refusals(app: str, error: FailedPrecondition) -> Iterator[Finding]:
    is_set = error.reason is not Reason.ACCOUNT_SCHEMA_NOT_SET
    weight = Weight.FAULT if is_set else Weight.FINE
    yield Finding(weight, app, error.message)
    for each in error.violations:
        details = {"path": each.field, "rule": each.rule}
        yield Finding(weight, app, f"{each.field}: {each.description}", details=details)


def _index_finding(app: str, gaps: PropertyGaps) -> Finding:
    uses = ", ".join(gaps.uses)
    text = f"no index serves {gaps.name} by {uses}, in about {gaps.rows:,} rows"
    more = [f"{statement};" for statement in gaps.statements]
    if gaps.hopeless:
        named = ", ".join(gaps.hopeless)
        said = 'say "x-ownid-search": false in the schema where nobody needs it'
        more.append(f"no index could serve it by {named}: {said}")
    details = {
        "property": gaps.name,
        "uses": [*gaps.uses],
        "rows": gaps.rows,
        "statements": [*gaps.statements],
    }
    return Finding(Weight.WARNING, app, text, tuple(more), details)


def _account_finding(app: str, fault: FaultCount) -> Finding:
    place = fault.path or "(the account)"
    text = f"{fault.count:,} accounts break {fault.rule} at {place}"
    samples = fault.sample_names[:_SAMPLES_SHOWN]
    details = {
        "path": fault.path,
        "rule": fault.rule,
        "count": fault.count,
        "sampleNames": [*fault.sample_names],
    }
    return Finding(Weight.WARNING, app, text, (f"such as {', '.join(samples)}",), details)
