"""What the port promises of accounts that are made and found by the hundred."""

from collections.abc import Sequence

import pytest

from ownid_grpc.domain.account import AccountDraft, AccountKey, JsonValue, LoginId, Profile
from ownid_grpc.domain.call import Call
from ownid_grpc.errors import (
    AlreadyExists,
    Cancelled,
    InvalidArgument,
    OwnIdError,
    Reason,
)
from ownid_grpc.repositories.base import Outcome
from ownid_grpc.testing.building import everybody, made, query
from ownid_grpc.testing.declared import DeclaredRepository
from ownid_grpc.testing.standard import EMAIL, LOGIN_IDS


def draft(email: str | None, **others: JsonValue) -> AccountDraft:
    """Returns an account to be made."""
    profile: Profile = {} if email is None else {"email": email}
    return AccountDraft(profile | others)


def inserted(
    repository: DeclaredRepository, drafts: Sequence[AccountDraft], *login_ids: LoginId
) -> list[Outcome]:
    """Returns what becomes of accounts to be made."""
    return repository.insert_many(Call(), drafts, login_ids=login_ids or LOGIN_IDS)


def email_of(number: int) -> str:
    """Returns the email of one account of many."""
    return f"p{number}@example.com"


def errors(outcomes: Sequence[Outcome]) -> list[OwnIdError | None]:
    """Returns the errors among outcomes, None where an account was made."""
    return [each if isinstance(each, OwnIdError) else None for each in outcomes]


def holders(
    repository: DeclaredRepository, *profiles: Profile, login_ids: Sequence[LoginId] = LOGIN_IDS
) -> list[set[AccountKey]]:
    """Returns the accounts that have login ids of these profiles."""
    return repository.find_holders(Call(), login_ids, profiles)


class Batches:
    """Accounts that are made and found by the hundred."""

    def test_many_accounts_are_made_in_order(self, repository: DeclaredRepository) -> None:
        """Each key, in the order of the drafts, is that of the account that was asked for."""
        whole: list[Profile] = [
            {"email": "a@example.com", "name": "A", "address": {"city": "Rome"}, "theme": "dark"},
            {"email": "b@example.com", "score": 2},
            {"email": "c@example.com", "tags": ["x"], "address": {"zip": "1", "city": "Oslo"}},
            {"email": "d@example.com", "last_seen": "2024-01-02T03:04:05Z", "active": False},
        ]
        profiles = [repository.declared.cut(each) for each in whole]

        outcomes = inserted(repository, [AccountDraft(each) for each in profiles])

        assert not any(errors(outcomes))
        stored = [repository.get(Call(), key) for key in outcomes if isinstance(key, tuple)]
        assert [each.profile for each in stored] == profiles
        declared = repository.declared
        assert {each.create_time is not None for each in stored} == {declared.has_create_time}
        assert {each.update_time is not None for each in stored} == {declared.has_update_time}

    def test_many_accounts_are_as_if_made_singly(self, repository: DeclaredRepository) -> None:
        """What an account made among others holds is what the same account made alone holds."""
        alone = made(repository, "a@example.com", name="A", address={"city": "Rome"})

        (key,) = inserted(repository, [draft("b@example.com", name="A", address={"city": "Rome"})])

        assert isinstance(key, tuple)
        together = repository.get(Call(), key)
        assert together.profile == {**alone.profile, "email": "b@example.com"}
        assert together.disabled == alone.disabled

    def test_no_accounts_are_no_work(self, repository: DeclaredRepository) -> None:
        """Nothing to make makes nothing."""
        assert inserted(repository, []) == []
        assert repository.find_holders(Call(), LOGIN_IDS, []) == []

    @pytest.mark.parametrize(
        "bad",
        [
            pytest.param(draft(None, name="Nobody"), id="missing"),
            pytest.param(draft("bad@example.com", birthdate="2024-13-99"), id="no date"),
            pytest.param(draft("bad@example.com", score="many"), id="no number"),
            pytest.param(draft("bad@example.com", name="a\0b"), id="characters"),
        ],
    )
    def test_bad_account_fails_alone(
        self, repository: DeclaredRepository, bad: AccountDraft
    ) -> None:
        """A draft that cannot be held is refused as by itself; those beside it are made."""
        drafts = [draft("a@example.com"), bad, draft("b@example.com"), draft("c@example.com")]

        outcomes = inserted(repository, drafts)

        assert [error is None for error in errors(outcomes)] == [True, False, True, True]
        assert isinstance(outcomes[1], InvalidArgument)
        assert sorted(everybody(repository, query())) == [f"{each}@example.com" for each in "abc"]

    def test_account_beyond_a_limit_fails_alone(self, repository: DeclaredRepository) -> None:
        """A draft with a value that is too long is refused; the one beside it is made."""
        repository.need_limits()

        refused, key = inserted(repository, [draft("x" * 200), draft("a@example.com")])

        assert isinstance(refused, InvalidArgument)
        assert isinstance(key, tuple)

    def test_value_that_only_the_database_knows_to_be_taken_fails_alone(
        self,
        repository: DeclaredRepository,
    ) -> None:
        """What nobody looked for beforehand and the database refuses is the error of one draft."""
        made(repository, "b@example.com")
        drafts = [draft(f"{letter}@example.com") for letter in "abcde"]

        outcomes = repository.insert_many(Call(), drafts)

        assert [type(error) for error in errors(outcomes) if error] == [AlreadyExists]
        assert isinstance(outcomes[1], AlreadyExists)
        assert outcomes[1].metadata["property"] == "email"
        assert sorted(everybody(repository, query())) == [f"{each}@example.com" for each in "abcde"]

    def test_taken_login_ids_fail_alone(self, repository: DeclaredRepository) -> None:
        """Login ids are taken in any case, and by accents and widths never."""
        made(repository, "ada@example.com", username="Émile")

        outcomes = inserted(
            repository,
            [
                draft("ADA@example.com"),
                draft("àda@example.com"),
                draft("b@example.com", username="émile"),
                draft("c@example.com", username="emile"),
            ],
        )

        found = [error and error.metadata["property"] for error in errors(outcomes)]
        assert found == ["email", None, "username", None]

    def test_first_of_two_that_clash_is_made(self, repository: DeclaredRepository) -> None:
        """Of drafts with one login id the first is made, the others are refused."""
        outcomes = inserted(
            repository,
            [
                draft("ada@example.com", name="first"),
                draft("Ada@example.com", name="second"),
                draft("eve@example.com"),
                draft("ADA@EXAMPLE.COM"),
            ],
        )

        assert [error and error.reason for error in errors(outcomes)] == [
            None,
            Reason.VALUE_TAKEN,
            None,
            Reason.VALUE_TAKEN,
        ]
        assert sorted(everybody(repository, query())) == ["ada@example.com", "eve@example.com"]

    def test_draft_that_fails_takes_no_login_id(self, repository: DeclaredRepository) -> None:
        """A draft that cannot be made does not stand in the way of another with its login id."""
        outcomes = inserted(
            repository, [draft("ada@example.com", name="a\0b"), draft("ada@example.com")]
        )

        assert [error is None for error in errors(outcomes)] == [False, True]

    def test_hundreds_are_made_at_once(self, repository: DeclaredRepository) -> None:
        """However many drafts there are, and whichever of their values they give, each is made."""
        drafts = [
            draft(email_of(number), **({"name": "n"} if number % 2 else {"score": number}))
            for number in range(400)
        ]

        outcomes = inserted(repository, drafts)

        assert not any(errors(outcomes))
        assert sorted(everybody(repository, query())) == sorted(map(email_of, range(400)))

    def test_cancelled_call_makes_nothing(self, repository: DeclaredRepository) -> None:
        """A call that nobody waits for makes none of its accounts."""
        call = Call()
        call.cancel()

        with pytest.raises(Cancelled):
            repository.insert_many(call, [draft("a@example.com"), draft("b@example.com")])

        assert everybody(repository, query()) == []

    def test_holders_are_found_by_any_login_id(self, repository: DeclaredRepository) -> None:
        """Each profile, in order, is given all accounts with one of its login ids in any case."""
        ada = made(repository, "ada@example.com", username="ada")
        eve = made(repository, "eve@example.com")

        found = holders(
            repository,
            {"email": "ADA@example.com"},
            {"email": "nobody@example.com", "username": "Ada"},
            {"email": "eve@example.com", "username": "ada"},
            {"email": "àda@example.com"},
            {"name": "ada@example.com"},
        )

        assert found == [{ada.key}, {ada.key}, {ada.key, eve.key}, set(), set()]

    def test_exact_login_id_finds_its_own_case_only(self, repository: DeclaredRepository) -> None:
        """A login id that is exact is another in another case."""
        made(repository, "ada@example.com")

        found = holders(
            repository, {"email": "Ada@example.com"}, login_ids=[LoginId(EMAIL.path, is_exact=True)]
        )

        assert found == [set()]

    def test_holder_that_writes_it_just_so_goes_first(self, repository: DeclaredRepository) -> None:
        """Of accounts that differ in case only, the one whose login id is written just so is it."""
        lower = made(repository, "ada@example.com", login_ids=())
        upper = made(repository, "ADA@example.com", login_ids=())

        found = holders(repository, {"email": "ADA@example.com"}, {"email": "Ada@example.com"})

        assert found == [{upper.key}, {lower.key, upper.key}]
