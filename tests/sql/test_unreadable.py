"""What lies in a database that nobody could expect there."""

import pytest

from ownid_grpc.domain.call import Call
from ownid_grpc.domain.predicates import Present, Query
from ownid_grpc.errors import FailedPrecondition, Reason
from tests.sql.legacy import Database, kinds

USERS = "CREATE TABLE users (id <automatic>, login VARCHAR(20), note TEXT)"

PHONES = "CREATE TABLE phones (user_id BIGINT, number VARCHAR(9))"


@pytest.mark.parametrize("database", kinds("postgresql", "mariadb"), indirect=True)
def test_several_rows_for_one_are_said_to_be_that(database: Database) -> None:
    """A view that finds two rows where one is asked for is no database that is down."""
    database.execute(
        USERS,
        PHONES,
        """CREATE VIEW people AS SELECT id, login,
            (SELECT number FROM phones WHERE user_id = users.id) AS phone FROM users""",
        "INSERT INTO users (login) VALUES ('ada')",
    )
    accounts = database.opened("{table: people, key: id, properties: {login: login, phone: phone}}")
    assert accounts.faults() == {}
    database.execute("INSERT INTO phones (user_id, number) VALUES (1, '1'), (1, '2')")

    with pytest.raises(FailedPrecondition) as several:
        accounts.got(("1",))

    assert several.value.reason is Reason.MAPPING_FAULTY
    assert "several rows" in several.value.message


@pytest.mark.parametrize("database", kinds("sqlite"), indirect=True)
def test_text_that_is_no_utf_8_is_shown_as_far_as_it_is(database: Database) -> None:
    """SQLite does not look at what is put into a text; the account is read, and the text stays."""
    broken = "SELECT hex(login) FROM users WHERE id = 1"
    database.execute(USERS, "INSERT INTO users (login, note) VALUES (CAST(x'61FF62' AS TEXT), 'n')")
    accounts = database.opened("{table: users, key: id, properties: {login: login, note: note}}")

    account = accounts.got(("1",))
    changed = accounts.changed(("1",), note="m")

    assert account.profile == {"login": "a\ufffdb", "note": "n"}
    assert changed.profile == {"login": "a\ufffdb", "note": "m"}
    assert database.rows(broken) == [("61FF62",)]
    query = Query(Present(("profile", "login")))
    assert accounts.repository.search(Call(), query, after=None, limit=9).accounts == (changed,)
