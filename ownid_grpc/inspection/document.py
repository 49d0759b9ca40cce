"""Writes a draft out as ownid.yaml, each word with its reason in a comment."""

import re
from collections.abc import Iterable, Iterator

from ownid_grpc.inspection.draft import Draft, Guess, Word

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*")
# What YAML 1.1 or 1.2 takes for something else than a text.
_OTHERWISE = re.compile(r"(true|false|null|yes|no|on|off|y|n)", re.IGNORECASE)
_WIDTH = 110
_BEYOND = 0x10000
_REPOSITORY = 3


def config_text(app: str, variable: str, draft: Draft, notes: Iterable[str]) -> str:
    """Returns ownid.yaml; `variable` of the environment holds the database's URL."""
    lines = [
        "# Written by `ownid-grpc inspect`: a first description, each guess with its reason.",
        "# docs/mapping.md has every word of the mapping, docs/configuration.md all others.",
        "apps:",
        f"  {_scalar(app, is_key=True)}:",
        "    repository:",
        "      type: sql",
        *_entry("url", Guess(f"${{{variable}}}", "it may hold a password: not to be written here")),
        *_comments(notes),
        *_entry("table", draft.table),
        *_entry("key", draft.key),
        *_group("joins", draft.joins),
        *_group("properties", draft.properties),
        *_listed("Secrets, which no caller may see, are no properties:", draft.secrets),
        *_listed("Left out:", draft.left_out),
    ]
    for name, guess in draft.own.items():
        lines += _entry(name, guess)
    lines += _group("on_create", draft.on_create)
    lines += _group("on_write", draft.on_write)
    lines += _comments(draft.notes)
    return "\n".join(lines) + "\n"


def _group(name: str, guesses: dict[str, Guess]) -> Iterator[str]:
    if guesses:
        yield f"{'  ' * _REPOSITORY}{name}:"
        for each, guess in guesses.items():
            yield from _entry(each, guess, level=_REPOSITORY + 1)


def _entry(name: str, guess: Guess, level: int = _REPOSITORY) -> Iterator[str]:
    indent = "  " * level
    is_url = isinstance(guess.words, str) and name == "url"
    words = str(guess.words) if is_url else _flow(guess.words)
    line = f"{indent}{_scalar(name, is_key=True)}: {words}"
    reason = _one_line(guess.reason)
    if not reason:
        yield line
    elif len(line) + len(reason) + 4 <= _WIDTH:
        yield f"{line}  # {reason}"
    else:
        yield from _wrapped(reason, indent)
        yield line


def _listed(heading: str, places: dict[str, str]) -> Iterator[str]:
    if places:
        indent = "  " * _REPOSITORY
        yield f"{indent}# {heading}"
        for place, reason in places.items():
            yield f"{indent}#   {_one_line(place)}: {_one_line(reason)}"


def _comments(notes: Iterable[str]) -> Iterator[str]:
    for note in notes:
        yield from _wrapped(_one_line(note), "  " * _REPOSITORY)


def _wrapped(text: str, indent: str) -> Iterator[str]:
    line = f"{indent}#"
    for word in text.split(" "):
        if len(line) + len(word) + 1 > _WIDTH and not line.endswith("#"):
            yield line
            line = f"{indent}#"
        line += f" {word}"
    yield line


def _flow(words: Word) -> str:
    if isinstance(words, dict):
        inner = [f"{_member(words, name)}: {_flow(said)}" for name, said in words.items()]
        return "{" + ", ".join(inner) + "}"
    if isinstance(words, list):
        return "[" + ", ".join(_flow(each) for each in words) + "]"
    return _scalar(words)


def _member(words: dict[object, object], name: object) -> str:
    """Returns a key as its guide has it: the word null of a property stands without quotes."""
    is_property = "column" in words or "join" in words
    return "null" if is_property and name == "null" else _scalar(name, is_key=True)


def _escaped(character: str) -> str:
    if character in '\\"':
        return f"\\{character}"
    code = ord(character)
    if character.isprintable():
        return character
    return f"\\u{code:04x}" if code < _BEYOND else f"\\U{code:08x}"


def _scalar(value: Word, *, is_key: bool = False) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "null"
    if not isinstance(value, str):
        return str(value)
    # A word of the mapping stands as its guide has it; as a value it would mean something else.
    is_word = is_key and value == "on"
    if is_word or (_PLAIN.fullmatch(value) and not _OTHERWISE.fullmatch(value)):
        return value
    quoted = f'"{"".join(map(_escaped, value))}"'
    return quoted if is_key else quoted.replace("${", "$${")


def _one_line(text: str) -> str:
    """Returns a text without anything that would end a comment: names may hold anything."""
    return "".join(each if each.isprintable() else "?" for each in text)
