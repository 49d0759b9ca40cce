from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Scope(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SCOPE_UNSPECIFIED: _ClassVar[Scope]
    SCOPE_ACCOUNTS_READ: _ClassVar[Scope]
    SCOPE_ACCOUNTS_WRITE: _ClassVar[Scope]
    SCOPE_SCHEMAS_READ: _ClassVar[Scope]
    SCOPE_SCHEMAS_WRITE: _ClassVar[Scope]
    SCOPE_SESSIONS_READ: _ClassVar[Scope]
    SCOPE_SESSIONS_WRITE: _ClassVar[Scope]
SCOPE_UNSPECIFIED: Scope
SCOPE_ACCOUNTS_READ: Scope
SCOPE_ACCOUNTS_WRITE: Scope
SCOPE_SCHEMAS_READ: Scope
SCOPE_SCHEMAS_WRITE: Scope
SCOPE_SESSIONS_READ: Scope
SCOPE_SESSIONS_WRITE: Scope
ACCESS_FIELD_NUMBER: _ClassVar[int]
access: _descriptor.FieldDescriptor

class Access(_message.Message):
    __slots__ = ("scope", "session", "anonymous")
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    ANONYMOUS_FIELD_NUMBER: _ClassVar[int]
    scope: Scope
    session: bool
    anonymous: bool
    def __init__(self, scope: _Optional[_Union[Scope, str]] = ..., session: _Optional[bool] = ..., anonymous: _Optional[bool] = ...) -> None: ...
