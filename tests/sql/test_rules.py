"""What a write does besides: sentinels, stamps, derived columns, joined rows, keys and marks."""

from datetime import UTC, datetime, timedelta

import pytest

from ownid_grpc.errors import Aborted, InvalidArgument, NotFound
from tests.sql.legacy import Database

PEOPLE = """CREATE TABLE people (
    id <automatic>, email VARCHAR(60) NOT NULL, norm VARCHAR(12), name VARCHAR(20) NOT NULL,
    seen BIGINT NOT NULL, deleted BIGINT NOT NULL, settings <document> NOT NULL,
    local_time TIMESTAMP NULL, row_version SMALLINT NOT NULL, changed BIGINT)"""

MAPPING = """
table: people
key: id
version: row_version
properties:
  email: {column: email, normalize: [trim, lower]}
  name: {column: name, "null": ""}
  seen: {column: seen, encoding: epoch_millis, "null": 0}
  theme: {column: settings, path: [ui, theme], type: text}
  deleted: {column: deleted, encoding: epoch_millis, "null": 0, write: false}
  changed: {column: changed, encoding: epoch_millis, write: false}
  since: {column: local_time, type: timestamp, timezone: Pacific/Kiritimati, write: false}
on_create: {deleted: 0, local_time: now}
on_write: {norm: {upper: email}, changed: now}
delete: {set: {deleted: now}}
"""


def test_absence_is_written_as_its_column_has_it(database: Database) -> None:
    """A property left out becomes what means absence there, or an empty document."""
    database.execute(PEOPLE)
    accounts = database.opened(MAPPING)

    account = accounts.made({"email": "a@x.com"})

    assert account.profile.keys() == {"email", "changed", "since"}
    assert database.rows("SELECT name, seen FROM people") == [("", 0)]


def test_derived_column_is_made_of_what_is_written(database: Database) -> None:
    """A column derived of a property has its normalized value."""
    database.execute(PEOPLE)
    accounts = database.opened(MAPPING)

    accounts.made({"email": "  Ada@x.com "})

    assert database.rows("SELECT email, norm FROM people") == [("ada@x.com", "ADA@X.COM")]


def test_derived_value_that_does_not_fit_is_refused(database: Database) -> None:
    """A value too long for a column derived of it is a fault of the property."""
    database.execute(PEOPLE)
    accounts = database.opened(MAPPING)

    with pytest.raises(InvalidArgument) as error:
        accounts.made({"email": "somebody@example.com"})

    assert [each.field for each in error.value.violations] == ["account.profile.email"]


def test_now_is_in_the_unit_and_zone_of_its_column(database: Database) -> None:
    """The time of a write reads back as that time, whatever the column counts."""
    database.execute(PEOPLE)
    accounts = database.opened(MAPPING)

    account = accounts.made({"email": "a@x.com"})

    for name in ("changed", "since"):
        told = datetime.fromisoformat(str(account.profile[name]))
        assert abs(datetime.now(UTC) - told) < timedelta(minutes=1)


def test_value_that_was_never_normalized_stays(database: Database) -> None:
    """An update leaves alone what it does not change, though it would be written otherwise."""
    database.execute(PEOPLE)
    accounts = database.opened(MAPPING)
    account = accounts.made({"email": "a@x.com"})
    database.execute("UPDATE people SET email = ' Old@x.com'")

    accounts.changed(account.key, name="Ada")

    assert database.rows("SELECT email, name, norm FROM people") == [
        (" Old@x.com", "Ada", "A@X.COM")
    ]


def test_marked_account_is_hidden_and_renewed(database: Database) -> None:
    """A delete by time hides the row, also where 0 says that there is none, and stamps it."""
    database.execute(PEOPLE)
    accounts = database.opened(MAPPING)
    account = accounts.made({"email": "a@x.com"})

    accounts.delete(account.key)

    with pytest.raises(NotFound):
        accounts.got(account.key)
    ((deleted, changed, version),) = database.rows(
        "SELECT deleted, changed, row_version FROM people"
    )
    assert deleted == changed
    assert (deleted > 10**12, version) == (True, 2)


def test_version_starts_again_after_the_largest(database: Database) -> None:
    """A version column that is full changes all the same."""
    database.execute(PEOPLE)
    accounts = database.opened(MAPPING)
    account = accounts.made({"email": "a@x.com"})
    largest = {"sqlite": 2**63 - 1}.get(database.kind, 2**15 - 1)
    database.execute(f"UPDATE people SET row_version = {largest}")

    changed = accounts.changed(account.key, name="Ada")

    assert changed.etag != account.etag
    assert database.rows("SELECT row_version FROM people") == [(0,)]


def test_times_as_versions_differ_within_one_step(database: Database) -> None:
    """Two writes in one second give two etags where the column keeps seconds only."""
    database.execute("CREATE TABLE t (id <automatic>, name VARCHAR(9), v TIMESTAMP(0) NULL)")
    accounts = database.opened("{table: t, key: id, properties: {name: name}, version: v}")
    account = accounts.made({"name": "a"})

    etags = {account.etag} | {accounts.changed(account.key, name=each).etag for each in "bcd"}

    assert len(etags) == len("abcd")


JOINED = (
    """CREATE TABLE partners (
        id CHAR(36) PRIMARY KEY, kind VARCHAR(9) NOT NULL, name VARCHAR(9), touched <moment>)""",
    "CREATE TABLE people (id <automatic>, email VARCHAR(60), partner_id CHAR(36) NOT NULL)",
    """CREATE TABLE profiles (
        id CHAR(36) PRIMARY KEY, person_id BIGINT NOT NULL, kind VARCHAR(9) NOT NULL, gone INTEGER,
        city VARCHAR(20), shown VARCHAR(60), made <moment> NOT NULL, touched <moment>,
        UNIQUE (person_id, kind))""",
)

JOINED_MAPPING = """
table: people
key: id
joins:
  partner:
    table: partners
    "on": {id: partner_id}
    parent: true
    key: {column: id, generate: uuid4}
  profile:
    table: profiles
    "on": {person_id: id}
    key: {column: id, generate: uuid7}
    where: {kind: {in: [home, work]}, gone: null}
properties:
  email: email
  company: {join: partner, column: name}
  city: {join: profile, column: city}
on_create: {partner.kind: person, profile.made: now}
on_write: {profile.touched: now, partner.touched: now}
delete: {tables: [profiles]}
"""


def test_parent_that_a_row_needs_is_made_with_its_key(database: Database) -> None:
    """A row that must point at another gets one, with a key where the database makes none."""
    database.execute(*JOINED)
    accounts = database.opened(JOINED_MAPPING)

    with pytest.raises(InvalidArgument):
        accounts.made({"email": "a", "company": "far too long a name"})
    account = accounts.made({"email": "a"})

    assert account.profile == {"email": "a"}
    assert database.rows(
        "SELECT kind, name FROM people JOIN partners ON partners.id = partner_id"
    ) == [("person", None)]


def test_child_is_made_when_first_written_with_all_that_a_create_sets(database: Database) -> None:
    """A row made by an update gets the times and constants of one made by a create."""
    database.execute(*JOINED)
    accounts = database.opened(JOINED_MAPPING)
    account = accounts.made({"email": "a"})
    database.execute("DELETE FROM profiles")

    changed = accounts.changed(account.key, city="London")

    assert changed.profile["city"] == "London"
    ((kind, made, touched),) = database.rows("SELECT kind, made, touched FROM profiles")
    assert kind == "home"
    assert made == touched


def test_row_of_any_kind_in_scope_is_the_one_changed(database: Database) -> None:
    """A joined row is found by the same words for a write as for a read."""
    database.execute(*JOINED)
    accounts = database.opened(JOINED_MAPPING)
    account = accounts.made({"email": "a", "city": "Paris"})
    database.execute("UPDATE profiles SET kind = 'work'")

    changed = accounts.changed(account.key, city="London")

    assert changed.profile["city"] == "London"
    assert database.rows("SELECT kind, city FROM profiles") == [("work", "London")]


def test_only_rows_that_are_written_are_stamped(database: Database) -> None:
    """A stamp of a joined table stays as it was while only other tables are written."""
    database.execute(*JOINED)
    accounts = database.opened(JOINED_MAPPING)
    account = accounts.made({"email": "a", "city": "Paris"})
    before = database.rows("SELECT touched FROM profiles")

    accounts.changed(account.key, email="b")

    assert database.rows("SELECT touched FROM profiles") == before


def test_tables_are_emptied_by_their_own_name_too(database: Database) -> None:
    """A delete empties the tables that it names before it takes the row."""
    database.execute(*JOINED)
    accounts = database.opened(JOINED_MAPPING)
    account = accounts.made({"email": "a", "city": "Paris"})

    accounts.delete(account.key)

    assert database.rows("SELECT * FROM profiles") == []


def test_child_that_another_writer_made_is_a_concurrent_change(database: Database) -> None:
    """Where somebody else made the one row meanwhile, the caller is asked to read again."""
    database.execute(*JOINED)
    accounts = database.opened(JOINED_MAPPING)
    account = accounts.made({"email": "a"})
    # A row of this account that its scope does not show stands for one that is made meanwhile.
    database.execute("UPDATE profiles SET gone = 1, kind = 'home'")

    with pytest.raises(Aborted):
        accounts.changed(account.key, city="London")


NATURAL = """
table: t
key: {column: login, generate: caller}
properties: {login: login, name: name}
disabled: locked
"""


def test_key_that_is_a_property_too_is_the_callers(database: Database) -> None:
    """A natural key fills its property, and neither contradicts it nor changes."""
    database.execute(
        "CREATE TABLE t (login VARCHAR(9) PRIMARY KEY, name VARCHAR(9), locked <boolean> NOT NULL)"
    )
    accounts = database.opened(NATURAL)

    account = accounts.made({"name": "n"}, ("ada",))

    assert (account.profile, account.disabled) == ({"login": "ada", "name": "n"}, False)
    with pytest.raises(InvalidArgument):
        accounts.made({"login": "bob"}, ("eve",))
    with pytest.raises(InvalidArgument) as error:
        accounts.changed(account.key, login="eve")
    assert [each.rule for each in error.value.violations] == ["immutable"]


def test_time_that_nothing_fills_is_a_fault(database: Database) -> None:
    """A creation time is read, not given: a column that needs one needs a rule."""
    database.execute("CREATE TABLE t (id <automatic>, name VARCHAR(9), made <moment> NOT NULL)")
    words = "{table: t, key: id, properties: {name: name}, create_time: made"

    assert list(database.opened(f"{words}}}").faults()) == ["on_create"]
    assert database.opened(f"{words}, on_create: {{made: now}}}}").faults() == {}
