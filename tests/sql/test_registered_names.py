"""Properties that are rows, told by the id of a name that another table lists."""

from tests.sql.legacy import Accounts, Database

USERS = "CREATE TABLE users (id <automatic>, login VARCHAR(20) NOT NULL)"

FIELDS = "CREATE TABLE fields (id <automatic>, kind VARCHAR(10), shortname VARCHAR(20) NOT NULL)"

ENTRIES = """CREATE TABLE entries (id VARCHAR(36) PRIMARY KEY, user_id BIGINT NOT NULL,
    field_id BIGINT NOT NULL, content VARCHAR(20) NOT NULL, format SMALLINT NOT NULL,
    made BIGINT NOT NULL, UNIQUE (user_id, field_id))"""

FIELDS_MAPPING = """
table: users
key: id
joins:
  field:
    table: entries
    "on": {user_id: id}
    name: {table: fields, "on": {id: field_id}, lookup: shortname, where: {kind: user}}
    value: content
    key: {column: id, generate: uuid4}
properties:
  login: login
  phone: {join: field, name: phone}
  city: {join: field, name: city}
on_create: {field.format: 1, field.made: now}
"""


def fields(database: Database) -> Accounts:
    """Returns users with values by the ids of names."""
    database.execute(USERS, FIELDS, ENTRIES, "INSERT INTO users (login) VALUES ('ada')")
    database.execute(
        "INSERT INTO fields (kind, shortname) VALUES "
        "('shop', 'city'), ('user', 'city'), ('user', 'phone')"
    )
    return database.opened(FIELDS_MAPPING)


def test_names_are_ids_of_another_table(database: Database) -> None:
    """A value by the id of a name is read and written, its row complete."""
    accounts = fields(database)

    assert accounts.faults() == {}
    account = accounts.changed(("1",), phone="123", city="Rome")

    assert account.profile == {"login": "ada", "phone": "123", "city": "Rome"}
    query = "SELECT field_id, content, format, made > 1000 FROM entries ORDER BY field_id"
    assert database.rows(query) == [(2, "Rome", 1, True), (3, "123", 1, True)]
    assert len(str(database.rows("SELECT id FROM entries")[0][0])) == 36


def test_cleared_value_needs_no_null_in_its_column(database: Database) -> None:
    """Clearing deletes the row, so that a column that refuses NULL is no hindrance."""
    accounts = fields(database)
    accounts.changed(("1",), phone="123", city="Rome")

    accounts.changed(("1",), phone=None)

    assert database.rows("SELECT content FROM entries") == [("Rome",)]


def test_name_that_is_not_registered_is_a_fault(database: Database) -> None:
    """A property whose name the other table lacks is found out at once."""
    fields(database)

    accounts = database.opened(FIELDS_MAPPING.replace("name: phone", "name: fax"))

    assert accounts.faults() == {
        "properties.phone.name": "There is no 'fax' in 'fields'; name one that is there."
    }


def test_every_name_that_is_not_registered_is_told(database: Database) -> None:
    """All faults are found out at once; a name may be a number."""
    fields(database)
    wrong = FIELDS_MAPPING.replace("name: phone", "name: fax").replace("name: city", "name: 5")
    accounts = database.opened(wrong + "on_write: {field.6: now}\n")

    faults = accounts.faults()
    database.execute("INSERT INTO fields (kind, shortname) VALUES ('user', '5'), ('user', '6')")

    assert set(faults) == {"properties.phone.name", "properties.city.name", "on_write.field.6"}
    assert all(message.startswith("There is no '") for message in faults.values())
    assert set(accounts.faults()) == {"properties.phone.name"}
