"""Names of tables as the mapping writes them, and of columns as expressions do."""

import re
from collections.abc import Iterable


def split_table_name(text: str) -> tuple[str | None, str]:
    """Returns schema and table of `schema.table`; a part with a dot stands in double quotes."""
    parts: list[str] = []
    part, is_quoted = "", False
    for character in text:
        if character == '"':
            is_quoted = not is_quoted
        elif character == "." and not is_quoted:
            parts.append(part)
            part = ""
        else:
            part += character
    schema = ".".join(parts)
    return (schema or None, part)


def mentioned(expression: str, columns: Iterable[str]) -> list[str]:
    """Returns the columns whose names stand in an expression as words of their own."""
    return [name for name in columns if re.search(_word(name), expression, re.IGNORECASE)]


def _word(name: str) -> str:
    return rf"(?<![\w$]){re.escape(name)}(?![\w$])"
