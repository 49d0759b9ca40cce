"""Holds setting and reading of account schemas to what it promises."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from ownid_grpc.domain.call import Call
from ownid_grpc.errors import (
    Aborted,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    OwnIdError,
    Reason,
)
from ownid_grpc.services.schemas import SchemaView
from ownid_grpc.services.services import Services
from ownid_grpc.services.writing import NewAccount
from tests.support.shop import APP, SECRET, TEXT, Shop, schema_of

NAME = "apps/shop/accountSchema"


def update(shop: Shop, etag: str = "", *, validate_only: bool = False) -> SchemaView:
    """Sets the schema of the shop."""
    return shop.services.schemas.update(APP, schema_of(), etag=etag, validate_only=validate_only)


def etag_in(view: SchemaView) -> str:
    """Returns the etag of a schema that is a revision."""
    assert view.revision is not None
    return view.revision.etag


def number_in(view: SchemaView) -> int:
    """Returns the number of a schema that is a revision."""
    assert view.revision is not None
    return view.revision.number


def test_schema_set_is_in_force(empty_shop: Shop) -> None:
    """The schema that was set is the one returned, under the name of the schema in force."""
    made = update(empty_shop)

    found = empty_shop.services.schemas.get(APP)

    assert found == made
    assert found.name == NAME
    assert found.document == schema_of()


def test_app_without_schema_says_how_to_set_one(empty_shop: Shop) -> None:
    """Reading the schema of an app that has none tells which method sets one."""
    with pytest.raises(FailedPrecondition) as caught:
        empty_shop.services.schemas.get(APP)

    assert caught.value.reason is Reason.ACCOUNT_SCHEMA_NOT_SET
    assert "UpdateAccountSchema" in caught.value.message


@pytest.mark.parametrize("method", ["get", "get_revision", "update", "list", "roll_back", "infer"])
def test_unknown_app_is_not_found(shop: Shop, method: str) -> None:
    """Every method says of an app that is not configured that there is none."""
    schemas = shop.services.schemas
    calls: dict[str, Callable[[], object]] = {
        "get": lambda: schemas.get("nobody"),
        "get_revision": lambda: schemas.get_revision("nobody", "0a1b2c3d"),
        "update": lambda: schemas.update("nobody", {}, etag="", validate_only=False),
        "list": lambda: schemas.list_revisions("nobody", page_size=0, page_token=""),
        "roll_back": lambda: schemas.roll_back("nobody", "0a1b2c3d"),
        "infer": lambda: schemas.infer("nobody"),
    }

    with pytest.raises(NotFound) as caught:
        calls[method]()

    assert caught.value.reason is Reason.APP_NOT_FOUND
    assert caught.value.resource_name == "apps/nobody"


def test_update_with_its_etag_replaces_the_schema(shop: Shop) -> None:
    """An update that carries the etag of the schema in force replaces it."""
    current = shop.services.schemas.get(APP)

    made = update(shop, etag_in(current))

    assert shop.services.schemas.get(APP) == made
    assert etag_in(made) != etag_in(current)


def test_update_with_an_old_etag_is_refused(shop: Shop) -> None:
    """An update that carries the etag of an older schema changes nothing, and tells the new one."""
    old = etag_in(shop.services.schemas.get(APP))
    current = update(shop)

    with pytest.raises(Aborted) as caught:
        update(shop, old)

    assert caught.value.reason is Reason.ETAG_MISMATCH
    assert caught.value.metadata["etag"] == etag_in(current)
    assert shop.services.schemas.get(APP) == current


def test_one_of_many_updates_with_an_etag_wins(shop: Shop) -> None:
    """Of updates that carry the same etag, one wins and all others are told of the mismatch."""
    etag = etag_in(shop.services.schemas.get(APP))

    def outcome(_: int) -> Reason | None:
        try:
            update(shop, etag)
        except OwnIdError as error:
            return error.reason
        return None

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(outcome, range(8)))

    assert outcomes.count(None) == 1
    assert outcomes.count(Reason.ETAG_MISMATCH) == 7


def test_updates_without_an_etag_all_come_through(shop: Shop) -> None:
    """Of updates without an etag that meet, each is made, and the last one is in force."""
    before = number_in(shop.services.schemas.get(APP))

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: number_in(update(shop)), range(16)))

    assert sorted(made) == list(range(before + 1, before + 17))
    assert number_in(shop.services.schemas.get(APP)) == max(made)


def test_validating_sets_nothing(empty_shop: Shop) -> None:
    """An update that only validates answers with the schema, and sets none."""
    answer = update(empty_shop, validate_only=True)

    assert answer.document == schema_of()
    assert answer.revision is None
    assert empty_shop.state.revisions.current(APP) is None


def test_validating_looks_at_the_etag(shop: Shop) -> None:
    """An update that only validates fails for an etag as the real one would."""
    with pytest.raises(Aborted):
        update(shop, '"another"', validate_only=True)


def test_schema_that_the_mapping_does_not_reach_is_refused(shop: Shop) -> None:
    """A property that is not in the mapping is refused, by its place in the schema."""
    with pytest.raises(InvalidArgument) as caught:
        shop.set_schema(shoe_size={"type": "integer"})

    assert caught.value.reason is Reason.ACCOUNT_SCHEMA_INVALID
    assert caught.value.metadata["faults"] == "1"
    assert "shoe_size" in caught.value.violations[0].field


def test_schema_that_is_none_is_refused(shop: Shop) -> None:
    """What is no JSON Schema is refused, by the place of the fault."""
    with pytest.raises(InvalidArgument) as caught:
        shop.set_schema(loyalty={"type": "whole"})

    assert caught.value.reason is Reason.ACCOUNT_SCHEMA_INVALID
    assert "/properties/loyalty/type" in caught.value.violations[0].field


def test_older_revision_keeps_its_name(shop: Shop) -> None:
    """A revision can be read by its id, and is called by it."""
    first = shop.services.schemas.get(APP).revision
    assert first is not None
    shop.set_schema(internal_note=TEXT)

    found = shop.services.schemas.get_revision(APP, first.id)

    assert found.name == f"{NAME}/revisions/{first.id}"
    assert found.document == schema_of()


def test_unknown_revision_is_not_found(shop: Shop) -> None:
    """A revision that is not there is told by name."""
    with pytest.raises(NotFound) as caught:
        shop.services.schemas.get_revision(APP, "00000000")

    assert caught.value.resource_name == f"{NAME}/revisions/00000000"


def test_revisions_are_paged_newest_first(shop: Shop) -> None:
    """Pages of revisions meet each once, newest first, and the last has no token."""
    for _ in range(4):
        update(shop)
    found: list[int] = []
    sizes: list[int] = []
    token, is_first = "", True

    while token or is_first:
        page = shop.services.schemas.list_revisions(APP, page_size=2, page_token=token)
        found.extend(view.revision.number for view in page.schemas if view.revision)
        sizes.append(len(page.schemas))
        token, is_first = page.next_page_token, False

    assert found == [5, 4, 3, 2, 1]
    assert sizes == [2, 2, 1]


def test_negative_page_size_is_refused(shop: Shop) -> None:
    """A page of fewer than no revisions is an error."""
    with pytest.raises(InvalidArgument) as caught:
        shop.services.schemas.list_revisions(APP, page_size=-1, page_token="")

    assert caught.value.reason is Reason.ARGUMENT_INVALID


def test_rolling_back_makes_a_new_revision(shop: Shop) -> None:
    """Rolling back puts the document of an older revision in force, as a new one."""
    first = shop.services.schemas.get(APP).revision
    assert first is not None
    shop.set_schema(internal_note=TEXT)

    made = shop.services.schemas.roll_back(APP, first.id)

    assert made == shop.services.schemas.get(APP)
    assert made.document == schema_of()
    assert made.revision is not None
    assert made.revision.number == 3


def test_rolling_back_to_what_no_longer_fits_is_refused(shop: Shop) -> None:
    """A revision whose properties the mapping does not reach any more does not come back."""
    old = shop.state.revisions.append(
        APP,
        '{"type":"object","properties":{"gone":{"type":"string"}}}',
        after=shop.state.revisions.current(APP),
    )
    current = update(shop)

    with pytest.raises(InvalidArgument) as caught:
        shop.services.schemas.roll_back(APP, old.id)

    assert caught.value.reason is Reason.ACCOUNT_SCHEMA_INVALID
    assert shop.services.schemas.get(APP) == current


def test_inferred_schema_can_be_set(empty_shop: Shop) -> None:
    """What is read off the database can be set as it is, and inferring alone sets nothing."""
    inferred = empty_shop.services.schemas.infer(APP)
    assert empty_shop.state.revisions.current(APP) is None

    made = empty_shop.services.schemas.update(
        APP, dict(inferred.document), etag="", validate_only=False
    )

    assert inferred.name == NAME
    assert made.document == inferred.document


def test_schema_set_through_one_replica_binds_the_next_write_through_another(
    shop: Shop, call: Call
) -> None:
    """What one replica's schema forbids, no other accepts from then on."""
    other = Services.over({APP: shop.repository}, shop.state, SECRET)
    other.accounts.create(call, APP, NewAccount({"email": "ada@example.com"}))

    shop.set_schema(given_name={"type": "string", "maxLength": 3})

    with pytest.raises(InvalidArgument):
        other.accounts.create(
            call, APP, NewAccount({"email": "grace@example.com", "given_name": "Grace"})
        )


def test_schema_that_the_mapping_left_behind_is_told_to_the_operator(
    shop: Shop, call: Call
) -> None:
    """When the mapping no longer reaches the schema in force, accounts say whose fault it is."""
    shop.state.revisions.append(
        APP,
        '{"type":"object","properties":{"gone":{"type":"string"}}}',
        after=shop.state.revisions.current(APP),
    )

    with pytest.raises(FailedPrecondition) as caught:
        shop.services.accounts.get(call, APP, ("1",))

    assert caught.value.reason is Reason.MAPPING_FAULTY
    assert caught.value.violations
