"""Users with arrays in the rows of three tables: a child, names and values, and one between."""

from tests.sql.legacy import Accounts, Database

USERS = "CREATE TABLE users (id <automatic>, login VARCHAR(20) NOT NULL, row_version BIGINT)"

ADDRESSES = """CREATE TABLE addresses (id <automatic>, user_id BIGINT NOT NULL,
    address VARCHAR(40) NOT NULL, is_primary <boolean> NOT NULL, made BIGINT NOT NULL)"""

META = """CREATE TABLE usermeta (umeta_id <automatic>, user_id BIGINT NOT NULL,
    meta_key VARCHAR(40), meta_value TEXT)"""

ROLES = "CREATE TABLE roles (id <automatic>, realm VARCHAR(10), name VARCHAR(20) NOT NULL)"

USER_ROLES = """CREATE TABLE user_roles (user_id BIGINT NOT NULL, role_id BIGINT NOT NULL,
    made BIGINT NOT NULL, PRIMARY KEY (user_id, role_id))"""

ROWS = (
    "INSERT INTO users (login) VALUES ('ada'), ('bob')",
    """INSERT INTO addresses (user_id, address, is_primary, made) VALUES
        (1, 'ada@x.com', TRUE, 1), (1, 'b@x.com', FALSE, 1), (1, 'a@x.com', FALSE, 1)""",
    """INSERT INTO usermeta (user_id, meta_key, meta_value) VALUES
        (1, 'interest', 'maths'), (1, 'other', 'kept'), (1, 'interest', 'poetry'),
        (1, 'score', '7'), (1, 'score', 'none')""",
    "INSERT INTO roles (realm, name) VALUES ('a', 'admin'), ('b', 'admin'), ('a', 'editor')",
    "INSERT INTO user_roles (user_id, role_id, made) VALUES (1, 3, 1), (1, 2, 1)",
)

MAPPING = """
table: users
key: id
version: row_version
joins:
  address: {table: addresses, "on": {user_id: id}}
  meta: {table: usermeta, "on": {user_id: id}, name: meta_key, value: meta_value}
  role:
    table: roles
    where: {realm: a}
    through: {table: user_roles, "on": {user_id: id}, to: {role_id: id}}
properties:
  login: login
  email: {join: address, column: address, where: {is_primary: true}}
  others:
    {join: address, column: address, where: {is_primary: false}, many: true, normalize: [lower]}
  interests: {join: meta, name: interest, many: true}
  scores: {join: meta, name: score, many: true, type: integer}
  roles: {join: role, column: name, many: true}
on_create: {address.made: now, role.made: now}
delete: {tables: [address, meta, role]}
"""


def users(database: Database) -> Accounts:
    """Returns two users, the first of whom has several of everything."""
    database.execute(USERS, ADDRESSES, META, ROLES, USER_ROLES, *ROWS)
    return database.opened(MAPPING)
