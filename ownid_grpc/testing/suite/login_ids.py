"""What the port promises of finding an account by its login id."""

# ruff: noqa: RUF001 - letters that only look alike are the point

import pytest

from ownid_grpc.domain.account import PROFILE, Account, LoginId
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.source import Capability
from ownid_grpc.errors import AlreadyExists, FailedPrecondition, NotFound, Reason
from ownid_grpc.testing.building import changing, made
from ownid_grpc.testing.declared import DeclaredRepository
from ownid_grpc.testing.standard import EMAIL, LOGIN_IDS, USERNAME

NAME = LoginId(("name",))
"""A login id that the database lets two accounts share."""


DIFFERENT = [
    ("elodie", "élodie"),
    ("élodie", "e\u0301lodie"),
    ("strasse", "straße"),
    ("ilgaz", "ılgaz"),
    ("ilgaz", "İlgaz"),
    ("kelvin", "\u212aelvin"),
    ("ada", "ａｄａ"),
    ("ada", "аda"),
    ("fi", "ﬁ"),
    ("ada", "ada "),
    ("ada", " ada"),
    ("ada", "ada\u200b"),
    ("a_a", "aba"),
    ("a%", "ab"),
    ("a", "a\\"),
    ("ss", "ſs"),
    ("σ", "ς"),
    ("1", "١"),
    ("1", "01"),
    ("😀", "😁"),
]


def pair(repository: DeclaredRepository) -> tuple[Account, Account]:
    """Returns two accounts whose names differ in case alone, made when nobody looked."""
    return made(repository, name="Ada"), made(repository, "bob@example.com", name="ADA")


class LoginIds:
    """Accounts found by their login ids, each of one account only."""

    def test_any_of_the_login_ids_identifies(self, repository: DeclaredRepository) -> None:
        """An account is found by each of its login ids, of several that are asked."""
        ada = made(repository, username="ada_l")
        made(repository, "bob@example.com", username="bob")

        assert repository.find(Call(), LOGIN_IDS, "ada@example.com") == ada
        assert repository.find(Call(), LOGIN_IDS, "ada_l") == ada
        with pytest.raises(NotFound):
            repository.find(Call(), [EMAIL], "ada_l")

    @pytest.mark.parametrize(
        ("stored", "asked"),
        [
            ("ada@example.com", "ADA@Example.COM"),
            ("ADA@Example.COM", "ada@example.com"),
            ("élodie", "ÉLODIE"),
            ("ЖУК", "жук"),
            ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
            ("Ⅷ", "ⅷ"),
            ("𐐀", "𐐨"),
            ("Ａ", "ａ"),
            ("O'Brien %_\\😀", "o'brien %_\\😀"),
        ],
    )
    def test_case_does_not_count(
        self, repository: DeclaredRepository, stored: str, asked: str
    ) -> None:
        """A login id is found in any case, of every script that has one."""
        account = made(repository, username=stored)

        assert repository.find(Call(), LOGIN_IDS, asked) == account

    @pytest.mark.parametrize(("stored", "asked"), DIFFERENT)
    def test_all_else_counts(self, repository: DeclaredRepository, stored: str, asked: str) -> None:
        """Whatever differs in more than case is another login id, whatever the collation says."""
        made(repository, username=stored)

        with pytest.raises(NotFound):
            repository.find(Call(), LOGIN_IDS, asked)

    @pytest.mark.parametrize(("stored", "asked"), DIFFERENT)
    def test_two_people_never_share_an_account(
        self, repository: DeclaredRepository, stored: str, asked: str
    ) -> None:
        """Login ids that differ in more than case are of two accounts, each found by its own."""
        first = made(repository, username=stored)
        second = made(repository, "bob@example.com", username=asked)

        assert repository.find(Call(), LOGIN_IDS, stored) == first
        assert repository.find(Call(), LOGIN_IDS, asked) == second

    @pytest.mark.parametrize(
        "asked", ["", "\x00", "ada\x00", "x" * 100_000, "' OR '1'='1", "%", "_"]
    )
    def test_odd_login_id_is_not_found(self, repository: DeclaredRepository, asked: str) -> None:
        """Text that no account can have for a login id is not found."""
        made(repository, username="ada")

        with pytest.raises(NotFound) as caught:
            repository.find(Call(), LOGIN_IDS, asked)

        assert caught.value.reason is Reason.ACCOUNT_NOT_FOUND

    def test_absent_login_id_is_nobodys(self, repository: DeclaredRepository) -> None:
        """Accounts without a login id are not found by an empty one, nor by a null."""
        made(repository)

        for asked in ("", "null", "None"):
            with pytest.raises(NotFound):
                repository.find(Call(), [USERNAME], asked)

    def test_of_several_the_one_written_exactly_so(self, repository: DeclaredRepository) -> None:
        """Of accounts that differ in case, the one whose login id is written as asked is found."""
        first, second = pair(repository)

        assert repository.find(Call(), [NAME], "Ada") == first
        assert repository.find(Call(), [NAME], "ADA") == second

    def test_several_are_ambiguous(self, repository: DeclaredRepository) -> None:
        """Where none of several is written exactly so, the login id is refused as ambiguous."""
        pair(repository)

        with pytest.raises(FailedPrecondition) as caught:
            repository.find(Call(), [NAME], "ada")

        assert caught.value.reason is Reason.LOGIN_ID_AMBIGUOUS

    def test_two_exactly_so_are_ambiguous(self, repository: DeclaredRepository) -> None:
        """Two accounts with the very same login id are ambiguous however it is written."""
        made(repository, name="Ada")
        made(repository, "bob@example.com", name="Ada")

        with pytest.raises(FailedPrecondition):
            repository.find(Call(), [NAME], "Ada")

    def test_two_login_ids_of_two_accounts_are_ambiguous(
        self, repository: DeclaredRepository
    ) -> None:
        """A value that is one account's email and another's username is ambiguous."""
        made(repository, "ada@example.com")
        made(repository, "bob@example.com", username="ada@example.com")

        with pytest.raises(FailedPrecondition):
            repository.find(Call(), LOGIN_IDS, "ada@example.com")

    def test_two_login_ids_of_one_account_are_not(self, repository: DeclaredRepository) -> None:
        """A value that is both login ids of one account identifies it."""
        ada = made(repository, username="ADA@example.com")

        assert repository.find(Call(), LOGIN_IDS, "ada@example.com") == ada

    def test_exact_login_id_counts_case(self, repository: DeclaredRepository) -> None:
        """A login id that is declared exact is found only as it is written."""
        exact = LoginId(("username",), is_exact=True)
        ada = made(repository, login_ids=(exact,), username="Ada")
        bob = made(repository, "bob@example.com", login_ids=(exact,), username="ada")

        assert repository.find(Call(), [exact], "Ada") == ada
        assert repository.find(Call(), [exact], "ada") == bob
        with pytest.raises(NotFound):
            repository.find(Call(), [exact], "ADA")

    def test_found_account_has_the_fields_asked_for(self, repository: DeclaredRepository) -> None:
        """A read mask holds for an account found by login id too."""
        ada = made(repository, username="ada", name="Ada")

        found = repository.find(Call(), LOGIN_IDS, "ada", frozenset({(PROFILE, "name")}))

        assert found == Account(ada.key, {"name": "Ada"})

    @pytest.mark.parametrize(
        ("stored", "asked"), [("Ada", "ada"), ("ÉLODIE", "élodie"), ("жук", "ЖУК"), ("Ａ", "ａ")]
    )
    def test_login_id_is_taken_in_any_case(
        self, repository: DeclaredRepository, stored: str, asked: str
    ) -> None:
        """An account cannot be made with a login id that another has in another case."""
        repository.need(Capability.INSERT)
        made(repository, username=stored)

        with pytest.raises(AlreadyExists) as caught:
            made(repository, "bob@example.com", username=asked)

        assert caught.value.reason is Reason.VALUE_TAKEN
        assert caught.value.metadata["property"] == "username"
        assert caught.value.violations[0].field == "account.profile.username"
        assert asked not in caught.value.message

    def test_login_id_cannot_become_anothers(self, repository: DeclaredRepository) -> None:
        """An update cannot take a login id that another account has in another case."""
        made(repository, username="Ada")
        bob = made(repository, "bob@example.com", username="bob")

        with pytest.raises(AlreadyExists) as caught:
            repository.update(Call(), bob.key, changing("username", "ADA"), login_ids=LOGIN_IDS)

        assert caught.value.metadata["property"] == "username"
        assert repository.get(Call(), bob.key) == bob

    def test_login_id_may_change_its_own_case(self, repository: DeclaredRepository) -> None:
        """An account's own login id stands in nobody's way, least of all its own."""
        ada = made(repository, username="ada")

        updated = repository.update(
            Call(), ada.key, changing("username", "Ada"), login_ids=LOGIN_IDS
        )

        assert updated.profile["username"] == "Ada"
        assert repository.find(Call(), LOGIN_IDS, "ADA") == updated

    def test_old_clash_does_not_stop_other_changes(self, repository: DeclaredRepository) -> None:
        """Accounts whose login ids clash already can be changed in all else."""
        first, _ = pair(repository)

        updated = repository.update(Call(), first.key, changing("score", 7), login_ids=[NAME])

        assert updated.profile["score"] == 7
