"""A small share of `make fuzz`: what it feeds the parsers, and how it judges their times."""

import pytest

from trials.fuzz.feeding import feed
from trials.fuzz.growth import SHAPES, Shape, exponent
from trials.fuzz.parsers import PARSERS, Parser


@pytest.mark.parametrize("parser", PARSERS.values(), ids=PARSERS)
def test_every_input_is_read_or_refused(parser: Parser) -> None:
    """Whatever a parser is fed, it raises nothing but the errors that it declares."""
    assert feed(parser, 300, start=7) >= 300


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_input_of_any_size_is_read_or_refused(shape: Shape) -> None:
    """Inputs that are deep, long or many are read or refused too."""
    shape.parser.feed(shape.make(shape.sizes[-1]))


@pytest.mark.parametrize(("power", "growth"), [(1, 1.0), (2, 2.0), (3, 3.0)])
def test_growth_is_seen(power: int, growth: float) -> None:
    """Times that grow with a power of the size are known by it."""
    times = [(size, size**power * 0.01) for size in (1, 2, 4, 8)]

    assert exponent(times) == pytest.approx(growth)


def test_fault_of_a_parser_is_found() -> None:
    """What a parser does not declare ends the run."""
    broken = Parser(lambda text: {}[text], PARSERS["name"].inputs, (ValueError,), 1)

    with pytest.raises(KeyError):
        feed(broken, 10, start=7)
