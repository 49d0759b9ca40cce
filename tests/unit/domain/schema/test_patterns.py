"""Holds patterns to ECMA-262, in an engine that takes linear time."""

import time

import pytest

from ownid_grpc.domain.schema.pattern_translation import PatternError
from ownid_grpc.domain.schema.patterns import compile_pattern


@pytest.mark.parametrize(
    ("source", "found", "missed"),
    [
        ("b", "abc", "ac"),
        ("^a$", "a", "a\n"),
        ("^.$", "😀", "\n"),
        ("^.$", "é", "\u2028"),
        (r"^\d+$", "09", "\u0660"),
        (r"^\w$", "_", "é"),
        (r"^\W$", "é", "a"),
        (r"^\s$", "\ufeff", "\u200b"),
        (r"^\S$", "a", "\u00a0"),
        (r"^[\s\d]$", "\u2003", "a"),
        (r"^[^\S\d]$", " ", "5"),
        (r"^\p{L}+$", "äß漢", "a1"),
        (r"^\P{Lu}$", "a", "Ä"),
        (r"^\p{Script=Greek}$", "\u03b1", "a"),
        (r"^[\p{L}\p{Nd}_-]+$", "é-1", "é 1"),
        (r"^\u00e9$", "é", "e"),
        (r"^\u{1F600}$", "😀", "😁"),
        (r"^\ud83d\ude00$", "😀", "\ud7ff"),
        (r"^\x41\cA\t\0$", "A\x01\t\0", "A"),
        (r"^a{2,3}?$", "aaa", "aaaa"),
        ("^{}$", "{}", ""),
        ("^[a-]$", "-", "b"),
        (r"^[\w-z]$", "-", "~"),
        ("^[]|^[^]$", "\n", ""),
        ("^[[&&]$", "&", "a"),
        ("^[a&&b]$", "&", "c"),
        ("^[a~~b]$", "~", "c"),
        (r"^[\b]$", "\b", "b"),
        (r"\bab\b", "x ab y", "xaby"),
        (r"\Bb", "ab", "b"),
        ("^(?:a|b)(?<name>c)$", "ac", "c"),
        ("(?i:straße)", "STRASSE STRAßE", "strasse"),
        ("^#x y$", "#x y", "y"),
        (r"^\/\-$", "/-", "/"),
    ],
    ids=str,
)
def test_pattern_means_what_ecma_262_says(source: str, found: str, missed: str) -> None:
    """A pattern matches what ECMA-262 has it match, and nothing else."""
    pattern = compile_pattern(source)

    assert pattern.is_found_in(found)
    assert not pattern.is_found_in(missed)


@pytest.mark.parametrize(
    ("source", "column"),
    [
        ("(", 1),
        ("a)", 2),
        ("[a", 1),
        ("a**", 3),
        ("*a", 1),
        ("a{2,1}", 2),
        (r"\a", 1),
        (r"\Z", 1),
        (r"\x4", 1),
        (r"\u{110000}", 1),
        (r"\ud800", 1),
        (r"\p{Nothing}", 1),
        (r"\p", 1),
        ("a\\", 3),
        ("[b-a]", 2),
        ("(?=a)", 1),
        ("a(?!b)", 2),
        ("(?<=a)", 1),
        ("(?<!a)", 1),
        (r"(a)\1", 4),
        (r"(?<n>a)\k<n>", 8),
        ("(?i)a", 1),
        ("(?P<n>a)", 1),
    ],
)
def test_pattern_that_cannot_run_says_where(source: str, column: int) -> None:
    """What is no pattern, or could take more than linear time, is refused at its column."""
    with pytest.raises(PatternError, match=f"^at {column}: "):
        compile_pattern(source)


@pytest.mark.parametrize("source", ["((a{0,999}){0,999}){0,999}", "(" * 5000 + ")" * 5000])
def test_pattern_too_large_to_run_is_refused(source: str) -> None:
    """A pattern that would take too much memory is refused."""
    with pytest.raises(PatternError):
        compile_pattern(source)


@pytest.mark.parametrize(
    "source", ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(.*a){9}b", "^(a?){30}a{30}$"]
)
def test_pattern_takes_linear_time(source: str) -> None:
    """A pattern on which other engines try every combination is judged in no time."""
    pattern = compile_pattern(source)
    start = time.monotonic()

    found = pattern.is_found_in("a" * 100_000 + "!")

    assert not found
    assert time.monotonic() - start < 1
