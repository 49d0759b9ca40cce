"""Texts that are odd: as they are, as filters, as orders, as paths of a mask."""

import random

from ownid_grpc.testing.filter_cases import filter_cases

STORED = "Zq7-stored-mark"
"""Stands in the values of accounts that exist, and must stand nowhere else."""

SENT = "Zq7-sent-mark"
"""Stands in the values that requests carry; an error repeats names, never a value."""

LONG = "x" * 9000

ODD_TEXTS = (
    "",
    " ",
    "\0",
    "a\0b",
    "\ue000",
    "é",
    "e\u0301",
    "\U0001f600",
    "\u202e",
    "\ufeff",
    "\uffff",
    "\x7f",
    "\x1b[31m",
    "\n",
    "%00",
    "%2e%2e",
    "%",
    "_",
    ".",
    "..",
    "-",
    "*",
    "~",
    "~~",
    "~AA",
    "~AB",
    "~W10",
    "~MQ",
    "~MQ==",
    "~YQBi",
    "a/b",
    "'",
    '"',
    "\\",
    "`",
    "``",
    "$(x)",
    "{{7*7}}",
    "null",
    "true",
    "1e309",
    "NaN",
    "0x10",
    "1" * 400,
    "-1",
    "01",
    "1.0",
    " 1",
    "1 ",
    "+1",
    "\u0661",
    "9223372036854775807",
    "9223372036854775808",
    "' OR '1' = '1",
    "1; --",
    "x') --",
    '""',
    'W/"abc"',
    "2024-02-30T25:61:61Z",
)

FIELD_NAMES = (
    *("email", "username", "name", "score", "big", "balance", "rating", "active", "last_seen"),
    *("birthdate", "address.city", "address", "theme", "level", "tags", "disabled", "etag"),
    *("create_time", "update_time", "profile", "profile.name", "profile.profile"),
    *("nothing", "address.nothing"),
)

_LITERALS = (
    *('"', "'", "null", "true", "false", "*", '"*"', "**", "1", "-1", "1.5", "1e400", "1e9999"),
    *("9" * 400, "-" + "9" * 30, "0x1", ".5", "5.", "2024-01-02T03:04:05Z", "2024-13-01", "vip"),
    *("9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "0000-01-01", '"\\x"', '"\\*"'),
    *('"\U0001f600"', '"a\0"', '"%_\\\\"', "city", f'"{SENT}"', '"' + "*a" * 400 + '"', '"\ue000"'),
)
_OPERATORS = ("=", "!=", "<", "<=", ">", ">=", ":", "==", "=~", "", " = ", "<>", "(")
_PIECES = tuple(" \t\n()\"'\\,.:=<>!*-+%_;`~{}[]$\0\ue000aZ09é\U0001f600")
_WORDS = ("AND", "OR", "NOT", "and", "asc", "desc", "null", "profile.", '""')

_CASES = [case.text for case in filter_cases()]


def spoiled(chance: random.Random, text: str, *, ascii_only: bool = False) -> str:
    """Returns `text` with a few characters put in, left out, doubled or changed."""
    pieces = [piece for piece in (*_PIECES, *_WORDS) if piece.isascii() or not ascii_only]
    if ascii_only:
        pieces = [piece for piece in pieces if piece.isprintable()]
    for _ in range(chance.randint(1, 3)):
        start = chance.randint(0, len(text))
        end = min(len(text), start + chance.randint(0, 3))
        middle = chance.choice((chance.choice(pieces), "", text[start:end] * 2))
        text = text[:start] + middle + text[end:]
    return text


def odd_text(chance: random.Random) -> str:
    """Returns a text that is odd, or only long."""
    return chance.choice((*ODD_TEXTS, LONG[: chance.randint(0, len(LONG))]))


def odd_filter(chance: random.Random) -> str:
    """Returns a filter, most of them wrong in some way."""
    kind = chance.random()
    if kind < 0.35:
        return spoiled(chance, chance.choice(_CASES))
    if kind < 0.7:
        return _comparison(chance)
    if kind < 0.9:
        joined = chance.choice((" AND ", " OR ", " ", " NOT ", ") ("))
        return joined.join(_comparison(chance) for _ in range(chance.randint(2, 6)))
    return chance.choice(_EXTREMES)


def odd_order(chance: random.Random) -> str:
    """Returns an order, most of them wrong in some way."""
    terms = [
        chance.choice(FIELD_NAMES) + chance.choice(("", " ", " asc", " desc", " DESC", "desc", "."))
        for _ in range(chance.choice((0, 1, 1, 2, 3, 9)))
    ]
    order = chance.choice((",", ", ", " ", ",,", ";")).join(terms)
    return spoiled(chance, order) if chance.random() < 0.5 else order


def odd_path(chance: random.Random) -> str:
    """Returns a path of a mask, most of them wrong in some way."""
    path = chance.choice(("profile.", "", "account.", "profile.profile.")) + chance.choice(
        (*FIELD_NAMES, *ODD_TEXTS)
    )
    return spoiled(chance, path) if chance.random() < 0.4 else path


def _comparison(chance: random.Random) -> str:
    name = chance.choice(FIELD_NAMES)
    return name + chance.choice(_OPERATORS) + chance.choice(_LITERALS)


_EXTREMES = (
    "(" * 33 + "active" + ")" * 33,
    "(" * 2000,
    "-" * 4000,
    "NOT " * 1000 + "active",
    "active " * 580,
    " OR ".join(["score=1"] * 370),
    " AND ".join(["score!=1"] * 310),
    "level=1 " * 500,
    "(" * 32 + "active" + ")" * 32,
    "name=" + '"' + "a" * 4080 + '"',
    "name:" + '"' + "*a" * 2030 + '"',
    "name:" + "*" * 4000,
    "a." * 2000 + "b:*",
    '"' * 4000,
    "x" * 4097,
    "é" * 2049,
    "score=" + "9" * 4080,
    "balance=" + "9" * 4080,
    "balance=0." + "9" * 4070,
    "last_seen>2024-01-02T03:04:05." + "9" * 4000 + "Z",
    "tags:" + '"' + "t" * 4000 + '"',
)
