"""When two login ids are the same: they differ in nothing but case."""


def fold_login_id(text: str) -> str:
    """Returns `text` in the one case in which login ids are compared.

    Each character by itself, and only where its small letter is of no other
    capital: `É` becomes `é`, never `e`; `ß`, the dotless i, the Kelvin sign
    and full-width letters of other widths stay what they are.
    """
    return text.lower() if text.isascii() else "".join(map(_fold_character, text))


def _fold_character(character: str) -> str:
    small = character.lower()
    return small if len(small) == 1 and small.upper() == character else character
