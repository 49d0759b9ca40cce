"""The contract as the gateway needs it: its descriptors, and how each method is called."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from google.api import annotations_pb2
from google.protobuf.descriptor import FileDescriptor, MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.rpc import error_details_pb2
from ownid.v1 import account_schema_service_pb2, account_service_pb2, session_service_pb2

_FILES: Sequence[FileDescriptor] = (
    account_service_pb2.DESCRIPTOR,
    account_schema_service_pb2.DESCRIPTOR,
    session_service_pb2.DESCRIPTOR,
)
_HTTP: Any = annotations_pb2.http
_VARIABLE = re.compile(r"\{([^=}]+)=([^}]*)\}")

PACKAGE = "ownid.v1"


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the contract.

    `path` is how gRPC calls it, `templates` are the paths of its REST face.
    `is_safe` is that it changes nothing, and may be tried again: over REST it
    is a GET.
    """

    path: str
    templates: tuple[str, ...]
    is_safe: bool
    takes_stream: bool
    gives_stream: bool

    @property
    def is_stream(self) -> bool:
        """Whether it may take as long as it likes."""
        return self.takes_stream or self.gives_stream

    @property
    def is_live(self) -> bool:
        """Whether it tells of what happens, as a page listens to it, rather than what is there."""
        return self.gives_stream and self.is_safe


def methods() -> tuple[Method, ...]:
    """Returns every method, in the order of the contract."""
    return tuple(_method(each) for service in _services() for each in service.methods)


def verbs(app: str | None = None) -> Mapping[str, Sequence[str]]:
    """Returns the verbs of each path of the REST face, by the pattern of the path.

    The paths are those of one app, or of all.
    """
    found: dict[str, list[str]] = {}
    for service in _services():
        for method in service.methods:
            for verb, template in _forms(method):
                found.setdefault(pattern_of(template, app), []).append(verb)
    return found


def service_names() -> list[str]:
    """Returns the full names of the services."""
    return [service.full_name for service in _services()]


def descriptor_set() -> bytes:
    """Returns a serialized FileDescriptorSet of the contract and of what errors carry.

    Without the types of the details an error could not be written as JSON.
    """
    found: dict[str, FileDescriptorProto] = {}
    for file in (*_FILES, error_details_pb2.DESCRIPTOR):
        _add(file, found)
    return FileDescriptorSet(file=found.values()).SerializeToString(deterministic=True)


def fields_of_paths() -> list[str]:
    """Returns the fields that stand in paths of REST, each by the last word of its name."""
    templates = (template for each in methods() for template in each.templates)
    found = (field for template in templates for field, _ in _VARIABLE.findall(template))
    return sorted({field.rpartition(".")[2] for field in found})


def pattern_of(template: str, app: str | None = None) -> str:
    """Returns the regular expression of a template's paths: all of them, or those of one app."""
    path = _VARIABLE.sub(r"\2", template)
    if app is not None:
        path = path.replace("apps/*", f"apps/{app}", 1)
    return re.escape(path).replace(r"\*", "[^/]+")


def _services() -> Iterator[ServiceDescriptor]:
    for file in _FILES:
        yield from file.services_by_name.values()


def _forms(method: MethodDescriptor) -> Iterator[tuple[str, str]]:
    """Yields the forms of a method over REST as pairs of verb and template."""
    rule = method.GetOptions().Extensions[_HTTP]
    for each in (rule, *rule.additional_bindings):
        verb = each.WhichOneof("pattern")
        if verb is not None:
            yield verb.upper(), getattr(each, verb)


def _method(method: MethodDescriptor) -> Method:
    forms = tuple(_forms(method))
    return Method(
        path=f"/{method.containing_service.full_name}/{method.name}",
        templates=tuple(template for _, template in forms),
        is_safe=any(verb == "GET" for verb, _ in forms[:1]),
        takes_stream=method.client_streaming,
        gives_stream=method.server_streaming,
    )


def _add(file: FileDescriptor, found: dict[str, FileDescriptorProto]) -> None:
    """Adds a file behind all that it imports, as readers of the set want it."""
    if file.name in found:
        return
    for needed in file.dependencies:
        _add(needed, found)
    found[file.name] = FileDescriptorProto()
    file.CopyToProto(found[file.name])
