"""Calls without end: keys at random, and for each what tells its right answer."""

import itertools
import json
import secrets
from collections.abc import Callable, Iterator, Mapping

from ownid.v1.account_pb2 import Account
from ownid.v1.account_service_pb2 import (
    CreateAccountRequest,
    GetAccountRequest,
    ListAccountsRequest,
    LookupAccountRequest,
    UpdateAccountRequest,
)
from ownid.v1.session_service_pb2 import GetSessionAccountRequest

from bench.customers import Customers, email_of
from bench.load.closed_loop import Call, GrpcCalls, RestCalls
from bench.load.http1 import RestRequest
from bench.populations import Population

PAGE = 100


def gets(customers: Population) -> GrpcCalls:
    """Yields calls of GetAccount."""
    while True:
        name = customers.name(customers.any_key())
        yield Call(GetAccountRequest(name=name).SerializeToString(), _tells(name))


def lookups(customers: Customers) -> GrpcCalls:
    """Yields calls of LookupAccount."""
    while True:
        key = customers.any_key()
        request = LookupAccountRequest(parent=customers.parent, login_id=email_of(key))
        yield Call(request.SerializeToString(), _tells(customers.name(key)))


def updates(customers: Customers) -> GrpcCalls:
    """Yields calls of UpdateAccount, which change one property each to what it never was."""
    for given_name in _new_words():
        request = UpdateAccountRequest()
        request.account.name = customers.name(customers.any_key())
        request.account.profile.fields["given_name"].string_value = given_name
        request.update_mask.paths.append("profile.given_name")
        yield Call(request.SerializeToString(), _tells(given_name))


def creates(customers: Customers) -> GrpcCalls:
    """Yields calls of CreateAccount."""
    for profile in new_profiles():
        request = CreateAccountRequest(parent=customers.parent)
        fill(request.account, profile)
        yield Call(request.SerializeToString(), _tells(str(profile["email"])))


def session_gets(customers: Customers, name: str) -> GrpcCalls:
    """Yields calls of GetSessionAccount by a signed-in user, whose account has the name."""
    request = GetSessionAccountRequest(parent=customers.parent).SerializeToString()
    while True:
        yield Call(request, _tells(name))


def lists(customers: Customers) -> GrpcCalls:
    """Yields calls of ListAccounts: a page of a city, in order."""
    while True:
        city = customers.any_city()
        request = ListAccountsRequest(
            parent=customers.parent,
            page_size=PAGE,
            filter=f'city = "{city}"',
            order_by="family_name",
        )
        yield Call(request.SerializeToString(), _is_page(f"{customers.parent}/accounts/", city))


def rest_gets(customers: Customers) -> RestCalls:
    """Yields GET of an account."""
    while True:
        name = customers.name(customers.any_key())
        yield Call(RestRequest("GET", f"/v1/{name}"), _tells(name))


def rest_lookups(customers: Customers) -> RestCalls:
    """Yields GET of an account by its address."""
    while True:
        key = customers.any_key()
        path = f"/v1/{customers.parent}/accounts:lookup?login_id={email_of(key)}"
        yield Call(RestRequest("GET", path), _tells(customers.name(key)))


def rest_updates(customers: Customers, *, is_peer: bool) -> RestCalls:
    """Yields PATCH of an account; the peer takes the changed property alone."""
    for given_name in _new_words():
        change: Mapping[str, object] = {"given_name": given_name}
        path = f"/v1/{customers.name(customers.any_key())}"
        if not is_peer:
            change = {"profile": change}
            path += "?update_mask=profile.given_name"
        yield Call(RestRequest("PATCH", path, json.dumps(change).encode()), _tells(given_name))


def rest_creates(customers: Customers) -> RestCalls:
    """Yields POST of an account, as the peer takes it."""
    path = f"/v1/{customers.parent}/accounts"
    for profile in new_profiles():
        content = json.dumps(profile).encode()
        yield Call(RestRequest("POST", path, content), _tells(str(profile["email"])))


def rest_lists(customers: Customers, *, is_peer: bool) -> RestCalls:
    """Yields GET of a page of a city."""
    path = f"/v1/{customers.parent}/accounts?page_size={PAGE}"
    while True:
        city = customers.any_city()
        query = f"city={city}" if is_peer else f"filter=city%3D%22{city}%22&order_by=family_name"
        is_right = _is_page(f"{customers.parent}/accounts/", city)
        yield Call(RestRequest("GET", f"{path}&{query}"), is_right)


def new_profiles() -> Iterator[Mapping[str, str | int | bool]]:
    """Yields profiles of accounts that there are not."""
    for number, word in enumerate(_new_words()):
        yield {
            "email": f"{word}@example.com",
            "given_name": "New",
            "family_name": f"Family{number % 9973}",
            "phone": "+49 30 1234567",
            "street": "1 Short Street",
            "city": f"new{number % 100}",
            "country": "DE",
            "points": number % 5000,
            "newsletter": number % 2 == 0,
        }


def fill(account: Account, profile: Mapping[str, str | int | bool]) -> None:
    """Fills an account with a profile."""
    for name, value in profile.items():
        field = account.profile.fields[name]
        if isinstance(value, bool):
            field.bool_value = value
        elif isinstance(value, int):
            field.number_value = value
        else:
            field.string_value = value


def _new_words() -> Iterator[str]:
    run = secrets.token_hex(4)
    return (f"w{run}{number}" for number in itertools.count())


def _tells(text: str) -> Callable[[bytes], bool]:
    """Returns what looks for a text that only the right answer has."""
    sought = text.encode()
    return lambda answer: sought in answer


def _is_page(prefix: str, city: str) -> Callable[[bytes], bool]:
    """Returns what looks for as many accounts of a city as a page has."""
    name, where = prefix.encode(), city.encode()
    return lambda answer: answer.count(name) == PAGE and answer.count(where) >= PAGE
