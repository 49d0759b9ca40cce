"""Reads the messages of a call from their bytes, so that what is wrong with them has a reason.

grpcio itself would answer bytes that are no message with INTERNAL.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from google.protobuf.message import DecodeError, Message

from ownid_grpc.errors import InvalidArgument, Reason, ResourceExhausted

Parser: TypeAlias = Callable[[bytes], Message]


@dataclass(frozen=True, slots=True)
class Requests:
    """The messages of one call as they arrive."""

    contents: Iterator[bytes]
    parse: Parser
    max_bytes: int

    def first(self) -> Message:
        """Returns the first message, waiting for it; raises `InvalidArgument` for none."""
        content = next(self.contents, None)
        if content is None:
            raise _refused("required", "The call sent no request.")
        return self._parsed(content)

    def rest(self) -> Iterator[Message]:
        """Yields every message that follows."""
        for content in self.contents:
            yield self._parsed(content)

    def _parsed(self, content: bytes) -> Message:
        if len(content) > self.max_bytes:
            raise ResourceExhausted(
                Reason.LIMIT_EXCEEDED,
                f"The request is larger than {self.max_bytes} bytes.",
                {"limit": "message_bytes", "maximum": str(self.max_bytes)},
            )
        try:
            return self.parse(content)
        except DecodeError:
            # What protobuf says quotes the bytes that it stumbled over.
            description = (
                "The request is no message of this method: not protobuf, not UTF-8, or too deep."
            )
            raise _refused("encoding", description) from None


def _refused(rule: str, description: str) -> InvalidArgument:
    field = "request"
    return InvalidArgument.at(Reason.ARGUMENT_INVALID, field, rule, description, field=field)
