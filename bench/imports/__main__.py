"""`python -m bench.imports`: imports and exports by the command, against single creates.

Each database is a server of its own, started here and gone afterwards. Ends
with an error where an account is missing, there twice or not as its line says.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from bench.imports.people import write_people
from bench.imports.phases import Bench, Phase
from bench.imports.report import Figures, figures_of, table_of
from tests.support.people import place_of

_AT_ONCE = 8


def main() -> None:
    """Measures, and prints what it found."""
    options = _options()
    found: list[Figures] = []
    with tempfile.TemporaryDirectory(prefix="ownid-bench-") as folder:
        file = Path(folder) / "people.jsonl"
        write_people(file, options.accounts)
        for kind in options.database or ["postgresql", "mariadb"]:
            with place_of(kind) as place:
                bench = Bench(place, Path(folder), file, options.accounts)
                found += figures_of(kind, list(_phases(bench, options.singles)))
    shown = json.dumps(found, indent=2) if options.json else table_of(found)
    Console(markup=False, highlight=False).print(shown, soft_wrap=True)


def _phases(bench: Bench, singles: int) -> Iterator[Phase]:
    for callers in (1, _AT_ONCE):
        yield _told(bench.singles(singles, callers))
    for phase in (bench.imported, bench.killed_client, bench.killed_service, bench.exported):
        yield _told(phase())


def _told(phase: Phase) -> Phase:
    Console(stderr=True).print(f"{phase.name}: {phase.rate:,.0f} a second", style="dim")
    return phase


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.imports", description=__doc__)
    kinds = ["postgresql", "mariadb", "sqlite"]
    parser.add_argument("--accounts", type=int, default=1_000_000, help="lines of the file")
    parser.add_argument("--singles", type=int, default=3000, help="single creates to measure")
    parser.add_argument("--database", action="append", choices=kinds, help="may be repeated")
    parser.add_argument("--json", action="store_true", help="print JSON, not a table")
    return parser.parse_args()


if __name__ == "__main__":
    main()
