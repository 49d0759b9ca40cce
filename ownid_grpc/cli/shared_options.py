"""Options that many commands have, declared once: by the function that takes them."""

import inspect
from collections.abc import Callable, Iterable
from typing import Any


def declare(
    command: Callable[..., None], run: Callable[..., Any], shared: Iterable[inspect.Parameter]
) -> None:
    """Has typer take `command` for `run` with the shared options behind its own.

    The first argument of `run` is no option: it is what `command` makes of the shared ones.
    """
    _, *own = inspect.signature(run).parameters.values()
    keyword_only = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in (*own, *shared)]
    command.__signature__ = inspect.Signature(keyword_only)  # type: ignore[attr-defined]  # what typer reads
    command.__doc__ = run.__doc__
