"""The protos as the document is made from them: descriptors, comments, and what options say."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from google.api import annotations_pb2, field_behavior_pb2, resource_pb2
from google.api.http_pb2 import HttpRule
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import (
    Descriptor,
    EnumDescriptor,
    FieldDescriptor,
    FileDescriptor,
    MethodDescriptor,
    ServiceDescriptor,
)
from google.protobuf.descriptor_pb2 import FileDescriptorProto

from tools.openapi.comments import comments_of

Json: TypeAlias = dict[str, Any]

_BEHAVIOR = field_behavior_pb2.FieldBehavior
_READ_ONLY = frozenset((_BEHAVIOR.OUTPUT_ONLY, _BEHAVIOR.IDENTIFIER))


@dataclass(frozen=True, slots=True)
class Binding:
    """One form that a method has over REST: `body` is a field, `*` for all, or empty for none."""

    verb: str
    template: str
    body: str


@dataclass(frozen=True, slots=True)
class Contract:
    """Files with their comments by full name, of elements without a comment an empty one."""

    files: tuple[FileDescriptor, ...]
    comments: Mapping[str, str]

    @classmethod
    def of(cls, protos: Iterable[FileDescriptorProto], names: Iterable[str]) -> "Contract":
        """Returns the files of these names; `protos` has them and all that they import."""
        pool = descriptor_pool.Default()
        comments: dict[str, str] = {}
        for proto in protos:
            comments |= comments_of(proto)
            _add(proto, pool)
        return cls(tuple(pool.FindFileByName(name) for name in sorted(names)), comments)

    def services(self) -> Iterator[ServiceDescriptor]:
        """Yields every service, by file."""
        for file in self.files:
            yield from file.services_by_name.values()

    def enum(self, name: str) -> EnumDescriptor:
        """Returns the enum of a full name."""
        found: EnumDescriptor = descriptor_pool.Default().FindEnumTypeByName(name)
        return found

    def comment(self, described: object) -> str:
        """Returns the comment of a service, method, message or field, as Markdown."""
        return self.comments.get(getattr(described, "full_name"), "")  # noqa: B009 - of any kind

    def patterns(self) -> Mapping[str, Sequence[str]]:
        """Returns the patterns of names by the type of the resource."""
        found: dict[str, Sequence[str]] = {}
        for file in self.files:
            for defined in option(file, resource_pb2.resource_definition):
                found[defined.type] = list(defined.pattern)
            for message in file.message_types_by_name.values():
                resource = resource_of(message)
                if resource.type:
                    found[resource.type] = list(resource.pattern)
        return found


def bindings_of(method: MethodDescriptor) -> Iterator[Binding]:
    """Yields the forms of a method over REST, the first one first."""
    rule: HttpRule = option(method, annotations_pb2.http)
    for each in (rule, *rule.additional_bindings):
        verb = each.WhichOneof("pattern")
        if verb is not None:
            yield Binding(verb, getattr(each, verb), each.body)


def caller_of(method: MethodDescriptor) -> tuple[str, str]:
    """Returns which kind of caller a method serves, and the scope that it needs, if any."""
    access: Any = descriptor_pool.Default().FindExtensionByName("ownid.v1.access")
    said = option(method, access)
    kind = str(said.WhichOneof("caller"))
    scopes = access.message_type.fields_by_name["scope"].enum_type
    return kind, scopes.values_by_number[said.scope].name if kind == "scope" else ""


def resource_of(message: Descriptor) -> resource_pb2.ResourceDescriptor:
    """Returns what resource a message is, an empty one where it is none."""
    found: resource_pb2.ResourceDescriptor = option(message, resource_pb2.resource)
    return found


def option(
    described: FileDescriptor | MethodDescriptor | Descriptor | FieldDescriptor,
    extension: Any,  # noqa: ANN401 - the stubs that protoc writes give extensions no type
) -> Any:  # noqa: ANN401 - likewise
    """Returns what one option of an element says."""
    return described.GetOptions().Extensions[extension]


def is_required(field: FieldDescriptor) -> bool:
    """Returns whether a request must have the field."""
    return _BEHAVIOR.REQUIRED in _behaviors(field)


def is_read_only(field: FieldDescriptor) -> bool:
    """Returns whether the server alone sets the field."""
    return bool(_READ_ONLY.intersection(_behaviors(field)))


def _behaviors(field: FieldDescriptor) -> Sequence[int]:
    found: Sequence[int] = option(field, field_behavior_pb2.field_behavior)
    return found


def _add(proto: FileDescriptorProto, pool: descriptor_pool.DescriptorPool) -> None:
    # The modules imported here have brought the files of google's with them.
    try:
        pool.FindFileByName(proto.name)
    except KeyError:
        pool.AddSerializedFile(proto.SerializeToString())
