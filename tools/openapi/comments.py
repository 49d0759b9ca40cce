"""The leading comments of a proto, as Markdown."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.descriptor_pb2 import FileDescriptorProto

_CODE = re.compile(r" {4,}\S")


def comments_of(file: FileDescriptorProto) -> Mapping[str, str]:
    """Returns the comment of each element that has one, by its full name.

    A value of an enum is called by the enum's full name and its own.
    """
    found: dict[str, str] = {}
    for location in file.source_code_info.location:
        name = _name_at(file, location.path)
        if name and location.leading_comments:
            found[name] = markdown(location.leading_comments)
    return found


def markdown(comment: str) -> str:
    """Returns a comment with each paragraph in one line; what is indented stays as it is."""
    lines = [line.removeprefix(" ").rstrip() for line in comment.strip("\n").split("\n")]
    paragraphs = re.split(r"\n{2,}", "\n".join(lines))
    return "\n\n".join(
        each if _CODE.match(each) else " ".join(each.split("\n")) for each in paragraphs
    )


def _name_at(file: FileDescriptorProto, path: Sequence[int]) -> str:
    """Returns the full name of what a path of descriptor.proto leads to, empty for no element."""
    found: Any = file
    names = [file.package]
    if len(path) % 2:
        return ""
    for number, index in zip(path[::2], path[1::2], strict=True):
        field = found.DESCRIPTOR.fields_by_number.get(number)
        if field is None or not field.is_repeated or field.message_type is None:
            return ""
        found = getattr(found, field.name)[index]
        names.append(getattr(found, "name", ""))
    return ".".join(names) if len(names) > 1 and all(names) else ""
