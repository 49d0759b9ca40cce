"""What a bound mapping can hold, said to those who make schemas."""

from ownid_grpc.domain.account import CREATE_TIME, DISABLED, PROFILE, UPDATE_TIME
from ownid_grpc.domain.source import Capability, PropertyDescription, SourceDescription
from ownid_grpc.repositories.sql.bound import REST, BoundField, BoundMapping
from ownid_grpc.repositories.sql.fill import fills
from ownid_grpc.repositories.sql.uniqueness import is_kept_unique


def description_of(mapping: BoundMapping) -> SourceDescription:
    """Returns the properties and capabilities of the accounts of a mapping."""
    capabilities = set(Capability)
    if mapping.words.key.generate != "caller":
        capabilities.discard(Capability.CHOOSE_KEY)
    if DISABLED not in mapping.fields:
        capabilities.discard(Capability.DISABLE)
    fields = [f for p, f in mapping.fields.items() if p[0] == PROFILE and p != REST]
    properties = [_property(mapping, field) for field in fields]
    return SourceDescription(
        tuple(properties),
        frozenset(capabilities),
        CREATE_TIME in mapping.fields,
        UPDATE_TIME in mapping.fields,
        is_open=REST in mapping.fields,
    )


def _property(mapping: BoundMapping, field: BoundField) -> PropertyDescription:
    shape, limits = field.shape, field.codec.limits
    is_null_a_value = limits.is_never_absent and (shape.is_nullable or field.join is not None)
    return PropertyDescription(
        path=field.path[1:],
        kind=field.codec.kind,
        can_be_absent=not limits.is_never_absent and _can_be_absent(field),
        is_writable=field.is_writable,
        is_filled=is_null_a_value or fills(mapping, field.table, shape.name),
        is_unique=is_kept_unique(mapping, field),
        max_length=limits.max_length,
        minimum=limits.minimum,
        maximum=limits.maximum,
        digits=limits.digits,
        choices=limits.choices,
        item_kind=limits.item_kind,
        format=limits.format,
    )


def _can_be_absent(field: BoundField) -> bool:
    is_elsewhere = field.join is not None
    has_absence = field.codec.is_merging or field.codec.limits.has_absence
    return is_elsewhere or has_absence or field.shape.is_nullable
