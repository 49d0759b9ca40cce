"""Requests that are malformed, or well-formed and odd: any number of them, the same each time."""

import base64
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message
from ownid.v1 import account_schema_service_pb2 as schemas
from ownid.v1 import account_service_pb2 as accounts

from tests.support.odd_metadata import Metadata, odd_credential, odd_metadata
from tests.support.odd_names import odd_name
from tests.support.odd_schemas import odd_schema
from tests.support.odd_texts import SENT, odd_filter, odd_order, odd_path, odd_text, spoiled
from tests.support.odd_values import odd_struct

_SURROGATE = b"\xed\xa0\x80"
_STAND_IN = "\ue000"


@dataclass(frozen=True, slots=True)
class OddRequest:
    """One call: which method, with which bytes and metadata."""

    path: str
    content: bytes
    metadata: Metadata


@dataclass(frozen=True, slots=True)
class Known:
    """What a caller could know: names, etags, and tokens of pages of several queries."""

    names: Sequence[str]
    etags: Sequence[str]
    tokens: Sequence[str]
    metadata: Metadata


class OddRequests:
    """Makes requests of one seed; what is in `FORMS` says what is odd about them."""

    def __init__(self, seed: str, known: Known) -> None:
        self._random = random.Random(seed)  # noqa: S311 - to be the same each time, not secret
        self._known = known

    def of(self, form: str, count: int) -> Iterator[OddRequest]:
        """Yields `count` requests that are odd in one way."""
        for _ in range(count):
            yield FORMS[form](self)

    def names(self) -> OddRequest:
        """Returns a request with an odd name."""
        name = odd_name(self._random)
        app = self._app()
        messages: Sequence[Message] = (
            accounts.GetAccountRequest(name=name),
            accounts.DeleteAccountRequest(name=name, allow_missing=self._flag()),
            accounts.UpdateAccountRequest(account={"name": name}),
            accounts.CreateAccountRequest(parent=name),
            accounts.LookupAccountRequest(parent=name, login_id="x"),
            accounts.BatchGetAccountsRequest(parent=name, names=[self._name()]),
            accounts.BatchGetAccountsRequest(parent=app, names=[self._name(), name]),
            accounts.ListAccountsRequest(parent=name),
            accounts.SearchAccountsRequest(parent=name),
            accounts.ImportAccountsRequest(config={"parent": name}),
            schemas.GetAccountSchemaRequest(name=name),
            schemas.UpdateAccountSchemaRequest(account_schema={"name": name}),
            schemas.ListAccountSchemaRevisionsRequest(parent=name),
            schemas.RollbackAccountSchemaRequest(name=name, revision_id="x"),
            schemas.InferAccountSchemaRequest(parent=name),
            schemas.CheckAccountSchemaRequest(parent=name),
        )
        return self._request(self._random.choice(messages))

    def filters(self) -> OddRequest:
        """Returns a query whose filter is odd."""
        return self._query(filter_=odd_filter(self._random))

    def orders(self) -> OddRequest:
        """Returns a query whose order is odd."""
        return self._query(order=odd_order(self._random))

    def masks(self) -> OddRequest:
        """Returns a request whose mask is odd."""
        mask = {"paths": [odd_path(self._random) for _ in range(self._random.randint(0, 4))]}
        name, app = self._name(), self._app()
        messages: Sequence[Message] = (
            accounts.GetAccountRequest(name=name, read_mask=mask),
            accounts.LookupAccountRequest(parent=app, login_id="x", read_mask=mask),
            accounts.BatchGetAccountsRequest(parent=app, names=[name], read_mask=mask),
            accounts.ListAccountsRequest(parent=app, read_mask=mask),
            accounts.SearchAccountsRequest(parent=app, read_mask=mask),
            accounts.UpdateAccountRequest(
                account={"name": name, "profile": {"name": SENT}},
                update_mask=mask,
                validate_only=self._flag(),
            ),
        )
        return self._request(self._random.choice(messages))

    def tokens(self) -> OddRequest:
        """Returns a request with a token that is not, or not quite, one of its query."""
        sent = self._odd_token()
        app = self._app()
        messages: Sequence[Message] = (
            accounts.ListAccountsRequest(parent=app, page_token=sent, page_size=1),
            accounts.ListAccountsRequest(parent=app, page_token=sent, order_by="score desc"),
            accounts.SearchAccountsRequest(parent=app, resume_token=sent, order_by="score"),
            schemas.ListAccountSchemaRevisionsRequest(
                parent=f"{app}/accountSchema", page_token=sent
            ),
        )
        return self._request(self._random.choice(messages))

    def profiles(self) -> OddRequest:
        """Returns a write whose profile or schema is odd."""
        profile = odd_struct(self._random)
        mask = {"paths": [odd_path(self._random)]} if self._flag() else None
        validate_only = self._flag()
        account: dict[str, Any] = {"profile": profile}
        if self._flag():
            account |= {"disabled": self._flag()}
        messages: Sequence[Message] = (
            accounts.CreateAccountRequest(
                parent=self._app(), account=account, validate_only=validate_only
            ),
            accounts.UpdateAccountRequest(
                account=account | {"name": self._name()},
                update_mask=mask,
                validate_only=validate_only,
            ),
            schemas.UpdateAccountSchemaRequest(
                account_schema={"name": f"{self._app()}/accountSchema", "json_schema": profile},
                validate_only=True,
            ),
        )
        return self._request(self._random.choice(messages))

    def account_schemas(self) -> OddRequest:
        """Returns an update of a schema, which may contradict itself or the mapping."""
        schema = {"name": "apps/shop/accountSchema", "json_schema": odd_schema(self._random)}
        request = schemas.UpdateAccountSchemaRequest(account_schema=schema, validate_only=True)
        return self._request(request)

    def contents(self) -> OddRequest:
        """Returns a call whose bytes are no message, or another than they were."""
        made = self._random.choice(_OTHERS)(self)
        content = bytearray(made.content)
        for _ in range(self._random.randint(1, 4)):
            if content:
                content[self._random.randrange(len(content))] = self._random.randrange(256)
        kinds = (
            bytes(content),
            bytes(content[: self._random.randint(0, len(content))]),
            self._random.randbytes(self._random.randint(0, 200)),
            made.content + self._random.randbytes(3),
        )
        return OddRequest(made.path, self._random.choice(kinds), made.metadata)

    def metadata(self) -> OddRequest:
        """Returns a call whose credential or other metadata is odd."""
        request = accounts.GetAccountRequest(name=self._name())
        odd = (*odd_credential(self._random), *odd_metadata(self._random))
        return OddRequest(_path_of(request), request.SerializeToString(), odd)

    def arguments(self) -> OddRequest:
        """Returns a request one of whose other fields is odd."""
        text, value, number = self._text(), self._value(), self._random.choice(_NUMBERS)
        name, app, flag = self._name(), self._app(), self._flag()
        account = {"profile": {"email": f"{self._random.random()}@example.com", "name": value}}
        messages: Sequence[Message] = (
            accounts.CreateAccountRequest(parent=app, account=account, account_id=text),
            accounts.CreateAccountRequest(
                parent=app, account=account, request_id=value, validate_only=flag
            ),
            accounts.LookupAccountRequest(parent=app, login_id=value),
            accounts.BatchGetAccountsRequest(parent=app),
            accounts.BatchGetAccountsRequest(parent=app, names=[name] * abs(number % 1100)),
            accounts.ListAccountsRequest(parent=app, page_size=number, show_total_size=flag),
            accounts.SearchAccountsRequest(parent=app, chunk_size=number),
            accounts.UpdateAccountRequest(account=account | {"name": name, "etag": value}),
            accounts.DeleteAccountRequest(name=name, etag=value or "x", allow_missing=flag),
            schemas.UpdateAccountSchemaRequest(
                account_schema={
                    "name": f"{app}/accountSchema",
                    "etag": value,
                    "json_schema": {"type": "object"},
                },
                validate_only=True,
            ),
            schemas.RollbackAccountSchemaRequest(name=f"{app}/accountSchema", revision_id=text),
            schemas.ListAccountSchemaRevisionsRequest(
                parent=f"{app}/accountSchema", page_size=number
            ),
        )
        return self._request(self._random.choice(messages))

    def _query(self, *, filter_: str = "", order: str = "") -> OddRequest:
        app, flag = self._app(), self._flag()
        messages: Sequence[Message] = (
            accounts.ListAccountsRequest(
                parent=app, filter=filter_, order_by=order, show_total_size=flag
            ),
            accounts.SearchAccountsRequest(parent=app, filter=filter_, order_by=order),
        )
        return self._request(self._random.choice(messages))

    def _request(self, message: Message) -> OddRequest:
        content = message.SerializeToString()
        # Half a surrogate pair, which no message made in Python can have.
        content = content.replace(_STAND_IN.encode(), _SURROGATE)
        return OddRequest(_path_of(message), content, self._known.metadata)

    def _odd_token(self) -> str:
        known = self._random.choice(self._known.tokens)
        content = bytearray(base64.urlsafe_b64decode(known + "=" * (-len(known) % 4)))
        content[self._random.randrange(len(content))] ^= 1 << self._random.randrange(8)
        forms = (
            known,
            base64.urlsafe_b64encode(content).decode("ascii").rstrip("="),
            known[: self._random.randrange(len(known))],
            known + self._random.choice("A=\n -_"),
            spoiled(self._random, known),
            base64.b64encode(self._random.randbytes(self._random.randint(0, 80))).decode(),
            self._text(),
        )
        return self._random.choice(forms)

    def _text(self) -> str:
        return odd_text(self._random)

    def _value(self) -> str:
        return self._random.choice((self._text(), SENT))

    def _app(self) -> str:
        return self._random.choice(("apps/shop",) * 9 + ("apps/keyed", "apps/bare", "apps/nowhere"))

    def _name(self) -> str:
        return self._random.choice((*self._known.names, "apps/shop/accounts/none"))

    def _flag(self) -> bool:
        return self._random.random() < 0.5


FORMS: Mapping[str, Callable[[OddRequests], OddRequest]] = {
    "names": OddRequests.names,
    "filters": OddRequests.filters,
    "orders": OddRequests.orders,
    "masks": OddRequests.masks,
    "tokens": OddRequests.tokens,
    "profiles": OddRequests.profiles,
    "schemas": OddRequests.account_schemas,
    "contents": OddRequests.contents,
    "metadata": OddRequests.metadata,
    "arguments": OddRequests.arguments,
}

_OTHERS = [make for form, make in FORMS.items() if form not in {"contents", "metadata"}]
_NUMBERS = (0, 1, -1, 2, 49, 1000, 1001, 2**31 - 1, -(2**31))
_METHODS = {
    method.input_type.full_name: f"/{service.full_name}/{method.name}"
    for file in (accounts.DESCRIPTOR, schemas.DESCRIPTOR)
    for service in file.services_by_name.values()
    for method in service.methods
}


def _path_of(message: Message) -> str:
    return _METHODS[message.DESCRIPTOR.full_name]
