"""The account schema: a JSON Schema of a profile, and all that is asked of it."""

from ownid_grpc.domain.schema.account_schema import AccountSchema
from ownid_grpc.domain.schema.inference import infer_schema
from ownid_grpc.domain.schema.properties import SchemaProperty

__all__ = ["AccountSchema", "SchemaProperty", "infer_schema"]
