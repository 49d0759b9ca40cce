"""The value that a write gives a property: what was asked for, normalized."""

import unicodedata
from collections.abc import Sequence

from ownid_grpc.domain.account import (
    DISABLED,
    PROFILE,
    Account,
    AccountDraft,
    JsonValue,
    value_at,
)
from ownid_grpc.domain.mapping_properties import Normalizer
from ownid_grpc.repositories.sql.bound import BoundField
from ownid_grpc.repositories.sql.codecs.rest import RestCodec


def asked_value(field: BoundField, account: Account | AccountDraft) -> JsonValue:
    """Returns the value that an account has of a field, as it stands there."""
    if isinstance(field.codec, RestCodec):
        return field.codec.rest_of(account.profile)
    if field.path[0] == PROFILE:
        return value_at(account.profile, field.path[1:])
    return account.disabled if field.path == DISABLED else None


def new_value(field: BoundField, account: Account | AccountDraft) -> JsonValue:
    """Returns the value that a write gives a field, normalized."""
    value = asked_value(field, account)
    if field.is_list and isinstance(value, list):
        # Without rows there is no array: an empty one is none.
        return [_normalized_item(field, each) for each in value] or None
    return normalized(value, field.words.normalize) if isinstance(value, str) else value


def _normalized_item(field: BoundField, item: JsonValue) -> JsonValue:
    return normalized(item, field.words.normalize) if isinstance(item, str) else item


def normalized(text: str, words: Sequence[Normalizer]) -> str:
    """Returns the text after each step, in order."""
    for word in words:
        match word:
            case "trim":
                text = text.strip()
            case "lower":
                text = text.lower()
            case "upper":
                text = text.upper()
            case "nfc":
                text = unicodedata.normalize("NFC", text)
    return text
