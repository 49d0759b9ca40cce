"""Which texts a database can hold at all."""

import re

# No text of PostgreSQL has a NUL, and no text in UTF-8 half a surrogate pair.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def unstorable_at(text: str) -> int | None:
    """Returns where the first character stands that no column can hold, None without any."""
    found = _UNSTORABLE.search(text)
    return None if found is None else found.start()
