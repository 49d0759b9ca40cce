"""What a call would have an app's database do, and what would become of the account."""

from collections.abc import Sequence
from dataclasses import dataclass

from ownid_grpc.domain.account import Account, AccountKey
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.filters import bind_filter
from ownid_grpc.domain.ordering import bind_order
from ownid_grpc.domain.predicates import Query
from ownid_grpc.domain.serving import Gap
from ownid_grpc.errors import Reason, Unimplemented
from ownid_grpc.repositories.base import AccountRepository, Explainable, Explained, Explainer
from ownid_grpc.services.apps import Apps
from ownid_grpc.services.in_force import SchemaInForce, SchemasInForce
from ownid_grpc.services.naming import naming
from ownid_grpc.services.rehearsals import rehearse_change, rehearse_creation
from ownid_grpc.services.showing import shown
from ownid_grpc.services.writing import AccountChange, NewAccount, changed, draft_of

_PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Explanation:
    """The statements of a call, and what of it no index serves.

    `before` and `after` are the account as the schema shows it, where there is one.
    """

    statements: Sequence[Explained]
    unserved: Sequence[Gap] = ()
    before: Account | None = None
    after: Account | None = None


class Explanations:
    """Explanations of the calls of all apps; nothing is written."""

    def __init__(self, apps: Apps, schemas: SchemasInForce) -> None:
        self._apps = apps
        self._schemas = schemas

    def get(self, call: Call, app: str, key: AccountKey) -> Explanation:
        """Explains how an account is read."""
        _, explainer, _ = self._opened(call, app)
        return Explanation(explainer.get(call, key))

    def look_up(self, call: Call, app: str, login_id: str) -> Explanation:
        """Explains how a login id is looked up."""
        repository, explainer, in_force = self._opened(call, app)
        login_ids = in_force.schema.login_ids
        gaps = repository.unserved_login_ids(call, login_ids)
        return Explanation(explainer.find(call, login_ids, login_id), gaps)

    def search(
        self, call: Call, app: str, filter_text: str, order_by: str, page_size: int = 0
    ) -> Explanation:
        """Explains how the first page of a search is found."""
        repository, explainer, in_force = self._opened(call, app)
        fields = in_force.fields
        query = Query(bind_filter(filter_text, fields), bind_order(order_by, fields))
        statements = explainer.search(call, query, page_size or _PAGE_SIZE)
        return Explanation(statements, repository.unserved(call, query))

    def create(self, call: Call, app: str, new: NewAccount) -> Explanation:
        """Explains how an account is made; raises what is wrong with it."""
        repository, explainer, in_force = self._opened(call, app)
        after = rehearse_creation(call, repository, in_force, new)
        draft = draft_of(in_force, new)
        statements = explainer.insert(call, draft, in_force.schema.login_ids)
        return Explanation(statements, after=shown(in_force.schema, after))

    def update(self, call: Call, app: str, key: AccountKey, change: AccountChange) -> Explanation:
        """Explains how an account is changed; raises what is wrong with the change."""
        repository, explainer, in_force = self._opened(call, app)
        with naming(app, key):
            before = repository.get(call, key)
            after = rehearse_change(call, repository, in_force, key, change)
            statements = explainer.update(
                call,
                key,
                lambda current: changed(in_force, current, change),
                in_force.schema.login_ids,
            )
        schema = in_force.schema
        return Explanation(statements, before=shown(schema, before), after=shown(schema, after))

    def delete(self, call: Call, app: str, key: AccountKey) -> Explanation:
        """Explains how an account is deleted."""
        repository, explainer, in_force = self._opened(call, app)
        with naming(app, key):
            before = repository.get(call, key)
            statements = explainer.delete(call, key)
        return Explanation(statements, before=shown(in_force.schema, before))

    def _opened(self, call: Call, app: str) -> tuple[AccountRepository, Explainer, SchemaInForce]:
        in_force = self._schemas.for_writing(app)
        repository = self._apps.repository(app)
        if not isinstance(repository, Explainable):
            message = "The app's repository does not explain what it does."
            raise Unimplemented(Reason.CAPABILITY_MISSING, message, {"capability": "explain"})
        return repository, repository.explainer(call), in_force
