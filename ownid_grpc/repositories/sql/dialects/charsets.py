"""Which texts the character sets of MariaDB have; other databases have all of them."""

_CODECS = {"latin1": "cp1252", "ascii": "ascii"}
_LAST_OF_THREE_BYTES = "\uffff"


def can_hold(charset: str | None, text: str) -> bool:
    """Returns whether a column of a character set can hold a text, and be compared with it.

    Of sets that are not known here, letters beyond three bytes of UTF-8 are
    believed to be lacking.
    """
    if charset in (None, "utf8mb4") or text.isascii():
        return True
    codec = _CODECS.get(charset or "")
    if codec is None:
        return max(text) <= _LAST_OF_THREE_BYTES
    return text.encode(codec, "ignore").decode(codec) == text
