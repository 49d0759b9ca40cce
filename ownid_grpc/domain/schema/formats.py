"""Formats: what each demands of a text, and of a number, told by one authority."""

from functools import lru_cache

import jsonschema_rs

from ownid_grpc.domain.schema.numbers import exact, is_integer, is_number

INT64 = "int64"
DATE_TIME = "date-time"
DATE = "date"

INT64_MINIMUM = -(2**63)
INT64_MAXIMUM = 2**63 - 1

EMAIL_OPTIONS = jsonschema_rs.EmailOptions(allow_display_text=False)
"""`format: email` is RFC 5321's Mailbox, not a whole From header."""


def conforms(value: object, format_name: str) -> bool:
    """Returns whether `value` is as the format says; unknown formats are annotations.

    Texts are judged by jsonschema-rs, for both engines: two readings of
    RFC 5321 and its like would never agree. `int64` is OpenAPI's.
    """
    if isinstance(value, str):
        return _text_validator(format_name).is_valid(value)
    if format_name == INT64 and is_number(value):
        return is_integer(value) and INT64_MINIMUM <= exact(value) <= INT64_MAXIMUM
    return True


@lru_cache(maxsize=256)
def _text_validator(format_name: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        {"format": format_name},
        validate_formats=True,
        pattern_options=jsonschema_rs.RegexOptions(),
        email_options=EMAIL_OPTIONS,
        offline=True,
    )
