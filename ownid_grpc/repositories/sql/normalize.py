"""What is done to a text before it is written."""

import unicodedata
from collections.abc import Sequence

from ownid_grpc.domain.mapping import Normalizer


def normalized(text: str, words: Sequence[Normalizer]) -> str:
    """Returns the text after each step, in order."""
    for word in words:
        match word:
            case "trim":
                text = text.strip()
            case "lower":
                text = text.lower()
            case "upper":
                text = text.upper()
            case "nfc":
                text = unicodedata.normalize("NFC", text)
    return text
