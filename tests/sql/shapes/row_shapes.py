"""Accounts of many rows: one among others, names and values, arrays, and what has no place."""

from collections.abc import Mapping

from hypothesis import strategies as st

from tests.sql.shapes.shape import OF_USER, USER, Own, Shape
from tests.sql.shapes.values import BOOLEANS, FULL_TEXTS, INTEGERS, JSON, TEXTS, bags, instants

_USERS = "CREATE TABLE users (id <automatic>, login VARCHAR(20) NOT NULL UNIQUE)"

_ID = f"(SELECT id FROM users WHERE {USER})"

_ITEMS = st.sampled_from(["a", "A", "é", "d\"\\'", "x y", "%_"])

AMONG_OTHERS = Shape(
    tables=(
        _USERS,
        """CREATE TABLE addresses (id <automatic>, user_id BIGINT NOT NULL,
            kind VARCHAR(9) NOT NULL, city VARCHAR(20), label VARCHAR(20), secret VARCHAR(9))""",
        "INSERT INTO addresses (user_id, kind, city) VALUES (999, 'home', 'nobody')",
    ),
    mapping="""
table: users
key: id
joins: {address: {table: addresses, "on": {user_id: id}}}
properties:
  login: login
  city: {join: address, column: city, where: {kind: home}}
  label: {join: address, column: label, where: {kind: home}}
  office: {join: address, column: city, where: {kind: work}}
delete: {tables: [address]}
""",
    fields={"city": TEXTS, "label": TEXTS, "office": TEXTS},
    own={
        "users": Own(USER, ()),
        "addresses": Own(f"{OF_USER} AND kind IN ('home', 'work')", ("city", "label")),
    },
    planted=(
        f"""INSERT INTO addresses (user_id, kind, city, secret)
            VALUES ({_ID}, 'bill', 'kept', 'S')""",
        f"UPDATE addresses SET secret = 'S' WHERE {OF_USER}",
    ),
)

NAMED = Shape(
    tables=(
        _USERS,
        """CREATE TABLE meta (id <automatic>, user_id BIGINT NOT NULL, meta_key VARCHAR(40),
            meta_value TEXT)""",
        "INSERT INTO meta (user_id, meta_key, meta_value) VALUES (999, 'nickname', 'nobody')",
    ),
    mapping="""
table: users
key: id
joins: {meta: {table: meta, "on": {user_id: id}, name: meta_key, value: meta_value}}
properties:
  login: login
  nickname: {join: meta, name: nickname}
  age: {join: meta, name: age, type: integer}
  newsletter: {join: meta, name: news, values: {true: "1", false: "0"}}
  seen: {join: meta, name: seen, encoding: epoch_seconds}
  title: {join: meta, name: title, "null": ""}
delete: {tables: [meta]}
""",
    fields={
        "nickname": TEXTS,
        "age": INTEGERS,
        "newsletter": BOOLEANS,
        "seen": instants(10**6),
        "title": FULL_TEXTS,
    },
    own={
        "users": Own(USER, ()),
        "meta": Own(
            f"{OF_USER} AND meta_key IN ('nickname', 'age', 'news', 'seen', 'title')",
            ("meta_value",),
        ),
    },
    planted=(f"INSERT INTO meta (user_id, meta_key, meta_value) VALUES ({_ID}, 'other', 'kept')",),
)

REGISTERED = Shape(
    tables=(
        _USERS,
        "CREATE TABLE names (id <automatic>, kind VARCHAR(9), name VARCHAR(20) NOT NULL)",
        """INSERT INTO names (kind, name)
            VALUES ('shop', 'phone'), ('user', 'phone'), ('user', 'age'), ('user', 'other')""",
        """CREATE TABLE entries (id CHAR(36) PRIMARY KEY, user_id BIGINT NOT NULL,
            name_id BIGINT NOT NULL, content VARCHAR(20) NOT NULL, format SMALLINT NOT NULL,
            UNIQUE (user_id, name_id))""",
    ),
    mapping="""
table: users
key: id
joins:
  entry:
    table: entries
    "on": {user_id: id}
    name: {table: names, "on": {id: name_id}, lookup: name, where: {kind: user}}
    value: content
    key: {column: id, generate: uuid4}
properties:
  login: login
  phone: {join: entry, name: phone}
  age: {join: entry, name: age, type: integer}
on_create: {entry.format: 1}
delete: {tables: [entry]}
""",
    fields={"phone": TEXTS, "age": INTEGERS},
    own={
        "users": Own(USER, ()),
        "entries": Own(f"{OF_USER} AND name_id IN (2, 3)", ("content",)),
    },
    planted=(
        f"""INSERT INTO entries (id, user_id, name_id, content, format)
            SELECT login, id, 4, 'kept', 9 FROM users WHERE {USER}""",
        f"UPDATE entries SET format = 7 WHERE {OF_USER}",
    ),
)

ARRAYS = Shape(
    tables=(
        _USERS,
        """CREATE TABLE addresses (id <automatic>, user_id BIGINT NOT NULL,
            address VARCHAR(20) NOT NULL, main <boolean> NOT NULL, secret VARCHAR(9))""",
        """CREATE TABLE meta (id <automatic>, user_id BIGINT NOT NULL, meta_key VARCHAR(40),
            meta_value TEXT)""",
        "INSERT INTO meta (user_id, meta_key, meta_value) VALUES (999, 'like', 'a')",
    ),
    mapping="""
table: users
key: id
joins:
  address: {table: addresses, "on": {user_id: id}}
  meta: {table: meta, "on": {user_id: id}, name: meta_key, value: meta_value}
properties:
  login: login
  email: {join: address, column: address, where: {main: true}}
  others: {join: address, column: address, where: {main: false}, many: true}
  likes: {join: meta, name: like, many: true}
delete: {tables: [address, meta]}
""",
    fields={"email": TEXTS, "others": bags(_ITEMS), "likes": bags(_ITEMS)},
    bags=("others", "likes"),
    own={
        "users": Own(USER, ()),
        "addresses": Own(OF_USER, ("address",)),
        "meta": Own(f"{OF_USER} AND meta_key = 'like'", ()),
    },
    planted=(
        f"INSERT INTO meta (user_id, meta_key, meta_value) VALUES ({_ID}, 'other', 'kept')",
        f"UPDATE addresses SET secret = 'S' WHERE {OF_USER}",
    ),
)

THROUGH = Shape(
    tables=(
        _USERS,
        "CREATE TABLE roles (id <automatic>, realm VARCHAR(9), name VARCHAR(20) NOT NULL)",
        """INSERT INTO roles (realm, name)
            VALUES ('a', 'admin'), ('b', 'admin'), ('a', 'é'), ('a', 'x')""",
        """CREATE TABLE user_roles (user_id BIGINT NOT NULL, role_id BIGINT NOT NULL, made BIGINT,
            PRIMARY KEY (user_id, role_id))""",
        "INSERT INTO user_roles (user_id, role_id, made) VALUES (999, 1, 1)",
    ),
    mapping="""
table: users
key: id
joins:
  role:
    table: roles
    where: {realm: a}
    through: {table: user_roles, "on": {user_id: id}, to: {role_id: id}}
properties:
  login: login
  roles: {join: role, column: name, many: true}
delete: {tables: [role]}
""",
    fields={"roles": bags(st.sampled_from(["admin", "é", "x"]))},
    bags=("roles",),
    own={
        "users": Own(USER, ()),
        "user_roles": Own(f"{OF_USER} AND role_id IN (1, 3, 4)", ("user_id", "role_id", "made")),
    },
    planted=(f"INSERT INTO user_roles (user_id, role_id, made) VALUES ({_ID}, 2, 7)",),
)

REST = Shape(
    tables=(
        """CREATE TABLE users (id <automatic>, login VARCHAR(20) NOT NULL UNIQUE,
            city VARCHAR(20), more <document>, secret VARCHAR(9))""",
    ),
    mapping="""
table: users
key: id
properties:
  login: login
  address.city: city
  extra: {column: more, rest: true}
""",
    fields={"address.city": TEXTS, "address.zip": TEXTS, "score": INTEGERS, "hobby": JSON},
    own={"users": Own(USER, ("city", "more"))},
    planted=(f"UPDATE users SET secret = 'S' WHERE {USER}",),
)

SHAPES: Mapping[str, Shape] = {
    "one row among many": AMONG_OTHERS,
    "names and values": NAMED,
    "names in a registry": REGISTERED,
    "arrays of rows": ARRAYS,
    "array through a table": THROUGH,
    "rest": REST,
}
