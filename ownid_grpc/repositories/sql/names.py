"""Names of tables as the mapping writes them."""


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
