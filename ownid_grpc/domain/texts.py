"""Texts: which of them a database can hold at all, and those that stand for bytes."""

import base64
import re

# No text of PostgreSQL has a NUL, and no text in UTF-8 half a surrogate pair.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def unstorable_at(text: str) -> int | None:
    """Returns where the first character stands that no column can hold, None without any."""
    found = _UNSTORABLE.search(text)
    return None if found is None else found.start()


def base64url(content: bytes) -> str:
    """Returns bytes as base64url (RFC 4648) without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def bytes_of_base64url(text: str) -> bytes:
    """Returns the bytes that `base64url` writes so; raises `ValueError` for any other text.

    Several texts decode to the same bytes; only the one that was given out counts.
    """
    content = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    if base64url(content) != text:
        raise ValueError("another spelling")
    return content
