"""ECMA-262 patterns said again in the few words that Rust's regex understands the same way.

They are read as with the `u` flag, plus what patterns in the wild count on:
`-` beside a class, brackets and braces that stand for themselves.
"""

import re
import sys
from collections.abc import Callable
from typing import NoReturn

_DIGITS = (("0", "9"),)
_WORDS = (("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z"))
_SPACES = (
    ("\t", "\r"),
    (" ", " "),
    ("\u00a0", "\u00a0"),
    ("\u1680", "\u1680"),
    ("\u2000", "\u200a"),
    ("\u2028", "\u2029"),
    ("\u202f", "\u202f"),
    ("\u205f", "\u205f"),
    ("\u3000", "\u3000"),
    ("\ufeff", "\ufeff"),
)
_LINE_ENDS = (("\n", "\n"), ("\r", "\r"), ("\u2028", "\u2029"))
_CLASSES = {"d": _DIGITS, "w": _WORDS, "s": _SPACES}
_CONTROLS = {"t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}
_SURROGATES = range(0xD800, 0xE000)
_LOW_SURROGATE = 0xDC00

_QUANTIFIER = re.compile(r"[*+?]|\{[0-9]+(?:,[0-9]*)?\}")
_PROPERTY = re.compile(r"\{[A-Za-z0-9_=]+\}")
_GROUP_NAME = re.compile(r"<[A-Za-z_$][A-Za-z0-9_$]*>")
_LOOK_AROUND = {
    "?=": "look-ahead (?=",
    "?!": "negative look-ahead (?!",
    "?<=": "look-behind (?<=",
    "?<!": "negative look-behind (?<!",
}


class PatternError(ValueError):
    """A pattern is none, or cannot run in linear time; the text says which construct, and where."""


def translate(source: str, is_property: Callable[[str], bool]) -> str:
    """Returns the pattern for Rust's regex; raises `PatternError`.

    `is_property` tells whether that engine knows a property of Unicode, given
    as in `{L}`.
    """
    return _Translator(source, is_property).translate()


class _Translator:
    """Reads an ECMA-262 pattern from left to right and says it again."""

    def __init__(self, source: str, is_property: Callable[[str], bool]) -> None:
        self._source = source
        self._is_property = is_property
        self._position = 0
        self._open_groups: list[int] = []

    def translate(self) -> str:
        said: list[str] = []
        can_repeat = False
        while self._position < len(self._source):
            quantifier = _QUANTIFIER.match(self._source, self._position)
            if quantifier is None:
                term, can_repeat = self._term()
            elif not can_repeat:
                self._refuse(f"'{quantifier[0]}' has nothing to repeat")
            else:
                term, can_repeat = self._quantifier(quantifier[0]), False
            said.append(term)
        if self._open_groups:
            self._position = self._open_groups[-1]
            self._refuse("the group is not closed")
        return "".join(said)

    def _term(self) -> tuple[str, bool]:
        """Returns the next term, and whether a quantifier may follow."""
        character = self._next()
        match character:
            case "^" | "$" | "|":
                return character, False
            case "(":
                return self._group_start(), False
            case ")":
                self._group_end()
                return ")", True
            case "[":
                return self._class(), True
            case "\\":
                return self._escape()
            case ".":
                return _class_of(_LINE_ENDS, is_negated=True), True
            case "{" if self._peek() == ",":
                self._refuse("a count from zero is '{0,…}'", self._position - 1)
        return _literal(character), True

    def _quantifier(self, quantifier: str) -> str:
        bounds = [int(bound) for bound in re.findall(r"[0-9]+", quantifier)]
        if len(bounds) > 1 and bounds[0] > bounds[1]:
            self._refuse(f"the counts of '{quantifier}' are out of order")
        self._position += len(quantifier)
        return quantifier + ("?" if self._skip("?") else "")

    def _group_start(self) -> str:
        start = self._position - 1
        for mark, name in _LOOK_AROUND.items():
            if self._source.startswith(mark, self._position):
                self._refuse(f"{name} cannot run in linear time", start)
        self._open_groups.append(start)
        if not self._skip("?"):
            return "(?:"
        for flags in (":", "i:", "-i:"):
            if self._skip(flags):
                return "(?" + flags
        label = _GROUP_NAME.match(self._source, self._position)
        if label is None:
            self._refuse("'(?' begins no group of ECMA-262; flags stand in '(?i:…)'", start)
        self._position = label.end()
        return "(?:"

    def _group_end(self) -> None:
        if not self._open_groups:
            self._refuse("')' closes no group; a ')' itself is '\\)'", self._position - 1)
        self._open_groups.pop()

    def _escape(self) -> tuple[str, bool]:
        start = self._position - 1
        character = self._next("ends in a lone '\\'")
        if character in "bB":
            return rf"(?-u:\{character})", False
        if character in "123456789k":
            self._refuse(f"back reference \\{character} cannot run in linear time", start)
        if character.lower() in _CLASSES:
            ranges = _CLASSES[character.lower()]
            return _class_of(ranges, is_negated=character.isupper()), True
        if character in "pP":
            return self._property(character), True
        return _literal(self._escaped_character(character, start)), True

    def _escaped_character(self, character: str, start: int) -> str:
        """Returns what an escape for one character means; the letter after it is read."""
        match character:
            case "t" | "n" | "v" | "f" | "r":
                return _CONTROLS[character]
            case "0" if not self._peek().isdigit():
                return "\0"
            case "c" if re.fullmatch("[A-Za-z]", self._peek()):
                return chr(ord(self._next()) % 32)
            case "x":
                return chr(self._hexadecimal(2, start))
            case "u":
                return self._unicode_escape(start)
        if character.isascii() and character.isalnum():
            self._refuse(f"\\{character} is no escape of ECMA-262", start)
        return character

    def _unicode_escape(self, start: int) -> str:
        if self._skip("{"):
            digits = re.compile("[0-9A-Fa-f]*").match(self._source, self._position)
            code = self._hexadecimal(max(len(digits[0]) if digits else 0, 1), start)
            if not self._skip("}"):
                self._refuse("the escape is not closed", start)
        else:
            code = self._hexadecimal(4, start)
            if code < _LOW_SURROGATE and code in _SURROGATES and self._skip("\\u"):
                low = self._hexadecimal(4, start)
                code = 0x10000 + ((code - 0xD800) << 10) + (low - _LOW_SURROGATE)
        if code in _SURROGATES or code > sys.maxunicode:
            self._refuse("the escape is no Unicode character", start)
        return chr(code)

    def _hexadecimal(self, length: int, start: int) -> int:
        digits = self._source[self._position : self._position + length]
        if re.fullmatch(f"[0-9A-Fa-f]{{{length}}}", digits) is None:
            self._refuse("the escape lacks hexadecimal digits", start)
        self._position += length
        return min(int(digits, 16), 0x110000)

    def _property(self, letter: str) -> str:
        name = _PROPERTY.match(self._source, self._position)
        if name is None:
            self._refuse(f"\\{letter} must name a property: \\{letter}{{L}}", self._position - 2)
        if not self._is_property(name[0]):
            self._refuse(f"\\{letter}{name[0]} is no property of Unicode", self._position - 2)
        self._position = name.end()
        return f"\\{letter}{name[0]}"

    def _class(self) -> str:
        """Returns the class whose `[` is read, without any class nested in it."""
        start = self._position - 1
        is_negated = self._skip("^")
        said: list[str] = []
        while not self._skip("]"):
            if self._position >= len(self._source):
                self._refuse("the class is not closed; a '[' itself is '\\['", start)
            said.append(self._class_item())
        if not said:
            return _class_of((("\0", "\U0010ffff"),), is_negated=not is_negated)
        return f"[{'^' if is_negated else ''}{''.join(said)}]"

    def _class_item(self) -> str:
        start = self._position
        first = self._class_atom()
        if len(first) > 1 or self._peek() != "-" or self._peek(1) in ("]", ""):
            return first if len(first) > 1 else _literal(first)
        before_dash = self._position
        self._position += 1
        last = self._class_atom()
        if len(last) > 1:
            self._position = before_dash
            return _literal(first)
        if first > last:
            self._refuse("the range is out of order", start)
        return _range(first, last)

    def _class_atom(self) -> str:
        """Returns one character, or what to say for a class escape: always longer."""
        start = self._position
        character = self._next()
        if character != "\\":
            return character
        character = self._next("ends in a lone '\\'")
        if character == "b":
            return "\b"
        if character.lower() in _CLASSES:
            return _ranges(_CLASSES[character.lower()], is_negated=character.isupper())
        if character in "pP":
            return self._property(character)
        return self._escaped_character(character, start)

    def _next(self, complaint: str = "ends too early") -> str:
        if self._position >= len(self._source):
            self._refuse(complaint)
        self._position += 1
        return self._source[self._position - 1]

    def _peek(self, ahead: int = 0) -> str:
        return self._source[self._position + ahead : self._position + ahead + 1]

    def _skip(self, text: str) -> bool:
        is_there = self._source.startswith(text, self._position)
        self._position += len(text) if is_there else 0
        return is_there

    def _refuse(self, complaint: str, position: int | None = None) -> NoReturn:
        column = (self._position if position is None else position) + 1
        raise PatternError(f"at {column}: {complaint}")


def _literal(character: str) -> str:
    if character.isascii() and character.isalnum():
        return character
    if ord(character) in _SURROGATES:
        raise PatternError("a lone surrogate is no Unicode character")
    return f"\\x{{{ord(character):X}}}"


def _range(first: str, last: str) -> str:
    return _literal(first) if first == last else f"{_literal(first)}-{_literal(last)}"


def _class_of(ranges: tuple[tuple[str, str], ...], *, is_negated: bool) -> str:
    said = "".join(_range(first, last) for first, last in ranges)
    return f"[{'^' if is_negated else ''}{said}]"


def _ranges(ranges: tuple[tuple[str, str], ...], *, is_negated: bool) -> str:
    """Returns what stands in a class for these, or for all others."""
    if not is_negated:
        return "".join(_range(first, last) for first, last in ranges)
    said, start = [], 0
    for first, last in ranges:
        said.append(_range(chr(start), chr(ord(first) - 1)))
        start = ord(last) + 1
    return "".join((*said, _range(chr(start), "\U0010ffff")))
