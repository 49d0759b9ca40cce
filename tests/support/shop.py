"""An app called shop: a small schema over accounts in memory, and the services on top."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.source import Capability, Kind, PropertyDescription, SourceDescription
from ownid_grpc.repositories.memory import MemoryAccountRepository, MemoryStore
from ownid_grpc.services.services import Services
from ownid_grpc.state.sql import SqlStateStore

APP = "shop"
SECRET = b"a secret of 32 bytes for testing"

PROPERTIES = (
    PropertyDescription(("email",), Kind.TEXT, can_be_absent=False, max_length=120),
    PropertyDescription(("phone",), Kind.TEXT),
    PropertyDescription(("given_name",), Kind.TEXT),
    PropertyDescription(("loyalty",), Kind.INTEGER),
    PropertyDescription(("serial",), Kind.INTEGER, minimum=-(2**63), maximum=2**63 - 1),
    PropertyDescription(("pin",), Kind.TEXT),
    PropertyDescription(("source",), Kind.TEXT, is_writable=False),
    PropertyDescription(("address", "city"), Kind.TEXT),
    PropertyDescription(("address", "zip"), Kind.TEXT),
    PropertyDescription(("internal_note",), Kind.TEXT),
)
DESCRIPTION = SourceDescription(
    PROPERTIES,
    frozenset(Capability) - {Capability.CHOOSE_KEY},
    has_create_time=True,
    has_update_time=True,
)
KEYED = SourceDescription(PROPERTIES, frozenset(Capability), has_create_time=True)
"""The same, but that the caller chooses the key."""

TEXT: JsonValue = {"type": "string"}


def schema_of(**more: JsonValue) -> dict[str, Any]:
    """Returns the schema of the shop, with further properties or others in their place.

    It knows nothing of `internal_note`, which the mapping reaches.
    """
    properties: dict[str, JsonValue] = {
        "email": {"type": "string", "format": "email", "x-ownid-login-id": True},
        "phone": {"type": "string", "maxLength": 20, "x-ownid-login-id": "exact"},
        "given_name": {"type": "string", "maxLength": 40},
        "loyalty": {"type": "integer", "minimum": 0},
        "serial": {"type": "integer", "format": "int64"},
        "pin": {"type": "string", "writeOnly": True},
        "source": {"type": "string"},
        "address": {"type": "object", "properties": {"city": TEXT, "zip": TEXT}},
    }
    return {"type": "object", "properties": properties | more, "required": ["email"]}


@dataclass(frozen=True)
class Shop:
    """The services, and what is below them."""

    services: Services
    store: MemoryStore
    state: SqlStateStore
    repository: MemoryAccountRepository

    def set_schema(self, **more: JsonValue) -> None:
        """Sets the schema of the shop, with further properties or others in their place."""
        self.services.schemas.update(APP, schema_of(**more), etag="", validate_only=False)


@contextmanager
def open_shop(folder: Path, description: SourceDescription = DESCRIPTION) -> Iterator[Shop]:
    """Gives a shop with no schema and no accounts."""
    store = MemoryStore()
    repository = MemoryAccountRepository(description, store=store)
    state = SqlStateStore(f"sqlite:///{folder / 'state.db'}", SECRET, wait_seconds=1)
    state.migrate()
    try:
        yield Shop(Services.over({APP: repository}, state, SECRET), store, state, repository)
    finally:
        state.close()
