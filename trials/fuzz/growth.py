"""How the time of a parser grows with its input: over sizes that double."""

import gc
import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trials.fuzz.parsers import PARSERS, Parser

MOST = 1.35
"""The exponent that still counts as linear: caches and a busy machine bend the line a little."""

_UNMEASURABLE = 0.002
"""What takes less seconds than this at its largest is refused at once, or as good as."""

_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Shape:
    """Inputs of one form in several sizes."""

    name: str
    parser: Parser
    make: Callable[[int], object]
    sizes: Sequence[int]


def measured(shape: Shape) -> tuple[list[tuple[int, float]], float]:
    """Returns the time of each size, and the exponent with which they grow."""
    times = [(size, _seconds(shape.parser, shape.make(size))) for size in shape.sizes]
    return times, exponent(times)


def exponent(times: Sequence[tuple[int, float]]) -> float:
    """Returns the slope of the least squares line through the logarithms: 1 is linear."""
    if times[-1][1] < _UNMEASURABLE:
        return 0.0
    points = [(math.log(size), math.log(seconds)) for size, seconds in times]
    mean_x, mean_y = (sum(axis) / len(points) for axis in zip(*points, strict=True))
    rise = math.fsum((x - mean_x) * (y - mean_y) for x, y in points)
    return rise / math.fsum((x - mean_x) ** 2 for x, _ in points)


def _seconds(parser: Parser, value: object) -> float:
    """Returns the time of the processor that one reading takes, of several the least."""
    gc.collect()
    gc.disable()  # it looks at all that there is, now and then
    try:
        return min(_once(parser, value) for _ in range(_ATTEMPTS))
    finally:
        gc.enable()


def _once(parser: Parser, value: object) -> float:
    began = time.process_time()
    parser.feed(value)
    return time.process_time() - began


def _doubling(first: int, count: int = 5) -> list[int]:
    return [first * 2**step for step in range(count)]


def _schema(**words: object) -> dict[str, object]:
    return {"type": "object", "properties": {"a": {"type": "string"}}, **words}


def _deep_schema(size: int) -> dict[str, object]:
    inner: dict[str, object] = {"type": "string"}
    for _ in range(size):
        inner = {"type": "object", "properties": {"a": inner}}
    return inner


def _shapes(parser: str, sizes: Sequence[int], **makes: Callable[[int], object]) -> list[Shape]:
    return [
        Shape(f"{parser}: {name.replace('_', ' ')}", PARSERS[parser], make, sizes)
        for name, make in makes.items()
    ]


_FILTERS = _doubling(256)  # in bytes; the last is the longest that is read
_LONG = _doubling(65_536)

SHAPES = [
    *_shapes(
        "filter",
        _FILTERS,
        parentheses=lambda size: "(" * (size // 2) + "active" + ")" * (size // 2),
        groups=lambda size: ("(" * 30 + "active" + ")" * 30 + " OR ") * (size // 70) + "active",
        chain_of_OR=lambda size: " OR ".join(["active"] * (size // 10)),
        chain_of_AND=lambda size: "active " * (size // 7),
        chain_of_NOT=lambda size: "NOT " * (size // 4 - 2) + "active",
        long_text=lambda size: f'name = "{"a" * (size - 9)}"',
        escapes=lambda size: 'name = "' + '\\"' * ((size - 9) // 2) + '"',
        stars=lambda size: 'name = "' + "*a" * ((size - 9) // 2) + '"',
        digits=lambda size: "balance = " + "9" * (size - 10),
        path=lambda size: "a." * (size // 2 - 1) + "b:*",
        wrong_name=lambda size: "x" * (size - 2) + "=1",
    ),
    *_shapes("filter", _LONG, too_long=lambda size: "(" * size),
    *_shapes(
        "order_by",
        _LONG,
        commas=lambda size: "," * size,
        quotes=lambda size: '"' + "\\" * size,
        spaces=lambda size: "email" + " " * size + "x",
    ),
    *_shapes(
        "field mask",
        _LONG,
        dots=lambda size: ["profile." + "a." * (size // 2)],
        backticks=lambda size: ["profile." + "`" * size],
        open_backtick=lambda size: ["profile.`" + "``" * (size // 2) + "a"],
        many=lambda size: ["profile.address.city", "profile.address"] * (size // 64),
    ),
    *_shapes(
        "name",
        _doubling(512),
        long_id=lambda size: "apps/shop/accounts/" + "a" * (size - 20),
        slashes=lambda size: "/" * size,
        nested_key=lambda size: "apps/shop/accounts/~" + "W1tb" * (size // 4 - 5),
    ),
    *_shapes("token", _LONG, long=lambda size: "AQAB" * (size // 4)),
    *_shapes(
        "metadata",
        _doubling(4096),
        semicolons=lambda size: [("cookie", ";" * size)],
        same_cookie=lambda size: [("cookie", "__Host-ownid-access-shop=a; " * (size // 28))],
        spaces=lambda size: [("authorization", "Bearer " + " " * size)],
        many_headers=lambda size: [("cookie", "a=b")] * (size // 40),
    ),
    *_shapes(
        "ownid.yaml",
        _doubling(50, 4),
        words=lambda size: "".join(f"w{number}: [a, {{b: c}}]\n" for number in range(size)),
        long_text=lambda size: "a: '" + "${NAME}" * size + "'",
        open_braces=lambda size: "a: " + "${" * size,
    ),
    # PyYAML takes quadratic time up to the depth that is refused, half a second at most.
    *_shapes("ownid.yaml", _doubling(1000, 4), flow=lambda size: "a: " + "[" * size),
    *_shapes(
        "mapping",
        _doubling(200, 4),
        properties=lambda size: {"properties": {f"p{number}": "c" for number in range(size)}},
        nested=lambda size: {"properties": {".".join("a" * (size // 4)): "c"}},
        values=lambda size: {
            "properties": {"p": {"column": "c", "values": dict.fromkeys(map(str, range(size)), 1)}}
        },
    ),
    *_shapes(
        "account schema",
        _doubling(50, 4),
        properties=lambda size: _schema(
            properties={f"p{n}": {"type": "string"} for n in range(size)}
        ),
        definitions=lambda size: _schema(
            **{
                "$defs": {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(size)}
                | {f"d{size}": True}
            }
        ),
        all_of=lambda size: _schema(allOf=[{"required": ["a"]}] * size),
        any_of_objects=lambda size: _schema(anyOf=[_schema(minProperties=n) for n in range(size)]),
        enum=lambda size: _schema(properties={"a": {"enum": [[n] for n in range(size * 10)]}}),
        patterns=lambda size: _schema(
            patternProperties={f"^x{n}(a+)+$": True for n in range(size)}
        ),
        long_pattern=lambda size: _schema(properties={"a": {"pattern": "(a|b)?" * size}}),
        nested=_deep_schema,
        nested_groups=lambda size: _schema(properties={"a": {"pattern": "(" * size + ")" * size}}),
    ),
    *_shapes(
        "import lines",
        _doubling(20_000),
        deep=lambda size: b"[" * (size // 2) + b"]" * (size // 2),
        long_number=lambda size: f'{{"a": {"9" * size}}}'.encode(),
        long_fraction=lambda size: f'{{"a": 0.{"9" * size}}}'.encode(),
        huge_exponent=lambda size: f'{{"a": 1e{"9" * size}}}'.encode(),
        members=lambda size: json.dumps({f"p{n}": n for n in range(size // 10)}).encode(),
        same_member=lambda size: b'{"a": {' + b'"b": 1, ' * (size // 8) + b'"b": 2}}',
        lines=lambda size: b"{}\n" * (size // 40),
    ),
    *_shapes(
        "import CSV",
        _doubling(20_000),
        columns=lambda size: ",".join(f"p{n}" for n in range(size // 10)).encode(),
        column_of_dots=lambda size: ("a." * (size // 2) + "b").encode(),
        column_of_colons=lambda size: (":" * size + "b").encode(),
        column_of_backticks=lambda size: ("`" * size).encode(),
        open_quote=lambda size: ('"' + "a,\n" * (size // 3)).encode(),
    ),
]
