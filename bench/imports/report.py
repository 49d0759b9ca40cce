"""What was measured, as figures and as a table."""

from collections.abc import Iterable, Sequence

from bench.imports.phases import Phase
from bench.imports.usage import Usage

Figures = dict[str, str | float | None]

_COLUMNS = {
    "database": ["database"],
    "work": ["work"],
    "accounts": ["accounts"],
    "seconds": ["seconds"],
    "a second": ["rate"],
    "to single": ["ratio"],
    "by CPU": ["cpu_ratio"],
    "µs client": ["client_us"],
    "µs service": ["service_us"],
    "µs database": ["database_us"],
    "MiB client": ["client_early_mib", "client_peak_mib"],
    "MiB service": ["service_early_mib", "service_peak_mib"],
}


def figures_of(kind: str, phases: Sequence[Phase]) -> list[Figures]:
    """Returns the figures of each phase on a database.

    Memory is in MiB, after a tenth of the time and at its most; `…_us` are
    microseconds of the processor an account. `ratio` is how much quicker it
    is than the quickest single creates, `cpu_ratio` how much less it asks of
    service and database than the cheapest: what else the machine does at the
    time moves the first, and hardly the second.
    """
    single = [phase for phase in phases if phase.is_single]
    rate, cpu = max(each.rate for each in single), min(map(_server_us, single))
    return [
        {"database": kind, **_figures(phase, phase.rate / rate, cpu / max(_server_us(phase), 1))}
        for phase in phases
    ]


def table_of(found: Iterable[Figures]) -> str:
    """Returns figures as a table in Markdown, as docs/import.md has it."""
    rows = [[_cell(each, names) for names in _COLUMNS.values()] for each in found]
    lines = [list(_COLUMNS), ["---"] * len(_COLUMNS), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(figures: Figures, names: Sequence[str]) -> str:
    values = [figures[name] for name in names]
    return " → ".join(_shown(value) for value in values if value is not None)


def _shown(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:,}"


def _figures(phase: Phase, ratio: float, cpu_ratio: float) -> Figures:
    return {
        "work": phase.name,
        "accounts": phase.accounts,
        "seconds": round(phase.seconds, 1),
        "rate": round(phase.rate),
        "ratio": round(ratio, 1),
        "cpu_ratio": round(cpu_ratio, 1),
        **_usage("client", phase.client, phase.accounts),
        **_usage("service", phase.service, phase.accounts),
        "database_us": _each(phase.database_cpu_seconds, phase.accounts),
    }


def _usage(name: str, usage: Usage | None, accounts: int) -> Figures:
    if usage is None:
        return dict.fromkeys((f"{name}_us", f"{name}_early_mib", f"{name}_peak_mib"))
    return {
        f"{name}_us": _each(usage.cpu_seconds, accounts),
        f"{name}_early_mib": round(usage.early_mib, 1),
        f"{name}_peak_mib": round(usage.peak_mib, 1),
    }


def _server_us(phase: Phase) -> int:
    return _each(phase.service.cpu_seconds + phase.database_cpu_seconds, phase.accounts)


def _each(seconds: float, accounts: int) -> int:
    return round(seconds / accounts * 1e6)
