"""What names of tables and columns are taken for."""

import pytest

from ownid_grpc.inspection import naming


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "user_pass",
        "passwordHash",
        "encrypted_password",
        "salt",
        "reset_token",
        "confirmationToken",
        "otp_secret",
        "totp_seed",
        "api_keys",
        "user_activation_key",
        "mf_recovery_codes",
        "SecurityStamp",
        "remember_token",
        "fs_uniquifier",
        "pin_code",
    ],
)
def test_what_lets_somebody_in_is_a_secret(name: str) -> None:
    """Passwords, salts, tokens, seeds and codes are told by their names, however written."""
    assert naming.is_secret(name)


@pytest.mark.parametrize(
    "name", ["email", "passenger_no", "spinner", "hashtag", "key_account", "shipping", "authority"]
)
def test_what_only_sounds_so_is_none(name: str) -> None:
    """A word within a word says nothing."""
    assert not naming.is_secret(name)


@pytest.mark.parametrize(
    ("table", "head"),
    [
        ("users", "user"),
        ("auth_user", "user"),
        ("AspNetUsers", "user"),
        ("tbl_customers", "customer"),
        ("users_v2", "user"),
        ("PEOPLE", "people"),
        ("user_groups", "group"),
        ("companies", "company"),
    ],
)
def test_a_table_is_of_its_last_word(table: str, head: str) -> None:
    """What stands before it, and what says nothing, is left out; a plural is one of many."""
    assert naming.head_of(table) == head


@pytest.mark.parametrize(
    ("columns", "prefix"),
    [
        (["ID", "user_login", "user_email", "display_name"], "user"),
        (["id", "u_name", "u_mail", "u_city", "u_zip"], "u"),
        (["id", "first_name", "last_name", "email"], ""),
        (["is_active", "is_staff", "is_admin"], ""),
    ],
)
def test_a_word_that_all_columns_share_is_left_out(columns: list[str], prefix: str) -> None:
    """Only one that is of the table, or that most columns have, and that asks nothing."""
    assert naming.shared_prefix("wp_users", columns) == prefix


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("firstName", ("first", "name")),
        ("AspNetUsers", ("asp", "net", "users")),
        ("home town#2", ("home", "town", "2")),
        ("größe", ("größe",)),
        ("住所_都市", ("住所", "都市")),
        ("नाम", ("नाम",)),
        ("☆", ("☆",)),
        ("$$", ()),
    ],
)
def test_words_may_be_in_any_script(name: str, words: tuple[str, ...]) -> None:
    """Only spaces, signs of ASCII and capitals part words."""
    assert naming.words_of(name) == words


@pytest.mark.parametrize(
    ("word", "many"),
    [
        ("role", "roles"),
        ("category", "categories"),
        ("box", "boxes"),
        ("day", "days"),
        ("役割", "役割"),
    ],
)
def test_several_are_named_in_the_plural(word: str, many: str) -> None:
    """As far as the end of an English word tells."""
    assert naming.plural(word) == many
