"""Answers ImportAccounts: reads ahead, imports what has arrived together, answers in order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import grpc
from google.rpc.status_pb2 import Status
from ownid.v1.account_service_pb2 import ImportAccountsRequest, ImportAccountsResponse

from ownid_grpc.domain.call import Call
from ownid_grpc.domain.names import account_name, parse_app_name
from ownid_grpc.errors import InvalidArgument, OwnIdError, Reason
from ownid_grpc.server.account_messages import change_of
from ownid_grpc.server.call import audit_of, call_of
from ownid_grpc.server.read_ahead import ReadAhead
from ownid_grpc.server.status import code_of, status_of
from ownid_grpc.services.importing import Imported, ImportRecord, Imports, ImportSettings
from ownid_grpc.services.limits import Limits
from ownid_grpc.telemetry.audit import Deed

_BATCH_RECORDS = 250
_BATCH_BYTES = 4 * 1024**2


@dataclass(frozen=True, slots=True)
class Importer:
    """Imports the accounts of calls."""

    imports: Imports
    limits: Limits

    def answers(
        self, requests: Iterator[ImportAccountsRequest], context: grpc.ServicerContext
    ) -> Iterator[ImportAccountsResponse]:
        """Yields the result of each account; what it answers with OK is in the database."""
        call = call_of(context)
        settings = _settings_of(next(requests))
        self.imports.check(settings)
        ahead = ReadAhead(requests, _BATCH_RECORDS, _BATCH_BYTES)
        try:
            for batch in ahead.batches():
                # A message that is none of an import ends it, after all that came before.
                stop = next((n for n, each in enumerate(batch) if each.HasField("config")), None)
                sent = batch[:stop]
                results = self.imports.run(call, settings, [*map(self._record_of, sent)])
                self._audit(call, settings.app, sent, results)
                for request, result in zip(sent, results, strict=True):
                    yield _response(settings.app, request.index, result)
                if stop is not None:
                    raise _refused(
                        "config", "unexpected", "A second config; only the first message has one."
                    )
        finally:
            ahead.close()

    @staticmethod
    def _audit(
        call: Call,
        app: str,
        sent: Sequence[ImportAccountsRequest],
        results: Sequence[Imported],
    ) -> None:
        audit = audit_of()
        if audit is not None:
            method = audit.access.path
            audit.record(
                _deed(call, method, app, request.account.name, result)
                for request, result in zip(sent, results, strict=True)
            )
            call.forget_written()

    def _record_of(self, request: ImportAccountsRequest) -> ImportRecord | OwnIdError:
        try:
            if not request.HasField("account"):
                raise _refused(
                    "account", "required", "No account; every message but the first has one."
                )
            return ImportRecord(change_of(request.account, (), self.limits), request.account.name)
        except InvalidArgument as error:
            return error


def _settings_of(request: ImportAccountsRequest) -> ImportSettings:
    if not request.HasField("config"):
        raise _refused("config", "required", "No config; the first message of an import has one.")
    config = request.config
    app = parse_app_name(config.parent, "config.parent")
    return ImportSettings(app, config.upsert, config.validate_only)


def _deed(call: Call, method: str, app: str, sent_name: str, result: Imported) -> Deed:
    if result.error is not None:
        code, reason = code_of(result.error).name, result.error.reason
        return Deed(method, app, sent_name, (), code, reason)
    paths = call.written.get(result.key, ())
    return Deed(method, app, account_name(app, result.key), paths)


def _response(app: str, index: int, result: Imported) -> ImportAccountsResponse:
    if result.error is not None:
        return ImportAccountsResponse(index=index, status=status_of(result.error, app=app))
    name = account_name(app, result.key) if result.key else ""
    return ImportAccountsResponse(
        index=index, name=name, status=Status(), created=result.is_created
    )


def _refused(field: str, rule: str, description: str) -> InvalidArgument:
    reason = Reason.ARGUMENT_INVALID
    return InvalidArgument.at(reason, field, rule, description, field=field)
