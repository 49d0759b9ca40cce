"""`python -m bench`: measures, and says whether what is promised is kept."""

import argparse
from pathlib import Path

from rich.console import Console

from bench.report.document import write_document
from bench.report.machine import as_json, machine
from bench.report.terminal import show
from bench.settings import FULL, QUICK, Settings
from bench.site import running_site
from bench.workloads.catalogue import WORKS, needed_by


def main() -> None:
    """Runs the works that were asked for, and shows what they gave."""
    words = _words()
    settings = _settings(words)
    found = machine()
    console = Console(width=None if Console().is_terminal else 160)
    names = words.only or list(WORKS)
    with running_site(settings, needed_by(names, settings)) as site:
        for name in names:
            console.print(f"measuring {name} …", style="dim")
            WORKS[name].run(site)
    show(site.figures, console)
    if words.json:
        words.json.write_text(as_json(site.figures, settings, found), "utf-8")
    if words.docs:
        write_document(site.figures, found, words.docs)


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything: minutes")
    parser.add_argument("--rows", type=int, help="of the table that most works are about")
    parser.add_argument("--rounds", type=int, help="how often each server does each work")
    parser.add_argument("--seconds", type=float, help="how long one round of calls takes")
    parser.add_argument("--only", nargs="+", choices=WORKS, metavar="WORK", help=", ".join(WORKS))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--docs", type=Path, metavar="FOLDER", help="write its performance.md anew")
    return parser.parse_args()


def _settings(words: argparse.Namespace) -> Settings:
    settings = QUICK if words.quick else FULL
    return settings.with_words(words.rows, words.rounds, words.seconds)


if __name__ == "__main__":
    main()
