"""JSON objects as commands are given them: as an argument, in a file, or on stdin."""

import json
import sys
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NoReturn

from ownid_grpc.cli.errors import UsageError

STDIN = "-"

_MAX_EXACT_INTEGER = 2**53
_MAX_DIGITS = 1000
_MAX_EXPONENT = 500


def read_text(source: str) -> str:
    """Returns what a file holds, or stdin where `source` is `-`; raises `UsageError`."""
    try:
        content = sys.stdin.buffer.read() if source == STDIN else Path(source).read_bytes()
        return content.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise UsageError(f"{_named(source)} cannot be read: {said}.") from None


def parse_profile(text: str, source: str) -> dict[str, Any]:
    """Returns a profile, whose numbers are text where a double would bend them."""
    return _object(parse_value(text, source), source)


def read_profile_argument(argument: str, option: str) -> dict[str, Any]:
    """Returns a whole profile: JSON as it is, in a file for `@file`, on stdin for `-`."""
    if argument.startswith("{"):
        return parse_profile(argument, option)
    source = argument.removeprefix("@")
    if source == argument != STDIN:
        raise UsageError(f"{option} takes a JSON object, @file, or - for stdin.")
    return parse_profile(read_text(source), source)


def parse_value(text: str, source: str) -> Any:  # noqa: ANN401 - any value of JSON
    """Returns a value of a profile, likewise; raises `UsageError` for what is no JSON."""
    return _parsed(text, source, _exact_integer, _exact_fraction)


def parse_schema(text: str, source: str) -> dict[str, Any]:
    """Returns a JSON Schema; refuses whole numbers that the service would get as others."""
    return _object(_parsed(text, source, _double, float), source)


def _object(value: Any, source: str) -> dict[str, Any]:  # noqa: ANN401 - any value of JSON
    if not isinstance(value, dict):
        raise UsageError(f"{_named(source)} is JSON, but no object.")
    return value


def _parsed(
    text: str,
    source: str,
    parse_integer: Callable[[str], Any],
    parse_fraction: Callable[[str], Any],
) -> Any:  # noqa: ANN401 - any value of JSON
    try:
        value = json.loads(
            text, parse_int=parse_integer, parse_float=parse_fraction, parse_constant=_refuse
        )
        json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UsageError(f"{_named(source)} is no JSON: {error.msg}, at {place}.") from None
    except UnicodeEncodeError:
        said = "has half a surrogate pair, which is no character"
        raise UsageError(f"{_named(source)} {said}.") from None
    except RecursionError:
        raise UsageError(f"{_named(source)} is nested too deep.") from None
    except ValueError as error:
        raise UsageError(f"{_named(source)} {error}.") from None
    return value


def _exact_integer(text: str) -> int | str:
    if len(text) > _MAX_DIGITS:
        return text
    number = int(text)
    return number if abs(number) <= _MAX_EXACT_INTEGER else str(number)


def _exact_fraction(text: str) -> float | str:
    try:
        written = Decimal(text)
        if Decimal(repr(float(text))) == written:
            return float(text)
    except (InvalidOperation, OverflowError):
        return text
    exponent = written.adjusted()
    return format(written, "f") if abs(exponent) <= _MAX_EXPONENT else text


def _double(text: str) -> float:
    number = float(text)
    if len(text) > _MAX_DIGITS or number != int(text):
        raise ValueError("has a whole number that a double does not hold; use one up to 2^53")
    return number


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"has {word}, which is no number of JSON")


def _named(source: str) -> str:
    return "What stdin gave" if source == STDIN else source
