"""Holds the signed-in user to what the schema allows, on every way to the own account."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict
from google.rpc.error_details_pb2 import BadRequest

from tests.support.serving import status_in
from tests.support.sessions import APP, SCHEMA, Shop, User, session_shop

HIDDEN = ("note", "points", "district", "pays late")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Gives a shop of its own, with an address that has a hidden part."""
    with session_shop(tmp_path) as shop:
        shop.execute("INSERT INTO addresses VALUES (1, 'London', 'SW1')")
        yield shop


@pytest.fixture
def user(shop: Shop) -> User:
    """Returns the user of account 1."""
    return shop.sign_in()


def profile_of(account: Any) -> dict[str, Any]:  # noqa: ANN401 - generated without types
    """Returns the profile of a message as plain values."""
    return MessageToDict(account.profile)


def updated(user: User, profile: dict[str, Any], *paths: str, **account: object) -> dict[str, Any]:
    """Returns the profile after the user's update."""
    fields: dict[str, object] = {"account": {"profile": profile, **account}}
    if paths:
        fields["update_mask"] = {"paths": paths}
    return profile_of(user.call("UpdateSessionAccount", **fields))


def refusal_of(
    user: User, profile: dict[str, Any], *paths: str, **account: object
) -> tuple[str, list[str]]:
    """Returns the code with which an update is refused, and the fields that it names."""
    with pytest.raises(grpc.RpcError) as caught:
        updated(user, profile, *paths, **account)
    status = status_in(caught.value)
    request = BadRequest()
    for detail in status.details:
        detail.Unpack(request)
    for word in ("pays late", "SW1"):
        assert word not in str(status)
    return caught.value.code().name, [each.field for each in request.field_violations]


def test_user_sees_what_may_be_read(user: User) -> None:
    """Properties to read or write are shown; hidden and write-only ones are not."""
    account = user.call("GetSessionAccount")

    assert account.name == f"{APP}/accounts/1"
    assert account.etag
    assert profile_of(account) == {
        "email": "ada@example.com",
        "given_name": "Ada",
        "address": {"city": "London"},
    }


def test_user_changes_what_may_be_written(shop: Shop, user: User) -> None:
    """Writable properties change, alone or together, and the answer is what is seen then."""
    changed = updated(user, {"given_name": "Augusta", "address": {"city": "Ockham"}, "pin": "1234"})

    assert changed == {
        "email": "ada@example.com",
        "given_name": "Augusta",
        "address": {"city": "Ockham"},
    }
    assert shop.row("SELECT first_name, pin, note, points FROM customers WHERE id = 1") == (
        "Augusta",
        "1234",
        "pays late",
        10,
    )
    assert shop.row("SELECT city, district FROM addresses") == ("Ockham", "SW1")


def test_write_once_is_set_once(user: User) -> None:
    """What is write-once can be set while it has no value, and not again."""
    assert updated(user, {"birthdate": "1815-12-10"})["birthdate"] == "1815-12-10"

    assert refusal_of(user, {"birthdate": "1816-01-01"})[0] == "INVALID_ARGUMENT"
    assert refusal_of(user, {"birthdate": None})[0] == "INVALID_ARGUMENT"
    assert refusal_of(user, {}, "profile.birthdate")[0] == "INVALID_ARGUMENT"
    assert updated(user, {"birthdate": "1815-12-10"})["birthdate"] == "1815-12-10"


@pytest.mark.parametrize(
    ("profile", "paths"),
    [
        pytest.param({"email": "eve@example.com"}, (), id="read-only"),
        pytest.param({"email": "eve@example.com"}, ("profile.email",), id="read-only in a mask"),
        pytest.param({"email": "eve@example.com"}, ("*",), id="read-only in *"),
        pytest.param({"email": "eve@example.com"}, ("profile",), id="read-only in profile"),
        pytest.param({"email": None}, (), id="read-only cleared"),
        pytest.param({}, ("profile.email",), id="read-only cleared by a mask"),
        pytest.param({"note": "good"}, (), id="hidden"),
        pytest.param({"note": "good"}, ("profile.note",), id="hidden in a mask"),
        pytest.param({"note": "good"}, ("*",), id="hidden in *"),
        pytest.param({"note": None}, (), id="hidden cleared"),
        pytest.param({}, ("profile.note",), id="hidden cleared by a mask"),
        pytest.param({"points": 1000}, (), id="hidden number"),
        pytest.param({"address": {"district": "N1"}}, (), id="hidden member"),
        pytest.param({"address": {"district": "N1"}}, ("profile.address",), id="hidden in object"),
        pytest.param({}, ("profile.address.district",), id="hidden member in a mask"),
        pytest.param({"address": None}, (), id="object cleared"),
        pytest.param({"address": "London"}, (), id="object replaced by text"),
        pytest.param({"NOTE": "good"}, (), id="another case"),
        pytest.param({"address.district": "N1"}, (), id="a dot in a name"),
        pytest.param({"note ": "good"}, (), id="a space in a name"),
        pytest.param({"given_name": "Ada", "note": "good"}, (), id="among others"),
        pytest.param({"constructor": {}}, (), id="unknown"),
    ],
)
def test_what_is_not_the_users_stays(
    shop: Shop, user: User, profile: dict[str, Any], paths: tuple[str, ...]
) -> None:
    """No mask, name or shape lets the user change what the schema does not."""
    before = [shop.row("SELECT * FROM customers"), shop.row("SELECT * FROM addresses")]

    code, _ = refusal_of(user, profile, *paths)

    assert code == "INVALID_ARGUMENT"
    assert [shop.row("SELECT * FROM customers"), shop.row("SELECT * FROM addresses")] == before


@pytest.mark.parametrize("paths", [("*",), ("profile",)])
def test_mask_of_all_is_what_the_user_may_change(
    shop: Shop, user: User, paths: tuple[str, ...]
) -> None:
    """Under `*` the user's own properties are replaced, and all others stay."""
    shown = profile_of(user.call("GetSessionAccount"))
    del shown["address"]

    changed = updated(user, shown | {"given_name": "Augusta"}, *paths)

    assert changed == {"email": "ada@example.com", "given_name": "Augusta"}
    assert shop.row("SELECT note, points FROM customers WHERE id = 1") == ("pays late", 10)
    assert shop.row("SELECT city, district FROM addresses") == (None, "SW1")


def test_mask_of_an_object_leaves_its_hidden_members(shop: Shop, user: User) -> None:
    """Replacing an object replaces what the user knows of it."""
    updated(user, {"address": {"city": "Ockham"}}, "profile.address")

    assert shop.row("SELECT city, district FROM addresses") == ("Ockham", "SW1")


def test_joined_row_is_made_with_the_users_part_alone(shop: Shop) -> None:
    """The first value in a joined table makes its row, with nothing in it but that."""
    user = shop.sign_in("2")

    assert updated(user, {"address": {"city": "Turin"}})["address"] == {"city": "Turin"}
    assert shop.row("SELECT * FROM addresses WHERE customer_id = 2") == (2, "Turin", None)


def test_user_cannot_disable_the_account(shop: Shop, user: User) -> None:
    """Whether an account is disabled is the administrator's alone."""
    assert refusal_of(user, {}, disabled=True) == ("INVALID_ARGUMENT", ["account.disabled"])
    assert refusal_of(user, {}, "disabled") == ("INVALID_ARGUMENT", ["account.disabled"])
    assert shop.row("SELECT blocked FROM customers WHERE id = 1") == (0,)


def test_user_reaches_no_other_account(shop: Shop, user: User) -> None:
    """The name of another account, app or session is refused, whatever it names."""
    code, fields = refusal_of(user, {"given_name": "Eve"}, name=f"{APP}/accounts/2")

    assert (code, fields) == ("INVALID_ARGUMENT", ["account.name"])
    assert shop.row("SELECT first_name FROM customers WHERE id = 2") == ("Ben",)
    with pytest.raises(grpc.RpcError) as caught:
        user.call("GetSessionAccount", parent="apps/other")
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_etag_guards_against_a_lost_update(shop: Shop, user: User) -> None:
    """An update by an etag that is no longer the current one changes nothing."""
    etag = user.call("GetSessionAccount").etag
    shop.execute("UPDATE customers SET first_name = 'Augusta' WHERE id = 1")

    assert refusal_of(user, {"given_name": "Eve"}, etag=etag)[0] == "ABORTED"
    assert shop.row("SELECT first_name FROM customers WHERE id = 1") == ("Augusta",)


def test_invalid_value_is_named_with_its_rule(user: User) -> None:
    """What breaks the schema comes back as the field that it concerns."""
    assert refusal_of(user, {"given_name": "A" * 21}) == (
        "INVALID_ARGUMENT",
        ["account.profile.given_name"],
    )


def test_rule_about_a_hidden_property_does_not_name_it(shop: Shop, user: User) -> None:
    """A rule between a known and a hidden property is told without the hidden one's name."""
    shop.set_schema(
        SCHEMA
        | {
            "if": {"properties": {"given_name": {"const": "Eve"}}},
            "then": {"properties": {"points": {"minimum": 100}}},
        }
    )

    code, fields = refusal_of(user, {"given_name": "Eve"})

    assert (code, fields) == ("INVALID_ARGUMENT", ["account.profile"])


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param({"dependentRequired": {"note": ["birthdate"]}}, id="in the words"),
        pytest.param(
            {"properties": {"address": {"properties": {"district": {"minLength": 9}}}}},
            id="in an object that is known",
        ),
    ],
)
def test_no_error_names_what_is_hidden(shop: Shop, user: User, rule: dict[str, Any]) -> None:
    """Whatever rule an update breaks, the answer has no word of what the user knows nothing of."""
    shop.set_schema(
        SCHEMA
        | {"allOf": [{"if": {"properties": {"given_name": {"const": "Evelyn"}}}, "then": rule}]}
    )

    with pytest.raises(grpc.RpcError) as caught:
        updated(user, {"given_name": "Evelyn"})

    assert [word for word in HIDDEN if word in str(status_in(caught.value))] == []


def test_schema_of_the_user_draws_a_form(user: User) -> None:
    """The user's schema has what is known, titles and rules, read-only where nothing can change."""
    answer = user.call("GetSessionAccountSchema")

    schema = MessageToDict(answer.json_schema)
    assert schema["title"] == "Customer"
    assert sorted(schema["properties"]) == ["address", "birthdate", "email", "given_name", "pin"]
    assert schema["properties"]["email"]["readOnly"] is True
    assert schema["properties"]["given_name"]["maxLength"] == 20
    assert schema["properties"]["given_name"]["title"] == "First name"
    assert sorted(schema["properties"]["address"]["properties"]) == ["city"]
    assert schema["required"] == ["email"]
    assert [word for word in HIDDEN if word in str(answer)] == []
