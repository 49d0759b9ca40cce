"""Patterns of a schema, run in time linear in the text.

JSON Schema's patterns are ECMA-262's, translated for Rust's regex: the only
engine that runs them, through jsonschema-rs, for both validation engines.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import jsonschema_rs

from ownid_grpc.domain.schema.pattern_translation import PatternError, translate

_SIZES = (1 << 14, 1 << 18, 1 << 20, 1 << 23, 1 << 25)
"""Bytes that a compiled pattern may take, tried in this order: 16 KiB to 32 MiB."""

MAX_PATTERN_SIZE = _SIZES[-1]

MAX_TOTAL_SIZE = 1 << 26
"""64 MiB for all patterns of a schema together: one long run of `\\p{L}` takes 16."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern that can be run; `translation` says it in the engine's dialect."""

    translation: str
    size: int
    _validator: jsonschema_rs.Draft202012Validator

    def is_found_in(self, text: str) -> bool:
        """Returns whether the pattern matches anywhere in `text`."""
        return self._validator.is_valid(text)


Patterns = Mapping[str, Pattern]
"""The patterns of a schema by what is written there."""


def compile_pattern(source: str) -> Pattern:
    """Returns the pattern, ready to run; raises `PatternError`."""
    translation = translate(source, _is_property)
    for size in _SIZES:
        validator = _engine(translation, size)
        if validator is not None:
            return Pattern(translation, size, validator)
    raise PatternError("it repeats more than can be run: say smaller counts")


def _engine(translation: str, size: int) -> jsonschema_rs.Draft202012Validator | None:
    try:
        return jsonschema_rs.Draft202012Validator(
            {"pattern": translation},
            pattern_options=jsonschema_rs.RegexOptions(size_limit=size),
            offline=True,
        )
    except jsonschema_rs.ValidationError:
        return None


@lru_cache(maxsize=256)
def _is_property(name: str) -> bool:
    return _engine(f"\\p{name}", _SIZES[1]) is not None
