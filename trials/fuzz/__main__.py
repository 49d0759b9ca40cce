"""`python -m trials.fuzz`: feeds every parser, and measures how its time grows."""

import argparse
import sys
import time

from trials.fuzz.feeding import feed
from trials.fuzz.growth import MOST, SHAPES, measured
from trials.fuzz.parsers import PARSERS


def main() -> None:
    """Feeds the parsers that were asked for; ends with 1 where time grows too fast."""
    words = _words()
    chosen = {name: PARSERS[name] for name in words.only or PARSERS}
    shares = sum(parser.share for parser in chosen.values())
    total = 0
    for name, parser in chosen.items():
        began = time.process_time()
        fed = feed(parser, -(-words.inputs * parser.share // shares), words.seed)
        seconds = time.process_time() - began
        total += fed
        print(f"{name:16}{fed:10,} inputs read or refused in {seconds:6.0f} s", flush=True)
    print(f"{'all':16}{total:10,} inputs, none of which broke anything\n")
    sys.exit(0 if words.only or _grow() else 1)


def _grow() -> bool:
    """Measures every shape; returns whether none takes more than about linear time."""
    worst = 0.0
    for shape in SHAPES:
        times, exponent = measured(shape)
        row = "  ".join(f"{size:,}: {seconds * 1000:.2f} ms" for size, seconds in times)
        print(f"{shape.name:32} n^{exponent:4.2f}   {row}", flush=True)
        worst = max(worst, exponent)
    return worst <= MOST


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m trials.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000, help="how many, over all parsers")
    parser.add_argument("--seed", type=int, default=1, help="another one, other inputs")
    parser.add_argument("--only", nargs="+", choices=PARSERS, metavar="PARSER", help="and no times")
    return parser.parse_args()


if __name__ == "__main__":
    main()
