"""Reads a filter: by recursive descent, in time linear in the text, never deeper than allowed."""

import re

from ownid_grpc.domain.filters.syntax import (
    FILTER,
    KEYWORDS,
    MAX_BYTES,
    MAX_DEPTH,
    WILDCARD,
    Argument,
    Comparison,
    Conjunction,
    Disjunction,
    Expression,
    Name,
    Negation,
)
from ownid_grpc.domain.texts import unstorable_at
from ownid_grpc.errors import InvalidArgument

_SPACE = re.compile(r"[ \t\r\n]*")
_WORD = re.compile(r"[^ \t\r\n()\"',.:=<>!\\]+")
_BARE_ARGUMENT = re.compile(r"[^ \t\r\n()\"',=<>!\\]+")
_COMPARATOR = re.compile(r"<=|>=|!=|[<>=:]")
_QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'", re.DOTALL)
_SPECIAL = re.compile(r"\\(.)|\*", re.DOTALL)
_ENDS_TERM = re.compile(r"[ \t\r\n)]|\Z")

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"} | {each: each for each in "\\\"'*"}


def parse(text: str) -> Expression | None:
    """Returns the filter that `text` is, None for an empty one; raises `InvalidArgument`."""
    _check_characters(text)
    return _Parser(text).parse()


def _check_characters(text: str) -> None:
    FILTER.check_length(text, MAX_BYTES)
    found = unstorable_at(text)
    if found is not None:
        wrong = "Null character or half a surrogate pair"
        raise FILTER.fault(found + 1, "syntax", wrong, "leave it out")


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def parse(self) -> Expression | None:
        self._skip_space()
        if self._at == len(self._text):
            return None
        expression = self._expression(0)
        if self._at < len(self._text):
            raise self._unexpected("AND, OR or the end")
        return expression

    def _expression(self, depth: int) -> Expression:
        operands = self._sequence(depth)
        while self._take_keyword("AND"):
            operands += self._sequence(depth)
        return operands[0] if len(operands) == 1 else Conjunction(tuple(operands))

    def _sequence(self, depth: int) -> list[Expression]:
        factors = [self._factor(depth)]
        while not self._is_at_end() and self._word() != "AND":
            factors.append(self._factor(depth))
        return factors

    def _factor(self, depth: int) -> Expression:
        terms = [self._term(depth)]
        while self._take_keyword("OR"):
            terms.append(self._term(depth))
        return terms[0] if len(terms) == 1 else Disjunction(tuple(terms))

    def _term(self, depth: int) -> Expression:
        if self._take_keyword("NOT"):
            return Negation(self._simple(depth))
        if self._text.startswith("-", self._at):
            self._at += 1
            return Negation(self._simple(depth))
        return self._simple(depth)

    def _simple(self, depth: int) -> Expression:
        if not self._text.startswith("(", self._at):
            return self._restriction()
        if depth == MAX_DEPTH:
            wrong = "Parentheses too deep"
            raise FILTER.fault(self._at + 1, "depth", wrong, f"{MAX_DEPTH} levels are allowed")
        opened = self._at + 1
        self._at += 1
        self._skip_space()
        expression = self._expression(depth + 1)
        if not self._text.startswith(")", self._at):
            raise self._unexpected(f"AND, OR or the ')' of the '(' at {opened}")
        self._at += 1
        self._skip_space()
        return expression

    def _restriction(self) -> Expression:
        name = self._name()
        self._refuse_function()
        ends = _ENDS_TERM.match(self._text, self._at)
        self._skip_space()
        comparator = _COMPARATOR.match(self._text, self._at)
        if comparator is None:
            if ends is None:
                raise self._unexpected("a comparator or a space")
            return name
        self._at = comparator.end()
        self._skip_space()
        return Comparison(name, comparator[0], comparator.start() + 1, self._argument())

    def _name(self) -> Name:
        column = self._at + 1
        if self._word() in KEYWORDS:
            raise self._fault("Keyword for a field", "quote it if it is a name")
        segments = [self._segment()]
        while self._text.startswith(".", self._at):
            self._at += 1
            segments.append(self._segment())
        return Name(tuple(segments), column)

    def _segment(self) -> str:
        quoted = self._quoted()
        if quoted is not None:
            return quoted.text
        found = _WORD.match(self._text, self._at)
        if found is None:
            raise self._unexpected("a field")
        self._at = found.end()
        return found[0]

    def _argument(self) -> Argument:
        argument = self._quoted() or self._bare()
        self._refuse_function()
        if _ENDS_TERM.match(self._text, self._at) is None:
            raise self._unexpected("a space, or quotation marks around the whole value")
        self._skip_space()
        return argument

    def _bare(self) -> Argument:
        found = _BARE_ARGUMENT.match(self._text, self._at)
        if found is None or found[0] in KEYWORDS:
            raise self._unexpected("a value, quoted where it is no plain word")
        self._at = found.end()
        parts = _split_at_wildcards(found[0].split(WILDCARD))
        return Argument(parts, found.start() + 1, is_quoted=False)

    def _quoted(self) -> Argument | None:
        found = _QUOTED.match(self._text, self._at)
        if found is None:
            if self._text.startswith(('"', "'"), self._at):
                raise self._fault("Quotation mark without its end", "close it")
            return None
        self._at = found.end()
        parts = _split_at_wildcards(_unescape(found[0][1:-1], found.start() + 2))
        return Argument(parts, found.start() + 1, is_quoted=True)

    def _refuse_function(self) -> None:
        if self._text.startswith("(", self._at):
            raise self._fault("Function call", "there are no functions, compare fields")

    def _is_at_end(self) -> bool:
        return self._at == len(self._text) or self._text[self._at] == ")"

    def _word(self) -> str:
        found = _WORD.match(self._text, self._at)
        return found[0] if found is not None else ""

    def _take_keyword(self, keyword: str) -> bool:
        if self._word() != keyword:
            return False
        self._at += len(keyword)
        self._skip_space()
        return True

    def _skip_space(self) -> None:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found is not None else self._at

    def _unexpected(self, expected: str) -> InvalidArgument:
        wrong = "Unexpected " + ("end" if self._at == len(self._text) else "character")
        return self._fault(wrong, f"expected {expected}")

    def _fault(self, wrong: str, expected: str) -> InvalidArgument:
        return FILTER.fault(self._at + 1, "syntax", wrong, expected)


def _unescape(content: str, column: int) -> list[str]:
    """Returns the texts between unescaped stars."""
    parts, start = [""], 0
    for found in _SPECIAL.finditer(content):
        parts[-1] += content[start : found.start()]
        start = found.end()
        if found[0] == WILDCARD:
            parts.append("")
        elif found[1] in _ESCAPES:
            parts[-1] += _ESCAPES[found[1]]
        else:
            expected = r"known escapes: \\ \" \' \* \n \r \t"
            raise FILTER.fault(column + found.start(), "syntax", "Unknown escape", expected)
    parts[-1] += content[start:]
    return parts


def _split_at_wildcards(parts: list[str]) -> tuple[str, ...]:
    # Two wildcards in a row mean what one does.
    inner = [part for part in parts[1:-1] if part]
    return (parts[0], *inner, parts[-1]) if len(parts) > 1 else (parts[0],)
