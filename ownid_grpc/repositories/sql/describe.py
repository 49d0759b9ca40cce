"""What a bound mapping can hold, said to those who make schemas."""

from ownid_grpc.domain.account import CREATE_TIME, DISABLED, PROFILE, UPDATE_TIME
from ownid_grpc.domain.source import Capability, Kind, PropertyDescription, SourceDescription
from ownid_grpc.repositories.sql.bound import BoundField, BoundMapping
from ownid_grpc.repositories.sql.codecs.column import CodeCodec
from ownid_grpc.repositories.sql.fill import fills
from ownid_grpc.repositories.sql.reflect import Storage


def description_of(mapping: BoundMapping) -> SourceDescription:
    """Returns the properties and capabilities of the accounts of a mapping."""
    capabilities = set(Capability)
    if mapping.words.key.generate != "caller":
        capabilities.discard(Capability.CHOOSE_KEY)
    if DISABLED not in mapping.fields:
        capabilities.discard(Capability.DISABLE)
    properties = [_property(mapping, f) for p, f in mapping.fields.items() if p[0] == PROFILE]
    return SourceDescription(
        tuple(properties),
        frozenset(capabilities),
        CREATE_TIME in mapping.fields,
        UPDATE_TIME in mapping.fields,
    )


def _property(mapping: BoundMapping, field: BoundField) -> PropertyDescription:
    shape, codec = field.shape, field.codec
    choices = None
    if isinstance(codec, CodeCodec):
        choices = tuple(value for value, _ in codec.codes if value is not None)
    elif shape.choices is not None and shape.storage is Storage.ENUM:
        choices = shape.choices
    is_plain = not isinstance(codec, CodeCodec) and not codec.is_merging
    is_own = field.join is None
    return PropertyDescription(
        path=field.path[1:],
        kind=codec.kind,
        can_be_absent=codec.is_merging or shape.is_nullable or not is_own or bool(field.words.null),
        is_writable=field.is_writable,
        is_filled=fills(mapping, field.table, shape.name),
        is_unique=any(
            index.columns == (shape.name,) and not index.is_partial
            for index in field.table.shape.unique
        ),
        max_length=shape.max_length if is_plain and codec.kind is Kind.TEXT else None,
        minimum=shape.minimum if is_plain and codec.kind is Kind.INTEGER else None,
        maximum=shape.maximum if is_plain and codec.kind is Kind.INTEGER else None,
        digits=shape.digits if is_plain else None,
        choices=choices,
        format="uuid" if shape.storage is Storage.UUID else None,
    )
