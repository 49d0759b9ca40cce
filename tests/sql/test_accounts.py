"""What the mapping promises of single accounts, on every SQL database."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from ownid_grpc.domain.account import Account, AccountDraft, JsonValue, LoginId, Profile
from ownid_grpc.domain.call import Call
from ownid_grpc.errors import Aborted, AlreadyExists, InvalidArgument, NotFound, Reason, Unavailable
from ownid_grpc.repositories.base import Change
from tests.sql.conftest import Shop

LOGIN_IDS = (LoginId(("email",)),)
ADA: Profile = {
    "email": "ada@example.com",
    "given_name": "O'Ada % _ \\ 😀 é",
    "score": 2**60,
    "balance": Decimal("19.90"),
    "active": True,
    "last_seen": "2024-01-02T03:04:05Z",
    "birthdate": "1990-02-03",
    "address": {"city": "London"},
    "country": "UK",
    "theme": "dark",
}


def made(shop: Shop, **profile: JsonValue) -> Account:
    """Returns a new account."""
    given: Profile = {"email": "ada@example.com", **profile}
    return shop.repository.insert(Call(), AccountDraft(given), login_ids=LOGIN_IDS)


def test_mapping_fits(shop: Shop) -> None:
    """A mapping that names what is there has no fault."""
    assert shop.repository.verify() == ()


def test_every_kind_of_value_survives(shop: Shop) -> None:
    """What is created reads back as it was given, from whichever table and encoding."""
    created = shop.repository.insert(Call(), AccountDraft(ADA), login_ids=LOGIN_IDS)

    assert created.profile == ADA
    assert shop.repository.get(Call(), created.key) == created


def test_unmapped_column_is_left_alone(shop: Shop) -> None:
    """A column that the mapping does not name keeps what it had, whatever is updated."""
    created = made(shop)
    with shop.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE customers SET password_hash = 'h', row_note = 'n'")

    shop.repository.update(Call(), created.key, with_profile(given_name="Ada"))

    assert shop.rows("SELECT password_hash, row_note FROM customers") == [("h", "n")]


def test_document_keeps_its_other_members(shop: Shop) -> None:
    """Writing into a JSON document leaves its other members and their digits as they were."""
    created = made(shop)
    with shop.engine.begin() as connection:
        connection.exec_driver_sql(
            """UPDATE customers SET settings = '{"a": 1.10, "ui": {"x": [1]}}'"""
        )

    shop.repository.update(Call(), created.key, with_profile(theme="dark"))

    expected = '{"a": 1.10, "ui": {"x": [1], "theme": "dark"}}'
    assert shop.rows("SELECT settings FROM customers") == [(expected,)]


def test_null_clears(shop: Shop) -> None:
    """A value taken away is absent afterwards, its sentinel written where NULL is not used."""
    created = shop.repository.insert(Call(), AccountDraft(ADA))

    changed = shop.repository.update(
        Call(), created.key, with_profile(last_seen=None, address=None, country=None, theme=None)
    )

    assert {"last_seen", "address", "country", "theme"}.isdisjoint(changed.profile)
    assert shop.rows("SELECT last_seen_ms, country_id FROM customers") == [(0, None)]


@pytest.mark.parametrize(
    "profile",
    [
        {"given_name": "x" * 41},
        {"balance": Decimal("1.005")},
        {"balance": Decimal("123456789.00")},
        {"country": "XX"},
        {"last_seen": "2024-01-02T03:04:05.0001Z"},
        {"given_name": "a\0b"},
        {"score": 2**63},
    ],
    ids=["long", "scale", "precision", "lookup", "unit", "nul", "range"],
)
def test_value_that_does_not_fit_is_refused(shop: Shop, profile: Profile) -> None:
    """A value that would not read back as it is leaves nothing written."""
    with pytest.raises(InvalidArgument) as error:
        made(shop, **profile)

    assert error.value.reason is Reason.PROFILE_INVALID
    assert shop.rows("SELECT count(*) FROM customers") == [(0,)]


def test_login_id_differs_by_more_than_case(shop: Shop) -> None:
    """A login id is taken in any case, and free where only an accent is the same."""
    made(shop, email="élodie@example.com")

    with pytest.raises(AlreadyExists) as error:
        made(shop, email="ÉLODIE@example.com")

    assert error.value.metadata == {"property": "email"}
    with pytest.raises(NotFound):
        shop.repository.find(Call(), LOGIN_IDS, "elodie@example.com")
    assert shop.repository.find(Call(), LOGIN_IDS, "Élodie@EXAMPLE.com").key


def test_one_of_many_creates_wins(shop: Shop) -> None:
    """Of many creates of one login id at once exactly one succeeds."""
    with ThreadPoolExecutor(20) as pool:
        outcomes = [pool.submit(made, shop) for _ in range(20)]

    errors = [outcome.exception() for outcome in outcomes]
    assert errors.count(None) == 1
    assert all(isinstance(error, AlreadyExists) for error in errors if error is not None)


def test_one_of_many_updates_wins(shop: Shop) -> None:
    """Of many updates that expect one etag exactly one succeeds, the others see the new one."""
    created = made(shop)

    def update(number: int) -> Account:
        def change(current: Account) -> Account:
            if current.etag != created.etag:
                raise Aborted(Reason.ETAG_MISMATCH, "changed")
            return with_profile(score=number)(current)

        return shop.repository.update(Call(), created.key, change)

    with ThreadPoolExecutor(20) as pool:
        outcomes = [pool.submit(update, number) for number in range(20)]

    errors = [outcome.exception() for outcome in outcomes]
    assert errors.count(None) == 1
    assert all(isinstance(error, Aborted) for error in errors if error is not None)


def test_deleted_account_is_gone_but_its_row_stays(shop: Shop) -> None:
    """A soft delete hides the account and keeps the row, its login id still taken."""
    created = made(shop)

    shop.repository.delete(Call(), created.key)

    with pytest.raises(NotFound):
        shop.repository.get(Call(), created.key)
    assert shop.rows("SELECT is_deleted FROM customers") == [(1,)]
    with pytest.raises(AlreadyExists):
        made(shop)


def test_delete_takes_the_etag(shop: Shop) -> None:
    """A delete with an etag of the past changes nothing and names the present one."""
    created = made(shop)

    with pytest.raises(Aborted) as error:
        shop.repository.delete(Call(), created.key, etag='"old"')

    assert error.value.metadata == {"etag": created.etag}
    assert shop.repository.get(Call(), created.key) == created


@pytest.mark.parametrize("key", ["0", "01", "1 OR 1=1", "'", "9" * 40, "é", ""])
def test_odd_key_is_not_found(shop: Shop, key: str) -> None:
    """A key that no row has is not found, whatever it is."""
    made(shop)

    with pytest.raises(NotFound):
        shop.repository.get(Call(), (key,))


def test_closed_repository_is_unavailable(shop: Shop) -> None:
    """After close every call says that there is no database."""
    shop.repository.close()

    with pytest.raises(Unavailable):
        shop.repository.get(Call(), ("1",))


def with_profile(**values: JsonValue) -> Change:
    """Returns a change of these properties, None taking one away."""

    def change(account: Account) -> Account:
        merged = account.profile | values
        kept: Profile = {name: value for name, value in merged.items() if value is not None}
        return dataclasses.replace(account, profile=kept)

    return change
