from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from ownid.v1 import access_pb2 as _access_pb2
from ownid.v1 import account_schema_pb2 as _account_schema_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetAccountSchemaRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class UpdateAccountSchemaRequest(_message.Message):
    __slots__ = ("account_schema", "validate_only")
    ACCOUNT_SCHEMA_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    account_schema: _account_schema_pb2.AccountSchema
    validate_only: bool
    def __init__(self, account_schema: _Optional[_Union[_account_schema_pb2.AccountSchema, _Mapping]] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class ListAccountSchemaRevisionsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListAccountSchemaRevisionsResponse(_message.Message):
    __slots__ = ("account_schemas", "next_page_token")
    ACCOUNT_SCHEMAS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    account_schemas: _containers.RepeatedCompositeFieldContainer[_account_schema_pb2.AccountSchema]
    next_page_token: str
    def __init__(self, account_schemas: _Optional[_Iterable[_Union[_account_schema_pb2.AccountSchema, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class RollbackAccountSchemaRequest(_message.Message):
    __slots__ = ("name", "revision_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    revision_id: str
    def __init__(self, name: _Optional[str] = ..., revision_id: _Optional[str] = ...) -> None: ...

class InferAccountSchemaRequest(_message.Message):
    __slots__ = ("parent",)
    PARENT_FIELD_NUMBER: _ClassVar[int]
    parent: str
    def __init__(self, parent: _Optional[str] = ...) -> None: ...

class CheckAccountSchemaRequest(_message.Message):
    __slots__ = ("parent", "json_schema", "filter")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    JSON_SCHEMA_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    parent: str
    json_schema: _struct_pb2.Struct
    filter: str
    def __init__(self, parent: _Optional[str] = ..., json_schema: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., filter: _Optional[str] = ...) -> None: ...

class CheckAccountSchemaResponse(_message.Message):
    __slots__ = ("accounts_checked", "accounts_total", "accounts_failed", "faults", "done")
    class Fault(_message.Message):
        __slots__ = ("path", "rule", "count", "sample_names")
        PATH_FIELD_NUMBER: _ClassVar[int]
        RULE_FIELD_NUMBER: _ClassVar[int]
        COUNT_FIELD_NUMBER: _ClassVar[int]
        SAMPLE_NAMES_FIELD_NUMBER: _ClassVar[int]
        path: str
        rule: str
        count: int
        sample_names: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, path: _Optional[str] = ..., rule: _Optional[str] = ..., count: _Optional[int] = ..., sample_names: _Optional[_Iterable[str]] = ...) -> None: ...
    ACCOUNTS_CHECKED_FIELD_NUMBER: _ClassVar[int]
    ACCOUNTS_TOTAL_FIELD_NUMBER: _ClassVar[int]
    ACCOUNTS_FAILED_FIELD_NUMBER: _ClassVar[int]
    FAULTS_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    accounts_checked: int
    accounts_total: int
    accounts_failed: int
    faults: _containers.RepeatedCompositeFieldContainer[CheckAccountSchemaResponse.Fault]
    done: bool
    def __init__(self, accounts_checked: _Optional[int] = ..., accounts_total: _Optional[int] = ..., accounts_failed: _Optional[int] = ..., faults: _Optional[_Iterable[_Union[CheckAccountSchemaResponse.Fault, _Mapping]]] = ..., done: _Optional[bool] = ...) -> None: ...
