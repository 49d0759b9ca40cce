"""Accounts of several tables, of each one row: a child, a parent, a lookup."""

from collections.abc import Mapping

from hypothesis import strategies as st

from tests.sql.shapes.shape import OF_USER, USER, Own, Shape
from tests.sql.shapes.values import INTEGERS, TEXTS

_PARTNERS = f"SELECT partner_id FROM users WHERE {USER} AND partner_id IS NOT NULL"

CHILD = Shape(
    tables=(
        "CREATE TABLE users (id <automatic>, login VARCHAR(20) NOT NULL UNIQUE)",
        """CREATE TABLE profiles (user_id BIGINT PRIMARY KEY, city VARCHAR(20), size INTEGER,
            secret VARCHAR(9))""",
        "INSERT INTO profiles (user_id, city, secret) VALUES (999, 'nobody', 'T')",
    ),
    mapping="""
table: users
key: id
joins:
  profile: {table: profiles, "on": {user_id: id}}
properties:
  login: login
  address.city: {join: profile, column: city}
  address.size: {join: profile, column: size}
delete: {tables: [profile]}
""",
    fields={"address.city": TEXTS, "address.size": INTEGERS},
    own={"users": Own(USER, ()), "profiles": Own(OF_USER, ("city", "size"))},
    planted=(f"UPDATE profiles SET secret = 'S' WHERE {OF_USER}",),
)

PARENT = Shape(
    tables=(
        "CREATE TABLE partners (id <automatic>, name VARCHAR(20), secret VARCHAR(9))",
        """CREATE TABLE users (id <automatic>, login VARCHAR(20) NOT NULL UNIQUE,
            partner_id BIGINT)""",
        "INSERT INTO partners (name, secret) VALUES ('nobody', 'T')",
    ),
    mapping="""
table: users
key: id
joins:
  partner: {table: partners, "on": {id: partner_id}, parent: true}
properties:
  login: login
  name: {join: partner, column: name}
""",
    fields={"name": TEXTS},
    own={
        "users": Own(USER, ("partner_id",)),
        # Once the account is gone nothing says whose the row was.
        "partners": Own("id > 1", ("name",)),
    },
    planted=(f"UPDATE partners SET secret = 'S' WHERE id IN ({_PARTNERS})",),
    keeps_row=True,
)

LOOKUP = Shape(
    tables=(
        "CREATE TABLE countries (id <automatic>, code VARCHAR(9) NOT NULL UNIQUE)",
        """CREATE TABLE users (id <automatic>, login VARCHAR(20) NOT NULL UNIQUE,
            country_id BIGINT, secret VARCHAR(9))""",
        "INSERT INTO countries (code) VALUES ('DE'), ('UK'), ('Côte')",
    ),
    mapping="""
table: users
key: id
joins:
  country: {table: countries, "on": {id: country_id}, lookup: code}
properties:
  login: login
  country: {join: country}
""",
    fields={"country": st.sampled_from(["DE", "UK", "Côte"])},
    own={"users": Own(USER, ("country_id",))},
    planted=(f"UPDATE users SET secret = 'S' WHERE {USER}",),
)

SHAPES: Mapping[str, Shape] = {"child": CHILD, "parent": PARENT, "lookup": LOOKUP}
