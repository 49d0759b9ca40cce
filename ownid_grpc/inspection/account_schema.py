"""The account schema that goes with a guessed mapping."""

from typing import Any

from ownid_grpc.domain.schema.inference import infer_schema
from ownid_grpc.domain.schema.vocabulary import LOGIN_ID
from ownid_grpc.domain.source import SourceDescription
from ownid_grpc.inspection.draft import Draft, Guess


def account_schema(source: SourceDescription, draft: Draft) -> dict[str, Any]:
    """Returns a schema that agrees with the mapping, with what the sample told beside.

    Reasons stand in `$comment`, which JSON Schema has for them.
    """
    schema: dict[str, Any] = dict(infer_schema(source))
    for name, guess in draft.properties.items():
        _say(schema, name.split("."), guess)
    return schema


def _say(schema: dict[str, Any], path: list[str], guess: Guess) -> None:
    owner = schema
    for part in path[:-1]:
        owner = owner.get("properties", {}).get(part, {})
    property_ = owner.get("properties", {}).get(path[-1])
    if property_ is None:
        return
    # What identifies somebody is for the sample to say, not for the name alone.
    said = {LOGIN_ID: None, **guess.schema}
    if guess.reason and "$comment" not in said:
        said["$comment"] = guess.reason
    for keyword, value in said.items():
        if value is None:
            property_.pop(keyword, None)
        elif keyword != "enum" or "enum" not in property_:
            property_[keyword] = value
    is_new = guess.is_required and path[-1] not in owner.get("required", [])
    if is_new and not property_.get("readOnly"):
        owner.setdefault("required", []).append(path[-1])
