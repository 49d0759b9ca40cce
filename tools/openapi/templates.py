"""Path templates of HTTP annotations as paths of OpenAPI, whose parameters are single segments."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_VARIABLE = re.compile(r"\{(?P<field>[\w.]+)=(?P<glob>[^}]*)\}")
_SEGMENT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Path:
    """A path as `/v1/apps/{app}/accounts:search`, and the field that its parameters make."""

    path: str
    field: str

    @property
    def parameters(self) -> Sequence[str]:
        """The names in braces, in their order."""
        return _SEGMENT.findall(self.path)


def path_of(template: str, resources: Mapping[str, Sequence[str]]) -> Path:
    """Returns the path of a template with one variable, named as resources name their segments.

    Raises `ValueError` for a variable that no resource is called by.
    """
    variable = _VARIABLE.search(template)
    if variable is None or _VARIABLE.search(template, variable.end()):
        raise ValueError(f"{template} has not one variable.")
    pattern = _pattern_like(
        variable["glob"], [each for said in resources.values() for each in said]
    )
    return Path(template.replace(variable[0], pattern), variable["field"])


def expression_of(patterns: Iterable[str]) -> str:
    """Returns the regular expression of the names that have one of these patterns."""
    names = [_SEGMENT.sub("[^/]+", each) for each in patterns]
    return f"^{names[0]}$" if len(names) == 1 else f"^({'|'.join(names)})$"


def _pattern_like(glob: str, patterns: Iterable[str]) -> str:
    for pattern in patterns:
        if _SEGMENT.sub("*", pattern) == glob:
            return pattern
    raise ValueError(f"No resource is called {glob}.")
