"""Accounts in a file of JSON lines: `type: jsonl` of an ownid.yaml."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from ownid_grpc.domain.source import Capability, Kind, PropertyDescription, SourceDescription
from ownid_jsonl.file import AccountFile
from ownid_jsonl.repository import JsonlAccountRepository


class Property(BaseModel, extra="forbid"):
    """A property of the profile, and what the file takes for it; an array is of texts."""

    kind: Literal["text", "integer", "number", "boolean", "timestamp", "date", "array"] = "text"
    required: bool = False
    unique: bool = False

    def description(self, name: str) -> PropertyDescription:
        """Returns what the service is told of it."""
        return PropertyDescription(
            tuple(name.split(".")),
            Kind(self.kind),
            can_be_absent=not self.required,
            is_unique=self.unique,
            item_kind=Kind.TEXT if self.kind == "array" else None,
        )


class Words(BaseModel, extra="forbid"):
    """What the operator says below `repository`."""

    file: Path
    properties: dict[str, Property]


def open_repository(words: Mapping[object, object], folder: Path) -> JsonlAccountRepository:
    """Returns the repository of one app; raises pydantic's `ValidationError` for its words."""
    read = Words.model_validate(dict(words))
    description = SourceDescription(
        tuple(each.description(name) for name, each in read.properties.items()),
        frozenset(Capability) - {Capability.CHOOSE_KEY},
        has_create_time=True,
        has_update_time=True,
    )
    return JsonlAccountRepository(AccountFile(folder / read.file), description)
