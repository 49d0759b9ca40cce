"""A refusal of the database names the property it concerns, whatever the database calls it."""

import pytest

from ownid_grpc.domain.account import Profile
from ownid_grpc.errors import AlreadyExists, FailedPrecondition, OwnIdError, Reason
from tests.sql.legacy import Database, kinds

TABLES = (
    "CREATE TABLE ranks (id INTEGER PRIMARY KEY)",
    """CREATE TABLE people (
        id <automatic>, tenant_id INTEGER NOT NULL, email VARCHAR(60) NOT NULL,
        email_norm VARCHAR(60), nick VARCHAR(20),
        low_nick VARCHAR(20) GENERATED ALWAYS AS (lower(nick)) STORED,
        age INTEGER CHECK (age >= 0), bio VARCHAR(40), rank_id INTEGER,
        CONSTRAINT bio_says_something CHECK (bio <> 'nothing'),
        CONSTRAINT fk_rank FOREIGN KEY (rank_id) REFERENCES ranks (id),
        CONSTRAINT uq_norm UNIQUE (tenant_id, email_norm))""",
    "CREATE UNIQUE INDEX uq_nick ON people (low_nick)",
)

MAPPING = """
table: people
key: id
where: {tenant_id: 7}
properties: {email: email, nick: nick, age: age, bio: bio, rank: rank_id}
on_write: {email_norm: {upper: email}}
"""

CONFLICTS: dict[str, tuple[Profile, type[OwnIdError], Reason, str]] = {
    "derived column": ({"email": "ADA@x.com"}, AlreadyExists, Reason.VALUE_TAKEN, "email"),
    "generated column": (
        {"email": "b@x.com", "nick": "ADA"},
        AlreadyExists,
        Reason.VALUE_TAKEN,
        "nick",
    ),
    "check of a column": (
        {"email": "b@x.com", "age": -1},
        FailedPrecondition,
        Reason.DATABASE_REFUSED,
        "age",
    ),
    "check of the table": (
        {"email": "b@x.com", "bio": "nothing"},
        FailedPrecondition,
        Reason.DATABASE_REFUSED,
        "bio",
    ),
    "foreign key": (
        {"email": "b@x.com", "rank": 9},
        FailedPrecondition,
        Reason.DATABASE_REFUSED,
        "rank",
    ),
}


@pytest.mark.parametrize("case", CONFLICTS)
def test_conflict_names_the_property(database: Database, case: str) -> None:
    """A conflict names the property in its columns, or that these are made of."""
    profile, error_type, reason, name = CONFLICTS[case]
    database.execute(*TABLES)
    accounts = database.opened(MAPPING)
    accounts.made({"email": "ada@x.com", "nick": "Ada"}, login_ids=())

    with pytest.raises(error_type) as error:
        accounts.made(profile, login_ids=())

    assert error.value.reason is reason
    assert error.value.metadata["property"] == name
    assert [each.field for each in error.value.violations] == [f"account.profile.{name}"]


def test_required_property_is_named_before_anything_is_written(database: Database) -> None:
    """A create that leaves out what a column needs names every such property at once."""
    database.execute(
        "CREATE TABLE t (id <automatic>, a VARCHAR(9) NOT NULL, b VARCHAR(9) NOT NULL, c INTEGER)"
    )
    accounts = database.opened("{table: t, key: id, properties: {a: a, b: b, c: c}}")

    with pytest.raises(OwnIdError) as error:
        accounts.made({"c": 1}, login_ids=())

    assert [(each.field, each.rule) for each in error.value.violations] == [
        ("account.profile.a", "required"),
        ("account.profile.b", "required"),
    ]


@pytest.mark.parametrize("database", kinds("postgresql"), indirect=True)
def test_deferred_constraint_names_the_property(database: Database) -> None:
    """What the database checks only at the commit is no less a conflict of its property."""
    database.execute(
        "CREATE TABLE t (id <automatic>, email TEXT UNIQUE DEFERRABLE INITIALLY DEFERRED)"
    )
    accounts = database.opened("{table: t, key: id, properties: {email: email}}")
    accounts.made({"email": "a"}, login_ids=())

    with pytest.raises(AlreadyExists) as error:
        accounts.made({"email": "a"}, login_ids=())

    assert error.value.metadata == {"property": "email"}


def test_refused_delete_names_no_property(database: Database) -> None:
    """A row that something still refers to stays, and no property is blamed for it."""
    database.execute(
        "CREATE TABLE t (id <automatic>, email VARCHAR(20))",
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, t_id BIGINT NOT NULL REFERENCES t (id))",
    )
    accounts = database.opened("{table: t, key: id, properties: {email: email}}")
    account = accounts.made({"email": "a"})
    database.execute(f"INSERT INTO orders VALUES (1, {account.key[0]})")

    with pytest.raises(FailedPrecondition) as error:
        accounts.delete(account.key)

    assert error.value.metadata == {"rule": "foreign_key"}
    assert accounts.got(account.key) == account


TRIGGERS = {
    "sqlite": [
        """CREATE TRIGGER no BEFORE INSERT ON t WHEN NEW.email = 'no'
            BEGIN SELECT RAISE(ABORT, 'a secret'); END""",
        """CREATE TRIGGER skip BEFORE INSERT ON t WHEN NEW.email = 'skip'
            BEGIN SELECT RAISE(IGNORE); END""",
    ],
    "postgresql": [
        """CREATE FUNCTION rule() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF NEW.email = 'skip' THEN RETURN NULL; END IF;
            IF NEW.email = 'no' THEN RAISE EXCEPTION 'a secret' USING ERRCODE = 'U0001'; END IF;
            RETURN NEW; END $$""",
        "CREATE TRIGGER rule BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION rule()",
    ],
    "mariadb": [
        """CREATE TRIGGER rule BEFORE INSERT ON t FOR EACH ROW BEGIN
            IF NEW.email = 'no' THEN
                SIGNAL SQLSTATE '45001' SET MYSQL_ERRNO = 30001, MESSAGE_TEXT = 'a secret';
            END IF;
            IF NEW.email = 'skip' THEN SIGNAL SQLSTATE '45000'; END IF; END"""
    ],
}


@pytest.mark.parametrize("email", ["no", "skip"])
def test_trigger_that_refuses_a_row_is_a_rule_of_the_database(
    database: Database, email: str
) -> None:
    """What a trigger raises, or passes over in silence, is refused and its text not told."""
    database.execute("CREATE TABLE t (id <automatic>, email VARCHAR(20))", *TRIGGERS[database.kind])
    accounts = database.opened("{table: t, key: id, properties: {email: email}}")

    with pytest.raises(FailedPrecondition) as error:
        accounts.made({"email": email})

    assert error.value.metadata == {"rule": "rule"}
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("database", kinds("postgresql"), indirect=True)
def test_joined_row_that_a_trigger_passes_over_is_refused(database: Database) -> None:
    """No account is half made: where its joined row is swallowed, its own row goes too."""
    database.execute(
        "CREATE TABLE t (id <automatic>, email VARCHAR(20))",
        "CREATE TABLE homes (t_id BIGINT PRIMARY KEY REFERENCES t (id), city VARCHAR(20))",
        "CREATE FUNCTION skip() RETURNS trigger AS 'BEGIN RETURN NULL; END' LANGUAGE plpgsql",
        "CREATE TRIGGER skip BEFORE INSERT ON homes FOR EACH ROW EXECUTE FUNCTION skip()",
    )
    accounts = database.opened(
        """{table: t, key: id, joins: {home: {table: homes, "on": {t_id: id}}},
            properties: {email: email, city: {join: home, column: city}}}"""
    )

    with pytest.raises(FailedPrecondition) as error:
        accounts.made({"email": "a", "city": "Paris"})

    assert error.value.metadata == {"rule": "rule"}
    assert database.rows("SELECT count(*) FROM t") == [(0,)]
