"""Resource names: every key has one name, every name at most one key."""

import base64
import re
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ownid_grpc.domain import names
from ownid_grpc.errors import InvalidArgument, Reason

PARTS = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = st.lists(PARTS, min_size=1, max_size=3).map(tuple)


def encoded(text: str) -> str:
    """Returns `~` and the base64url of `text`."""
    return "~" + base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


@given(key=KEYS)
@example(("17",))
@example(("",))
@example((".",))
@example(("..",))
@example(("-",))
@example(("~17",))
@example(("a/b",))
@example(("a:search",))
@example(('["a","b"]',))
@example(("a", "b"))
@example(('["a"]', ""))
@example(("\x00",))
def test_every_key_has_a_name(key: tuple[str, ...]) -> None:
    """A name reads back to its key, and is safe in a URL path before a custom verb."""
    name = names.account_name("shop", key)

    assert names.parse_account_name(name) == ("shop", key)
    assert re.fullmatch(r"apps/shop/accounts/[A-Za-z0-9._~-]+", name)
    assert name.rsplit("/", 1)[1] not in {".", "..", "-"}


@pytest.mark.parametrize("key", ["17", "ada.lovelace", "a_b-c~d", "550e8400-e29b-41d4", "..."])
def test_a_plain_key_is_its_own_id(key: str) -> None:
    """A key of unreserved characters stands in the name as it is."""
    assert names.account_id((key,)) == key


@given(id_=st.one_of(st.text(), st.text('~AQWb.-_["a', max_size=12).map(lambda tail: "~" + tail)))
@example("-")
@example(".")
@example("")
@example("~")
@example("~LQ=")
@example(encoded("plain"))
@example(encoded("[]"))
@example(encoded('["plain"]'))
@example(encoded('["a", "b"]'))
@example(encoded('["a",1]'))
@example(encoded('["\\ud800","b"]'))
@example(encoded("[" * 6000))
@example(encoded("[" + "9" * 5000 + "]"))
@example("~____")
@example("~\ud800")
@example("a\n")
def test_an_id_has_one_spelling(id_: str) -> None:
    """An id is read only as it would be written; any other text is refused."""
    try:
        key = names.parse_account_id(id_)
    except InvalidArgument:
        return

    assert names.account_id(key) == id_


@given(name=st.one_of(st.text(), st.text("aps/counts.:*~-\x00\ud800é")))
@example("a" * 1_000_000)
@example("/" * 1_000_000)
@example("apps/shop/accounts/" + "a" * 1_000_000)
@example("apps/shop/accounts/17\n")
@example("apps/shop/accounts/")
@example("apps//accounts/17")
@example("apps/../accounts/17")
@example("apps/-/accounts/17/")
@example("APPS/shop/accounts/17")
@example("/apps/shop/accounts/17")
@pytest.mark.parametrize(
    "parse",
    [
        names.parse_app_name,
        names.parse_account_name,
        names.parse_account_schema_name,
        names.parse_account_schema_revision_name,
    ],
)
def test_any_other_name_is_refused(parse: Callable[[str, str], object], name: str) -> None:
    """A malformed name is an error that gives the expected pattern, and not what was sent."""
    with pytest.raises(InvalidArgument) as caught:
        parse(name, "parent")

    assert caught.value.reason is Reason.NAME_INVALID
    assert caught.value.violations[0].field == "parent"
    assert "apps/{app}" in caught.value.message
    assert len(caught.value.message) < 200


def test_names_read_as_they_are_written() -> None:
    """Names of apps, schemas and revisions read back to what they name."""
    assert names.parse_app_name(names.app_name("shop.eu")) == "shop.eu"
    assert names.parse_account_schema_name(names.account_schema_name("shop")) == "shop"
    name = names.account_schema_revision_name("shop", "7f3a")
    assert names.parse_account_schema_revision_name(name) == ("shop", "7f3a")


@pytest.mark.parametrize("app", ["a", "a" * 63, "Shop_2.eu-west"])
def test_app_ids_are_short_and_plain(app: str) -> None:
    """An app id has 1 to 63 letters, digits, dots, underscores or hyphens."""
    assert names.is_app_id(app)


@pytest.mark.parametrize("text", ["", "a" * 64, ".", "..", "é", "a/b", "a\n"])
def test_other_app_ids_are_refused(text: str) -> None:
    """An app cannot be called anything that a name or a URL would trip over."""
    assert not names.is_app_id(text)
