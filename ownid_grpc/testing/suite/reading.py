"""What the port promises of reading single accounts."""

import pytest

from ownid_grpc.domain.account import (
    CREATE_TIME,
    DISABLED,
    ETAG,
    PROFILE,
    UPDATE_TIME,
    Account,
    FieldPath,
)
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.source import Kind
from ownid_grpc.errors import NotFound, Reason
from ownid_grpc.testing.building import made
from ownid_grpc.testing.declared import DeclaredRepository
from ownid_grpc.testing.standard import PROPERTIES

ODD_KEYS = [
    ("0",),
    ("",),
    ("é",),
    ("'",),
    ("1 OR 1=1",),
    ("%",),
    ("\x00",),
    ("9" * 40,),
    ("-1",),
    ("1", "2"),
    (),
]


class Reading:
    """Single accounts as they are read."""

    def test_description_is_what_was_declared(self, repository: DeclaredRepository) -> None:
        """A description names each property with its kind, and what the repository can do."""
        described = repository.describe()

        kinds = {each.path: each.kind for each in described.properties}
        declared = repository.declared
        expected = {each.path: each.kind for each in PROPERTIES if each.path in declared.held}
        # What lies in a document of no declared shape may be of any kind.
        assert {p: k for p, k in kinds.items() if k is not Kind.ANY} == {
            p: k for p, k in expected.items() if kinds.get(p) is not Kind.ANY
        }
        assert kinds.keys() == expected.keys()
        assert described.capabilities == declared.capabilities
        assert described.has_create_time == declared.has_create_time
        assert described.has_update_time == declared.has_update_time

    def test_description_has_the_limits(self, repository: DeclaredRepository) -> None:
        """A description says what a place can hold: lengths, digits, whether it may be empty."""
        described = {each.path[0]: each for each in repository.describe().properties}

        assert described["email"].is_unique
        assert not described["email"].can_be_absent
        assert all(each.can_be_absent for name, each in described.items() if name != "email")
        if repository.declared.has_limits:
            assert described["email"].max_length == 120
            assert "balance" not in described or described["balance"].digits == (10, 2)
            assert "big" not in described or described["big"].maximum == 2**63 - 1

    def test_healthy_source_has_no_faults(self, repository: DeclaredRepository) -> None:
        """A mapping that fits its database has no fault, and the database answers."""
        repository.ping()

        assert list(repository.verify()) == []

    def test_get_returns_the_account_of_the_key(self, repository: DeclaredRepository) -> None:
        """What was made is read back by its key, the same in everything."""
        ada = made(repository, name="Ada")
        made(repository, "bob@example.com")

        assert repository.get(Call(), ada.key) == ada

    def test_key_is_text(self, repository: DeclaredRepository) -> None:
        """A key is made of text, whatever it is in the database."""
        ada = made(repository)

        assert ada.key
        assert all(type(part) is str for part in ada.key)

    @pytest.mark.parametrize("key", ODD_KEYS, ids=repr)
    def test_get_of_no_account_is_not_found(
        self, repository: DeclaredRepository, key: tuple[str, ...]
    ) -> None:
        """A key that no account has, of whatever form, is not found."""
        made(repository)

        with pytest.raises(NotFound) as caught:
            repository.get(Call(), key)

        assert caught.value.reason is Reason.ACCOUNT_NOT_FOUND

    @pytest.mark.parametrize("spelling", ["0{}", "{}.0", " {}", "{} ", "+{}", "{}e0"])
    def test_key_has_one_spelling(self, repository: DeclaredRepository, spelling: str) -> None:
        """A key in another spelling, which a database may take for it, is not found."""
        ada = made(repository)
        key = (spelling.format(ada.key[0]), *ada.key[1:])

        with pytest.raises(NotFound):
            repository.get(Call(), key)
        assert repository.get_many(Call(), [key]) == []

    def test_get_many_returns_those_that_exist_once(self, repository: DeclaredRepository) -> None:
        """Of many keys, each account that exists comes once; the others are passed over."""
        ada = made(repository)
        bob = made(repository, "bob@example.com")

        found = repository.get_many(Call(), [bob.key, *ODD_KEYS, ada.key, bob.key])

        assert sorted(found, key=lambda each: each.key) == sorted(
            [ada, bob], key=lambda each: each.key
        )

    @pytest.mark.parametrize("count", [0, 1, 1000])
    def test_get_many_takes_any_number_of_keys(
        self, repository: DeclaredRepository, count: int
    ) -> None:
        """None, one or a thousand keys are asked for in one call."""
        ada = made(repository)

        found = repository.get_many(Call(), [ada.key, *((str(n),) for n in range(-count, 0))])

        assert found == [ada]

    @pytest.mark.parametrize(
        ("fields", "profile"),
        [
            (frozenset(), {}),
            (frozenset({ETAG}), {}),
            (frozenset({(PROFILE, "name")}), {"name": "Ada"}),
            (frozenset({(PROFILE, "theme"), DISABLED}), {"theme": "dark"}),
            (frozenset({(PROFILE, "address")}), {"address": {"city": "London", "zip": "W1"}}),
            (frozenset({(PROFILE, "address", "zip")}), {"address": {"zip": "W1"}}),
            (frozenset({(PROFILE, "score")}), {}),
            (frozenset({CREATE_TIME, UPDATE_TIME}), {}),
        ],
        ids=["key", "etag", "one", "two", "object", "member", "absent", "times"],
    )
    def test_fields_say_what_is_filled(
        self,
        repository: DeclaredRepository,
        fields: frozenset[FieldPath],
        profile: dict[str, object],
    ) -> None:
        """Only the fields asked for are filled, as in the whole account; the key always is."""
        whole = made(repository, name="Ada", theme="dark", address={"city": "London", "zip": "W1"})

        found = repository.get(Call(), whole.key, fields)

        assert found == Account(
            whole.key,
            profile,  # type: ignore[arg-type]  # literals of a test
            whole.etag if ETAG in fields else "",
            whole.disabled if DISABLED in fields else None,
            whole.create_time if CREATE_TIME in fields else None,
            whole.update_time if UPDATE_TIME in fields else None,
        )
        assert repository.get_many(Call(), [whole.key], fields) == [found]

    def test_whole_profile_is_a_field(self, repository: DeclaredRepository) -> None:
        """The field `profile` stands for every property."""
        whole = made(repository, name="Ada", address={"city": "London"})

        found = repository.get(Call(), whole.key, frozenset({(PROFILE,)}))

        assert found == Account(whole.key, whole.profile)

    def test_what_is_returned_is_the_callers_own(self, repository: DeclaredRepository) -> None:
        """Changing an account that was returned changes nothing that is stored."""
        ada = made(repository, address={"city": "London"}, tags=["vip"])

        repository.get(Call(), ada.key).profile.clear()
        tags = repository.get(Call(), ada.key).profile["tags"]
        assert isinstance(tags, list)
        tags.append("x")

        assert repository.get(Call(), ada.key) == ada
