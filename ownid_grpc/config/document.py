"""Reads YAML into plain values, and remembers the line of every word."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

from ownid_grpc.config.faults import ConfigError, ConfigFault, Lines, WordPath, word_of

MAX_STEPS = 200_000
"""How many values and mappings a file may have: a thousand apps have fewer."""

Value: TypeAlias = object
"""What YAML can say: text, numbers, booleans, dates, None, and lists and mappings of them."""


@dataclass(frozen=True, slots=True)
class Document:
    """The values of a file, the line of each path, and what is wrong with its text."""

    values: Value
    lines: Lines
    faults: tuple[ConfigFault, ...]


def read_document(text: str, environment: Mapping[str, str]) -> Document:
    """Returns what `text` says, with `${NAME}` and `${NAME:-default}` filled in.

    Only values are filled in, and stay text. `$${` stands for a plain `${`.
    Raises `ConfigError` for text that is no YAML at all.
    """
    reading = _Reading(environment)
    try:
        root = yaml.compose(text, Loader=_Loader)
        values = reading.value(root, ()) if root is not None else {}
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        problem = _QUOTED.sub("…", error.problem or "")
        raise ConfigError((ConfigFault(line, (), f"not valid YAML: {problem}"),)) from error
    except yaml.YAMLError as error:
        raise ConfigError((ConfigFault(1, (), "not valid YAML: not plain text"),)) from error
    except RecursionError as error:
        raise ConfigError((ConfigFault(1, (), "is nested too deep"),)) from error
    return Document(values, Lines(reading.lines), tuple(reading.faults))


class _Loader(yaml.SafeLoader):
    """YAML 1.2's core schema and dates: `on`, `yes`, `no` and `12:30` are texts."""


_RESOLVERS = (
    ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("tag:yaml.org,2002:null", r"null|Null|NULL|~|", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:int", r"[-+]?[0-9]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "tag:yaml.org,2002:float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?",
        "-+.0123456789",
    ),
    (
        "tag:yaml.org,2002:timestamp",
        r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[-+]\d\d:\d\d)?)?",
        "0123456789",
    ),
    ("tag:yaml.org,2002:merge", r"<<", "<"),
)

_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in _RESOLVERS:
    _Loader.add_implicit_resolver(_tag, re.compile(rf"(?:{_pattern})\Z"), list(_first))
# A leading zero means nothing in YAML 1.2, where PyYAML would read an octal number.
_Loader.add_constructor(
    "tag:yaml.org,2002:int", lambda _, node: int(node.value, 16 if "x" in node.value else 10)
)
_Loader.add_constructor("tag:yaml.org,2002:float", lambda _, node: float(node.value))

_QUOTED = re.compile(r"'(?!<)[^']{2,}'")
"""What PyYAML repeats of the file, which may be a secret; `'<scalar>'` is a word of its own."""

_VARIABLE = re.compile(
    r"\$\$\{|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}|\$\{"
)


@dataclass(slots=True)
class _Reading:
    """One pass over the nodes of a document."""

    environment: Mapping[str, str]
    lines: dict[WordPath, int] = field(default_factory=dict)
    faults: list[ConfigFault] = field(default_factory=list)
    _steps: int = 0
    _open: list[yaml.Node] = field(default_factory=list)
    _scalars: _Loader = field(default_factory=lambda: _Loader(""))

    def value(self, node: yaml.Node, path: WordPath) -> Value:
        self._step(node)
        self.lines.setdefault(path, node.start_mark.line + 1)
        if any(node is parent for parent in self._open):
            self._fault(node, path, "contains itself")
            return None
        self._open.append(node)
        try:
            return self._value(node, path)
        finally:
            self._open.pop()

    def _value(self, node: yaml.Node, path: WordPath) -> Value:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, str(i))) for i, item in enumerate(node.value)]
        value = self._scalar(node, path)
        return self._filled_in(value, node, path) if isinstance(value, str) else value

    def _mapping(self, node: yaml.MappingNode, path: WordPath) -> dict[Value, Value]:
        values: dict[Value, Value] = {}
        for key_node, value_node in self._entries(node, path):
            key = self._scalar(key_node, path)
            below = (*path, word_of(key))
            self.lines.setdefault(below, key_node.start_mark.line + 1)
            values[key] = self.value(value_node, below)
        return values

    def _entries(
        self, node: yaml.MappingNode, path: WordPath
    ) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
        """Yields each key once: those written here, then those merged in by `<<`."""
        self._step(node)
        seen: set[Value] = set()
        merged: list[yaml.Node] = []
        for key_node, value_node in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                merged.append(value_node)
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                self._fault(key_node, path, "a key must be plain text")
                continue
            key = self._scalar(key_node, path)
            if key in seen:
                self._fault(key_node, (*path, word_of(key)), "said twice")
                continue
            seen.add(key)
            yield key_node, value_node
        for source in merged:
            for key_node, value_node in self._merged(source, path):
                if (key := self._scalar(key_node, path)) not in seen:
                    seen.add(key)
                    yield key_node, value_node

    def _merged(
        self, node: yaml.Node, path: WordPath
    ) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
        for source in node.value if isinstance(node, yaml.SequenceNode) else (node,):
            if not isinstance(source, yaml.MappingNode):
                self._fault(source, path, "only a mapping can be merged by <<")
            elif any(source is parent for parent in self._open):
                self._fault(source, path, "contains itself")
            else:
                self._open.append(source)
                yield from self._entries(source, path)
                self._open.pop()

    def _scalar(self, node: yaml.Node, path: WordPath) -> Value:
        try:
            return self._scalars.construct_object(node)
        except (yaml.YAMLError, ValueError):
            self._fault(node, path, "not a value that YAML can say here")
            return None

    def _filled_in(self, text: str, node: yaml.Node, path: WordPath) -> str:
        def value_of(found: re.Match[str]) -> str:
            if found[0] == "$${":
                return "${"
            name, default = found["name"], found["default"]
            if name is None:
                self._fault(node, path, "write ${NAME} or ${NAME:-default}, or $${ for a plain ${")
                return found[0]
            value = self.environment.get(name)
            if value is None and default is None:
                self._fault(node, path, f"the environment variable {name} is not set")
            return value or default or ""

        return _VARIABLE.sub(value_of, text)

    def _step(self, node: yaml.Node) -> None:
        """Counts what is looked at: aliases of aliases would make it exponential."""
        self._steps += 1
        if self._steps > MAX_STEPS:
            message = f"says more than {MAX_STEPS} things, what an alias repeats counted each time"
            raise ConfigError((ConfigFault(node.start_mark.line + 1, (), message),))

    def _fault(self, node: yaml.Node, path: WordPath, message: str) -> None:
        self.faults.append(ConfigFault(node.start_mark.line + 1, path, message))
