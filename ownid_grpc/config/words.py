"""What every group of words of the configuration is read by."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationInfo

from ownid_grpc.config.faults import Lines


@dataclass(frozen=True, slots=True)
class Reading:
    """What the words of one file are read by: the context of the validation.

    Relative paths start from `folder`; `apps` are the apps that there are.
    """

    folder: Path
    apps: frozenset[str]
    lines: Lines
    source: str


class Words(BaseModel):
    """A group of words of the configuration; an unknown word is an error."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, use_attribute_docstrings=True
    )


def folder_of(info: ValidationInfo) -> Path:
    """Returns the folder that relative paths start from."""
    return info.context.folder if isinstance(info.context, Reading) else Path.cwd()


def _existing(path: Path, info: ValidationInfo) -> Path:
    found = folder_of(info) / path
    try:
        is_there = found.is_file()
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    if not is_there:
        raise ValueError("there is no such file")
    return found


ExistingFile: TypeAlias = Annotated[Path, AfterValidator(_existing)]
"""A file that must be there, its path from the folder of ownid.yaml."""


def anchored(url: str, folder: Path) -> str:
    """Returns the URL; the path of an SQLite file, where relative, starts from `folder`."""
    scheme, separator, path = url.partition(":///")
    is_relative = path and not path.startswith(("/", ":memory:", "file:"))
    if scheme.partition("+")[0] != "sqlite" or not separator or not is_relative:
        return url
    return f"{scheme}:///{folder / path}"
