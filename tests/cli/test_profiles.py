"""Profiles and masks as they are written on the command line, and accounts as they are printed."""

import json
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st
from ownid.v1.account_pb2 import Account

from ownid_grpc.cli.accounts.profiles import mask_paths, read_profile
from ownid_grpc.cli.errors import UsageError
from ownid_grpc.cli.output import account_members, printable


@pytest.mark.parametrize(
    ("arguments", "profile"),
    [
        ([], {}),
        (["name=Ada"], {"name": "Ada"}),
        (["name="], {"name": ""}),
        (["a=b:=c=d"], {"a": "b:=c=d"}),
        (["a:b=1"], {"a:b": "1"}),
        (["handle=@ada"], {"handle": "@ada"}),
        (["n:=5", "x:=null", "t:=[true]"], {"n": 5, "x": None, "t": [True]}),
        (["a.b=1", "a.c=2"], {"a": {"b": "1", "c": "2"}}),
        (["`a.b`.`c``=`=1"], {"a.b": {"c`=": "1"}}),
        (['{"a": {"b": 1}, "c": 2}', "a.b:=3"], {"a": {"b": 3}, "c": 2}),
        (["n:=9007199254740992"], {"n": 9007199254740992}),
        (["n:=9007199254740993"], {"n": "9007199254740993"}),
        (["n:=0.1"], {"n": 0.1}),
        (["n:=1.50"], {"n": 1.5}),
        (["n:=0.12345678901234567890"], {"n": "0.12345678901234567890"}),
    ],
)
def test_arguments_make_a_profile(arguments: list[str], profile: dict[str, Any]) -> None:
    """Assignments are text, JSON behind `:=`, nested by dots, and keep every digit."""
    assert read_profile(arguments) == profile


@pytest.mark.parametrize("argument", ["name", "=1", ".a=1", "a.=1", "a..b=1", "`a=1", "a:=", "[]"])
def test_what_is_no_assignment_is_refused(argument: str) -> None:
    """An argument that says nothing is refused, not guessed at."""
    with pytest.raises(UsageError):
        read_profile([argument])


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("name,email", ["name", "profile.email"]),
        ("profile.email, disabled", ["profile.email", "disabled"]),
        ("address.city", ["profile.address.city"]),
        ("`a,b`.c,*", ["profile.`a,b`.c", "*"]),
        ("profile.name", ["profile.name"]),
    ],
)
def test_properties_of_a_mask_lie_in_the_profile(text: str, paths: list[str]) -> None:
    """A path that is no field of an account means a property."""
    assert mask_paths(text) == paths


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc.\x1b"), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text("abcé"), JSON_VALUES), st.integers(0, 2**31))
def test_printed_account_is_what_proto_says(profile: dict[str, Any], seconds: int) -> None:
    """An account is printed as the JSON mapping of proto has it, whatever it holds."""
    account = Account(name="apps/shop/accounts/1", disabled=seconds % 2 == 0, etag='"e"')
    account.profile.update(profile)
    account.create_time.FromNanoseconds(seconds * 1_000_000_007)

    line = printable(json.dumps(account_members(account), ensure_ascii=False))

    assert json.loads(line) == MessageToDict(account)
