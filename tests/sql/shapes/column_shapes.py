"""Accounts that are one row: conditions, codes, encodings, documents, types, marks."""

from collections.abc import Mapping

from hypothesis import strategies as st

from tests.sql.shapes.shape import USER, Own, Shape
from tests.sql.shapes.values import (
    BOOLEANS,
    CENTS,
    DATES,
    EIGHTHS,
    FULL_TEXTS,
    INTEGERS,
    JSON,
    LONG_INTEGERS,
    TEXTS,
    instants,
)

_SECRET = f"UPDATE users SET secret = 'S' WHERE {USER}"

_KEPT = '{"kept": [1, "é", {"a": null}], "ui": {"more": 1}, "phone.numbers": {"b": 1.50}}'

_WIDE = 90
_FILLED = [f"c{number}" for number in range(5, _WIDE)]

SCOPED = Shape(
    tables=(
        """CREATE TABLE users (id <automatic>, login VARCHAR(20) NOT NULL UNIQUE,
            tenant_id INTEGER NOT NULL, kind VARCHAR(9) NOT NULL, status CHAR(1) NOT NULL,
            merged_into INTEGER, level INTEGER NOT NULL, name VARCHAR(20), secret VARCHAR(9))""",
        """INSERT INTO users (login, tenant_id, kind, status, merged_into, level, name) VALUES
            ('other', 8, 'person', 'A', NULL, 1, 'a'), ('robot', 7, 'robot', 'A', NULL, 1, 'a'),
            ('gone', 7, 'person', 'X', NULL, 1, 'a'), ('merged', 7, 'person', 'A', 1, 1, 'a'),
            ('low', 7, 'person', 'A', NULL, 0, 'a')""",
    ),
    mapping="""
table: users
key: id
where:
  tenant_id: 7
  kind: {in: [person, staff]}
  status: {not: X}
  merged_into: null
  level: {greater: 0}
properties: {login: login, name: name}
on_create: {status: A, level: 1}
""",
    fields={"name": TEXTS},
    own={"users": Own(USER, ("name",))},
    planted=(_SECRET,),
)

CODED = Shape(
    tables=(
        """CREATE TABLE users (id <automatic>, login VARCHAR(20) NOT NULL UNIQUE,
            status CHAR(1) NOT NULL, tier SMALLINT, opt SMALLINT, score_code VARCHAR(4) NOT NULL,
            cents BIGINT, flags INTEGER NOT NULL, tags VARCHAR(80), digits VARCHAR(40),
            photo VARCHAR(80), nick VARCHAR(20) NOT NULL, seen BIGINT NOT NULL,
            secret VARCHAR(9))""",
    ),
    mapping="""
table: users
key: id
properties:
  login: login
  active: {column: status, values: {true: A, false: D}}
  level: {column: tier, values: {gold: 3, silver: 2, none: null}}
  opted_in: {column: opt, values: {true: 1, false: null}}
  score: {column: score_code, values: {1: low, 2: high, null: "?"}}
  balance: {column: cents, encoding: {scale: 2}}
  newsletter: {column: flags, encoding: {bit: 3}}
  trial: {column: flags, encoding: {bit: 0}}
  interests: {column: tags, encoding: {separated: ","}}
  fingerprint: {column: digits, encoding: hex}
  avatar: {column: photo, encoding: base64}
  nickname: {column: nick, "null": ["", "n/a"]}
  last_seen: {column: seen, encoding: epoch_millis, "null": 0}
on_create: {flags: 32}
""",
    fields={
        "active": BOOLEANS,
        "level": st.sampled_from(["gold", "silver", "none"]),
        "opted_in": BOOLEANS,
        "score": st.sampled_from([1, 2]),
        "balance": CENTS,
        "newsletter": BOOLEANS,
        "trial": BOOLEANS,
        "interests": st.lists(st.sampled_from(["a", "B", "é '", "%"]), min_size=1, max_size=4),
        "fingerprint": st.binary(min_size=1, max_size=12).map(bytes.hex),
        "avatar": st.sampled_from(["AAAA", "YQ==", "YWI=", "/+8="]),
        "nickname": FULL_TEXTS.filter(lambda text: text != "n/a"),
        "last_seen": instants(1000),
    },
    required=("active", "level", "opted_in", "newsletter", "trial"),
    own={
        "users": Own(
            USER,
            (
                "status",
                "tier",
                "opt",
                "score_code",
                "cents",
                "flags",
                "tags",
                "digits",
                "photo",
                "nick",
                "seen",
            ),
        )
    },
    planted=(_SECRET,),
)

DOCUMENTS = Shape(
    tables=(
        """CREATE TABLE users (id <automatic>, login VARCHAR(20) NOT NULL UNIQUE,
            settings <document>, contact TEXT, whole TEXT, secret VARCHAR(9))""",
    ),
    mapping="""
table: users
key: id
properties:
  login: login
  theme: {column: settings, path: [ui, theme], type: text}
  size: {column: settings, path: [ui, size], type: integer}
  phones.home: {column: contact, path: ["phone.numbers", home], type: text}
  is_open: {column: contact, path: [open], type: boolean}
  anything: {column: whole, type: json}
""",
    fields={
        "theme": TEXTS,
        "size": INTEGERS,
        "phones.home": TEXTS,
        "is_open": BOOLEANS,
        "anything": st.dictionaries(st.sampled_from(["x", "y.z"]), JSON, min_size=1),
    },
    own={"users": Own(USER, ("settings", "contact", "whole"), ("settings", "contact"))},
    planted=(
        _SECRET,
        f"UPDATE users SET settings = '{_KEPT}' WHERE settings IS NULL AND {USER}",
        f"UPDATE users SET contact = '{_KEPT}' WHERE contact IS NULL AND {USER}",
    ),
)

TIMES = Shape(
    tables=(
        """CREATE TABLE users (id <automatic>, login VARCHAR(20) NOT NULL UNIQUE,
            a BIGINT, b BIGINT NOT NULL, c BIGINT, d VARCHAR(20), e <moment> NULL,
            f <naive> NULL, g DATE, h VARCHAR(20), i <moment> NULL, secret VARCHAR(9))""",
    ),
    mapping="""
table: users
key: id
properties:
  login: login
  seconds: {column: a, encoding: epoch_seconds}
  millis: {column: b, encoding: epoch_millis, "null": 0}
  micros: {column: c, encoding: epoch_micros}
  digits: {column: d, encoding: epoch_seconds}
  moment: e
  local: {column: f, timezone: Asia/Kolkata}
  day: {column: g, type: date}
  text_day: {column: h, type: date}
  verified: {column: i, not_null: true, write: {true: now, false: null}}
""",
    fields={
        "seconds": instants(10**6),
        "millis": instants(1000),
        "micros": instants(1),
        "digits": instants(10**6),
        "moment": instants(1),
        "local": instants(1),
        "day": DATES,
        "text_day": DATES,
        "verified": BOOLEANS,
    },
    required=("verified",),
    own={"users": Own(USER, tuple("abcdefghi"))},
    planted=(_SECRET,),
)

TYPES = Shape(
    tables=(
        """CREATE TABLE users (id <automatic>, login VARCHAR(20) NOT NULL UNIQUE,
            a SMALLINT, b INTEGER, c BIGINT, d DECIMAL(12,2), e DOUBLE PRECISION, f <boolean>,
            g TEXT, h VARCHAR(8) <exact>, i VARCHAR(20), j VARCHAR(36), k INTEGER,
            secret VARCHAR(9))""",
    ),
    mapping="""
table: users
key: id
properties:
  login: login
  small: a
  whole: b
  long: c
  money: d
  ratio: e
  flag: f
  text: g
  short: h
  age: {column: i, type: integer}
  reference: {column: j, type: uuid}
  phone: {column: k, type: text}
""",
    fields={
        "small": st.integers(-(2**15), 2**15 - 1),
        "whole": INTEGERS,
        "long": LONG_INTEGERS,
        "money": CENTS,
        "ratio": EIGHTHS,
        "flag": BOOLEANS,
        "text": TEXTS,
        "short": TEXTS,
        "age": INTEGERS,
        "reference": st.uuids().map(str),
        "phone": INTEGERS.map(str),
    },
    own={"users": Own(USER, tuple("abcdefghijk"))},
    planted=(_SECRET,),
)

WIDE = Shape(
    tables=(
        "CREATE TABLE users (id <automatic>, login VARCHAR(20) NOT NULL UNIQUE, "
        + ", ".join(f"c{number} VARCHAR(9) NOT NULL" for number in range(_WIDE))
        + ")",
    ),
    mapping=f"""
table: users
key: id
properties: {{login: login, a: c0, b: c1, c: c2, d: {{column: c3, "null": ""}}, e: c4}}
on_create: {{{", ".join(f'{name}: "-"' for name in _FILLED)}}}
""",
    fields={"a": TEXTS, "b": TEXTS, "c": TEXTS, "d": FULL_TEXTS, "e": TEXTS},
    required=("a", "b", "c", "e"),
    own={"users": Own(USER, ("c0", "c1", "c2", "c3", "c4"))},
    planted=(f"UPDATE users SET c5 = 'x', c89 = 'y' WHERE {USER}",),
)


def _marked(delete: str) -> Shape:
    return Shape(
        tables=(
            """CREATE TABLE users (id <automatic>, login VARCHAR(20) NOT NULL UNIQUE,
                name VARCHAR(20), deleted_at <moment> NULL, is_deleted SMALLINT NOT NULL,
                secret VARCHAR(9))""",
            "INSERT INTO users (login, name, is_deleted) VALUES ('other', 'a', 0)",
        ),
        mapping=f"""
table: users
key: id
properties: {{login: login, name: name}}
delete: {{set: {delete}}}
on_create: {{is_deleted: 0}}
""",
        fields={"name": TEXTS},
        own={"users": Own(USER, ("name", "deleted_at", "is_deleted"))},
        planted=(_SECRET,),
        keeps_row=True,
    )


SHAPES: Mapping[str, Shape] = {
    "conditions": SCOPED,
    "codes and encodings": CODED,
    "paths in documents": DOCUMENTS,
    "times": TIMES,
    "types": TYPES,
    "ninety columns": WIDE,
    "deleted by a time": _marked("{deleted_at: now}"),
    "deleted by a flag": _marked("{is_deleted: 1, name: null}"),
}
