"""Messages as schemas: fields in snake case, as the gateway writes them."""

from collections.abc import Iterable, Mapping, Sequence

from google.api import resource_pb2
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from tools.openapi.contract import Contract, Json, is_read_only, is_required, option, resource_of
from tools.openapi.templates import expression_of
from tools.openapi.well_known import SCALARS, WELL_KNOWN

_PACKAGES = ("ownid.v1.", "google.rpc.")
_SCALAR_NAMES = {
    FieldDescriptor.TYPE_BOOL: "bool",
    FieldDescriptor.TYPE_INT32: "int32",
    FieldDescriptor.TYPE_INT64: "int64",
    FieldDescriptor.TYPE_STRING: "string",
}


class Schemas:
    """The schemas of the messages that were referred to, and of those within them."""

    def __init__(self, contract: Contract, said: Mapping[str, Json]) -> None:
        """Begins with schemas that stand for messages by their names."""
        self._contract = contract
        self._patterns = contract.patterns()
        self._found: dict[str, Json] = dict(said)

    def all(self) -> Json:
        """Returns the schemas by name."""
        return dict(sorted(self._found.items()))

    def reference(self, message: Descriptor, without: Iterable[str] = ()) -> Json:
        """Returns a reference to a message, or its own form where JSON has one for it.

        `without` are fields that stand elsewhere in the request.
        """
        if message.full_name in WELL_KNOWN:
            return WELL_KNOWN[message.full_name]
        name = _short(message.full_name)
        if name not in self._found:
            self._found[name] = {}  # A message may hold its own kind.
            self._found[name] = self._object(message, frozenset(without))
        return {"$ref": f"#/components/schemas/{name}"}

    def field(self, field: FieldDescriptor) -> Json:
        """Returns the schema of a field."""
        single = self._single(field)
        schema = {"type": "array", "items": single} if field.is_repeated else single
        limits: Json = {}
        if is_required(field) and field.is_repeated:
            limits["minItems"] = 1
        elif is_required(field) and schema.get("type") == "string":
            limits["minLength"] = 1
        if is_read_only(field):
            limits["readOnly"] = True
        comment = self._contract.comment(field)
        return schema | ({"description": comment} if comment else {}) | limits

    def _object(self, message: Descriptor, without: frozenset[str]) -> Json:
        fields = [each for each in message.fields if each.name not in without]
        # Unknown members are passed over, but one without a name is refused.
        schema: Json = {"type": "object", "propertyNames": {"minLength": 1}}
        comment = self._contract.comment(message)
        if comment:
            schema["description"] = comment
        if fields:
            schema["properties"] = {each.name: self.field(each) for each in fields}
        required = [each.name for each in fields if is_required(each)]
        if required:
            schema["required"] = required
        for oneof in message.oneofs:
            names = [each.name for each in oneof.fields]
            # proto3 makes a oneof of each `optional` field too.
            if len(names) > 1:
                schema["oneOf"] = [{"required": [each]} for each in names]
        return schema

    def _single(self, field: FieldDescriptor) -> Json:
        if field.message_type is not None:
            return self.reference(field.message_type)
        if field.enum_type is not None:
            return self._enum(field.enum_type)
        schema = dict(SCALARS[_SCALAR_NAMES[field.type]])
        patterns = self._name_patterns(field)
        if patterns:
            schema["pattern"] = expression_of(patterns)
        if schema["type"] == "integer" and field.name.endswith("_size"):
            # AIP-158: a negative size is an error.
            schema["minimum"] = 0
        return schema

    def _name_patterns(self, field: FieldDescriptor) -> Sequence[str]:
        if field.name == "name" and field.containing_type is not None:
            own = resource_of(field.containing_type)
            if own.type:
                return self._patterns[own.type]
        reference = option(field, resource_pb2.resource_reference)
        return self._patterns[reference.type] if reference.type else ()

    def _enum(self, enum: EnumDescriptor) -> Json:
        name = _short(enum.full_name)
        meanings = (
            f"- `{value.name}`: {self._contract.comments[f'{enum.full_name}.{value.name}']}"
            for value in enum.values
        )
        self._found[name] = {
            "type": "string",
            "description": "\n".join((self._contract.comment(enum), "", *meanings)),
            "enum": [value.name for value in enum.values],
        }
        return {"$ref": f"#/components/schemas/{name}"}


def _short(name: str) -> str:
    for package in _PACKAGES:
        name = name.removeprefix(package)
    return name
