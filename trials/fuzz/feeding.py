"""Feeds a parser very many inputs, in rounds so that memory does not grow with them."""

from hypothesis import HealthCheck, Phase, given, seed, settings

from trials.fuzz.inputs import parts
from trials.fuzz.parsers import Parser

_DRAWN = 1000


def feed(parser: Parser, least: int, start: int) -> int:
    """Returns how many inputs were read or refused; what breaks the parser goes on, made small."""
    fed = 0
    while fed < least:
        fed += _round(parser, min(_DRAWN, -(-(least - fed) // 10)), start)
        start += 1
    return fed


def _round(parser: Parser, drawn: int, start: int) -> int:
    fed = 0

    @seed(start)
    @settings(
        max_examples=drawn,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(parser.inputs)
    def read_or_refuse(value: object) -> None:
        nonlocal fed
        for part in parts(value):
            parser.feed(part)
            fed += 1

    read_or_refuse()
    return fed
