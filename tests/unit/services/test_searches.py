"""Holds lists and streams of accounts to what they promise."""

from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ownid_grpc.domain.account import Account
from ownid_grpc.domain.call import Call
from ownid_grpc.errors import Cancelled, InvalidArgument, Reason
from ownid_grpc.services.searches import Search
from ownid_grpc.services.services import Services
from ownid_grpc.services.writing import NewAccount
from tests.support.shop import APP, SECRET, TEXT, Shop, schema_of

COUNT = 12
DESCENDING = Search(APP, "loyalty >= 2", "loyalty desc")
EXPECTED = list(range(COUNT - 1, 1, -1))


@pytest.fixture
def full_shop(shop: Shop) -> Shop:
    """Returns a shop with twelve accounts, whose loyalty counts from 0."""
    for number in range(COUNT):
        new = NewAccount({"email": f"u{number}@example.com", "loyalty": number, "pin": "1234"})
        shop.services.accounts.create(Call(), APP, new)
    return shop


def loyalties(accounts: Iterable[Account]) -> list[object]:
    """Returns what tells the accounts of these tests apart."""
    return [account.profile["loyalty"] for account in accounts]


@given(size=st.integers(1, COUNT + 1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_pages_meet_each_account_once(full_shop: Shop, size: int) -> None:
    """Following tokens meets every account that matches once, in order, whatever the size."""
    found: list[object] = []
    token, is_first = "", True

    while token or is_first:
        page = full_shop.services.searches.list(
            Call(), DESCENDING, page_size=size, page_token=token
        )
        found.extend(loyalties(page.accounts))
        token, is_first = page.token, False

    assert found == EXPECTED


@given(size=st.integers(1, COUNT + 1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_stream_can_be_resumed_after_every_message(full_shop: Shop, size: int) -> None:
    """After any message its token gives exactly the rest; only the last message has none."""
    pages = list(full_shop.services.searches.stream(Call(), DESCENDING, chunk_size=size))

    assert [bool(page.token) for page in pages] == [True] * (len(pages) - 1) + [False]
    for number, page in enumerate(pages[:-1], 1):
        rest = full_shop.services.searches.stream(Call(), DESCENDING, resume_token=page.token)
        found = [*pages[:number], *rest]
        assert loyalties(account for each in found for account in each.accounts) == EXPECTED


def test_stream_of_nothing_ends_like_any_other(full_shop: Shop) -> None:
    """A search that finds nothing is one message without accounts and without a token."""
    pages = list(full_shop.services.searches.stream(Call(), Search(APP, "loyalty > 99")))

    assert [(list(page.accounts), page.token) for page in pages] == [([], "")]


def test_total_is_counted_where_asked_for(full_shop: Shop) -> None:
    """The total counts the matches of all pages, and is absent unless asked for."""
    list_ = full_shop.services.searches.list

    assert list_(Call(), DESCENDING, page_size=3, show_total_size=True).total_size == len(EXPECTED)
    assert list_(Call(), DESCENDING, page_size=3).total_size is None


def test_default_page_has_fifty(shop: Shop) -> None:
    """A page has 50 accounts unless asked otherwise, and never more than 1,000."""
    limits = shop.services.limits

    assert [limits.page_size(asked) for asked in (0, 7, 1000, 5000)] == [50, 7, 1000, 1000]
    assert [limits.chunk_size(asked) for asked in (0, 7, 1000, 5000)] == [500, 7, 1000, 1000]


def test_negative_size_is_refused(full_shop: Shop) -> None:
    """A page, or a chunk, of fewer than no accounts is an error that names its field."""
    searches = full_shop.services.searches

    with pytest.raises(InvalidArgument) as of_list:
        searches.list(Call(), DESCENDING, page_size=-1)
    with pytest.raises(InvalidArgument) as of_stream:
        next(searches.stream(Call(), DESCENDING, chunk_size=-1))

    assert of_list.value.violations[0].field == "page_size"
    assert of_stream.value.violations[0].field == "chunk_size"


@pytest.mark.parametrize(
    "other",
    [
        Search("other", "loyalty >= 2", "loyalty desc"),
        Search(APP, "loyalty >= 3", "loyalty desc"),
        Search(APP, "loyalty >= 2", "loyalty"),
        Search(APP, "loyalty >= 2", "loyalty desc", ["profile.email"]),
    ],
    ids=["app", "filter", "order", "mask"],
)
def test_token_is_of_one_query(full_shop: Shop, other: Search) -> None:
    """A token opens with no other app, filter, order or mask than it was given for."""
    services = Services.over(
        {APP: full_shop.repository, "other": full_shop.repository}, full_shop.state, SECRET
    )
    services.schemas.update("other", schema_of(), etag="", validate_only=False)
    token = services.searches.list(Call(), DESCENDING, page_size=3).token

    with pytest.raises(InvalidArgument) as caught:
        services.searches.list(Call(), other, page_size=3, page_token=token)

    assert caught.value.reason is Reason.PAGE_TOKEN_INVALID
    assert caught.value.violations[0].field == "page_token"


def test_page_token_is_no_resume_token(full_shop: Shop) -> None:
    """A token of a list does not resume a stream; the error names the stream's field."""
    token = full_shop.services.searches.list(Call(), DESCENDING, page_size=3).token

    with pytest.raises(InvalidArgument) as caught:
        next(full_shop.services.searches.stream(Call(), DESCENDING, resume_token=token))

    assert caught.value.violations[0].field == "resume_token"


def test_token_works_on_every_replica(full_shop: Shop) -> None:
    """A token that one replica gave out is good on another."""
    token = full_shop.services.searches.list(Call(), DESCENDING, page_size=3).token
    replica = Services.over({APP: full_shop.repository}, full_shop.state, SECRET)

    page = replica.searches.list(Call(), DESCENDING, page_token=token)

    assert loyalties(page.accounts) == EXPECTED[3:]


def test_token_does_not_outlive_the_type_that_it_orders_by(full_shop: Shop) -> None:
    """When the property ordered by becomes another type, old tokens are refused, not misread."""
    search = Search(APP, "", "given_name")
    token = full_shop.services.searches.list(Call(), search, page_size=3).token
    full_shop.set_schema(given_name={"type": "string", "format": "date"})

    with pytest.raises(InvalidArgument) as caught:
        full_shop.services.searches.list(Call(), search, page_token=token)

    assert caught.value.reason is Reason.PAGE_TOKEN_INVALID


@pytest.mark.parametrize("filter_", ['pin = "1234"', 'profile.pin = "1"', 'internal_note = "x"'])
def test_what_is_not_shown_cannot_be_searched(full_shop: Shop, filter_: str) -> None:
    """No filter tells anything of a property that is write-only or not in the schema."""
    with pytest.raises(InvalidArgument) as caught:
        full_shop.services.searches.list(Call(), Search(APP, filter_))

    assert caught.value.reason is Reason.FILTER_INVALID


def test_fields_beside_the_profile_can_be_searched(full_shop: Shop) -> None:
    """`disabled` and the times can be filtered by, where the mapping has them."""
    search = Search(APP, "NOT disabled AND create_time > 2001-01-01T00:00:00Z", "create_time")

    page = full_shop.services.searches.list(Call(), search)

    assert len(page.accounts) == COUNT


def test_mask_narrows_what_is_filled(full_shop: Shop) -> None:
    """Only the fields of the mask are filled, whatever the filter and the order look at."""
    search = Search(APP, "loyalty >= 2", "loyalty desc", ["profile.email"])

    page = full_shop.services.searches.list(Call(), search, page_size=1)

    assert [account.profile for account in page.accounts] == [{"email": "u11@example.com"}]
    assert page.accounts[0].etag == ""


def test_cancelled_stream_ends(full_shop: Shop) -> None:
    """A stream whose caller has left ends at the next message."""
    call = Call()
    pages = full_shop.services.searches.stream(call, DESCENDING, chunk_size=2)
    next(pages)

    call.cancel()

    with pytest.raises(Cancelled):
        next(pages)


def test_new_property_can_be_searched_at_once(full_shop: Shop) -> None:
    """A property is searchable from the schema on that has it."""
    full_shop.set_schema(internal_note=TEXT)

    page = full_shop.services.searches.list(Call(), Search(APP, "NOT internal_note:*"))

    assert len(page.accounts) == COUNT
