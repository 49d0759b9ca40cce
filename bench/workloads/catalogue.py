"""All works by name, in the order in which they are measured, each with what it needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.populations import Population
from bench.settings import Settings
from bench.shapes import SHAPES
from bench.site import Site
from bench.workloads import accounts, growth, processes, rest, shapes, stages, streams


def _main(settings: Settings) -> Sequence[Population]:
    return (settings.customers,)


def _many(settings: Settings) -> Sequence[Population]:
    return (settings.many,)


def _growing(settings: Settings) -> Sequence[Population]:
    return settings.growing


def _shaped(settings: Settings) -> Sequence[Population]:
    return [shaped(settings.shaped) for shaped in SHAPES]


@dataclass(frozen=True, slots=True)
class Work:
    """What is done, and on which tables."""

    run: Callable[[Site], None]
    needs: Callable[[Settings], Sequence[Population]] = _main


WORKS: Mapping[str, Work] = {
    "get": Work(accounts.get),
    "lookup": Work(accounts.lookup),
    "update": Work(accounts.update),
    "create": Work(accounts.create),
    "session": Work(accounts.session_get),
    "list": Work(accounts.list_page),
    "search": Work(streams.search_all, _many),
    "import": Work(streams.import_many, _many),
    "rest-get": Work(rest.rest_get),
    "rest-update": Work(rest.rest_update),
    "rest-list": Work(rest.rest_list),
    "start": Work(processes.start),
    "workers": Work(processes.compare_workers),
    "shapes": Work(shapes.get_shapes, _shaped),
    "stages": Work(stages.divide),
    "growth": Work(growth.grow, _growing),
}


def needed_by(names: Sequence[str], settings: Settings) -> Sequence[Population]:
    """Returns the tables that works need, each once."""
    needed = [each for name in names for each in WORKS[name].needs(settings)]
    return list({each.app: each for each in needed}.values())
