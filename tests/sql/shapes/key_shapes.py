"""Keys of every kind."""

from collections.abc import Mapping

from tests.sql.shapes.shape import USER, Own, Shape
from tests.sql.shapes.values import INTEGERS, TEXTS

_FIELDS = {"name": TEXTS, "points": INTEGERS}

_MAPPING = """
table: users
key: {key}
properties: {{login: login, name: name, points: points}}
"""


def _shape(
    columns: str,
    key: str,
    *,
    constraint: str = "",
    chosen: tuple[str, ...] = (),
    before: tuple[str, ...] = (),
    kinds: tuple[str, ...] = ("sqlite", "postgresql", "mariadb"),
) -> Shape:
    table = f"""CREATE TABLE users ({columns}, login VARCHAR(20) NOT NULL UNIQUE,
        name VARCHAR(20), points INTEGER, secret VARCHAR(9){constraint})"""
    return Shape(
        tables=(*before, table),
        mapping=_MAPPING.format(key=key),
        fields=_FIELDS,
        own={"users": Own(USER, ("name", "points"))},
        planted=(f"UPDATE users SET secret = 'S' WHERE {USER}",),
        key=chosen,
        kinds=kinds,
    )


SHAPES: Mapping[str, Shape] = {
    "key of the database": _shape("id <automatic>", "id"),
    "key of a default": _shape(
        "id UUID DEFAULT gen_random_uuid() PRIMARY KEY", "id", kinds=("postgresql",)
    ),
    "key of a sequence": _shape(
        "id BIGINT PRIMARY KEY",
        "{column: id, generate: {sequence: numbers}}",
        before=("CREATE SEQUENCE numbers START WITH 9007199254740993",),
        kinds=("postgresql", "mariadb"),
    ),
    "key of a function": _shape(
        "id BIGINT PRIMARY KEY",
        "{column: id, generate: {function: next_id}}",
        before=(
            "CREATE SEQUENCE ids",
            "CREATE FUNCTION next_id() RETURNS BIGINT LANGUAGE SQL AS $$SELECT nextval('ids')$$",
        ),
        kinds=("postgresql",),
    ),
    "key of a uuid as text": _shape("id CHAR(36) PRIMARY KEY", "{column: id, generate: uuid4}"),
    "key of a uuid as bytes": _shape("id <sixteen> PRIMARY KEY", "{column: id, generate: uuid7}"),
    "key of random text": _shape(
        "id VARCHAR(16) PRIMARY KEY", "{column: id, generate: {random: {length: 16}}}"
    ),
    "key of the caller": _shape(
        "id VARCHAR(40) PRIMARY KEY", "{column: id, generate: caller}", chosen=("K é'{number}",)
    ),
    "key that is a property": Shape(
        tables=("CREATE TABLE users (login VARCHAR(20) PRIMARY KEY, name VARCHAR(20))",),
        mapping="""
table: users
key: {column: login, generate: caller}
properties: {login: login, name: name}
""",
        fields={"name": TEXTS},
        own={"users": Own(USER, ("name",))},
        key=("u{number}",),
    ),
    "key of several columns": _shape(
        "tenant VARCHAR(8), number INTEGER",
        "[tenant, number]",
        constraint=", PRIMARY KEY (tenant, number)",
        chosen=("t/", "{number}"),
    ),
}
