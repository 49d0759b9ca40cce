"""Runs the guide's examples of joins on the tables that they were written for."""

import re
from pathlib import Path

import pytest

from ownid_grpc.domain.account import JsonValue
from tests.sql.legacy import Database

GUIDE = Path(__file__).parents[2] / "docs" / "mapping.md"

USERS = "CREATE TABLE users (id <automatic>, login VARCHAR(20))"

EMAILS = """CREATE TABLE user_emails (id <automatic>, user_id BIGINT NOT NULL,
    email VARCHAR(80) NOT NULL UNIQUE, "primary" <boolean> NOT NULL, confirmed_at <moment> NULL,
    created_at <moment> NOT NULL, updated_at <moment> NULL)"""

META = """CREATE TABLE user_meta (id <automatic>, user_id BIGINT NOT NULL, meta_key VARCHAR(40),
    meta_value TEXT)"""

WORDPRESS = (
    'CREATE TABLE wp_users ("ID" <automatic>, user_email VARCHAR(80) NOT NULL)',
    """CREATE TABLE wp_usermeta (umeta_id <automatic>, user_id BIGINT NOT NULL,
        meta_key VARCHAR(255), meta_value TEXT)""",
)

MOODLE = (
    "CREATE TABLE mdl_user (id <automatic>, username VARCHAR(80) NOT NULL)",
    "CREATE TABLE mdl_user_info_field (id <automatic>, shortname VARCHAR(40) NOT NULL)",
    """CREATE TABLE mdl_user_info_data (id <automatic>, userid BIGINT NOT NULL,
        fieldid BIGINT NOT NULL, data TEXT NOT NULL, dataformat SMALLINT NOT NULL DEFAULT 0)""",
    "INSERT INTO mdl_user_info_field (shortname) VALUES ('phone'), ('birthday')",
)

DJANGO = (
    "CREATE TABLE auth_user (id <automatic>, username VARCHAR(80) NOT NULL)",
    "CREATE TABLE auth_group (id <automatic>, name VARCHAR(80) NOT NULL UNIQUE)",
    """CREATE TABLE auth_user_groups (id <automatic>, user_id BIGINT NOT NULL,
        group_id BIGINT NOT NULL, UNIQUE (user_id, group_id))""",
    "INSERT INTO auth_group (name) VALUES ('staff'), ('editors')",
)

PEOPLE = """CREATE TABLE users (id <automatic>, email VARCHAR(40), city VARCHAR(20),
    attributes <document>)"""

EXAMPLES: list[tuple[str, int, tuple[str, ...], dict[str, JsonValue]]] = [
    ("One row among many", 0, (USERS, EMAILS), {"email": "ada@x.com"}),
    (
        "Names and values",
        0,
        WORDPRESS,
        {"email": "ada@x.com", "nickname": "A", "age": 36, "newsletter": True, "biography": "B"},
    ),
    (
        "Names and values",
        1,
        MOODLE,
        {"username": "ada", "phone": "123", "birthday": "1815-12-10T00:00:00Z"},
    ),
    (
        "Arrays",
        0,
        (USERS, EMAILS, META),
        {"email": "ada@x.com", "other_emails": ["b@x.com"], "interests": ["maths", "music"]},
    ),
    ("Through a table between", 0, DJANGO, {"username": "ada", "groups": ["editors", "staff"]}),
    ("rest", 0, (PEOPLE,), {"email": "ada@x.com", "nickname": "A", "points": 3}),
]


def example(heading: str, number: int) -> str:
    """Returns one of the examples below a heading of the guide, with a table if it names none."""
    _, _, text = GUIDE.read_text("utf-8").partition(f"### {heading}\n")
    block = re.findall(r"```yaml\n(.*?)```", text.split("\n#")[0], re.DOTALL)[number]
    # What YAML 1.1 reads as true and as nothing is a word of the mapping.
    words = re.sub(r"\b(on|null):", r'"\1":', block)
    if "properties:" not in words:
        words = "properties:\n" + re.sub("^", "  ", words, flags=re.MULTILINE)
    return words if "\ntable:" in f"\n{words}" else f"table: users\nkey: id\n{words}"


@pytest.mark.parametrize(
    ("heading", "number", "tables", "profile"),
    EXAMPLES,
    ids=[f"{heading} {number}" for heading, number, *_ in EXAMPLES],
)
def test_example_of_the_guide_works(
    database: Database,
    heading: str,
    number: int,
    tables: tuple[str, ...],
    profile: dict[str, JsonValue],
) -> None:
    """An account is made, read, changed property by property and deleted as the guide says."""
    quote = "`" if database.kind == "mariadb" else '"'
    database.execute(*(each.replace('"', quote) for each in tables))
    accounts = database.opened(example(heading, number))
    assert accounts.faults() == {}

    account = accounts.made(profile, login_ids=())

    shown = {name: value for name, value in account.profile.items() if name in profile}
    assert shown == profile
    for name in [*profile][heading != "One row among many" :]:
        cleared = accounts.changed(account.key, **{name: None}).profile
        assert name not in cleared
        again = accounts.changed(account.key, **{name: profile[name]}).profile
        assert again[name] == profile[name]
    accounts.delete(account.key)
